"""Who was compared, as tables: how many were left after each step, and how much of them could be used."""

from __future__ import annotations

from collections.abc import Sequence

from dfe.comparison.subjects import Coverage, FlowStep


def flow_rows(
    groups: Sequence[str], flow: Sequence[FlowStep], doubts: Sequence[FlowStep]
) -> tuple[list[str], list[list[object]]]:
    """Head and rows of flow.csv."""
    head = ["step"] + [f"{what} {name}" for name in groups for what in ("subjects", "recordings")]
    rows = [
        [step.step, *(cell for pair in zip(step.subjects, step.recordings, strict=True) for cell in pair)]
        for step in (*flow, *doubts)
    ]
    return head, rows


def coverage_rows(cover: Coverage) -> tuple[list[str], list[list[object]]]:
    """Head and rows of coverage.csv."""
    rows: list[list[object]] = []
    for what, means, p in (
        ("share of time usable", cover.mean, cover.p),
        ("usable minutes a subject", cover.minutes, cover.p_minutes),
    ):
        rows.append([what, *(f"{mean:.6g}" for mean in means), "" if p != p else f"{p:.6g}"])
    rows.append(["noise of faces, mm", *("" if mean != mean else f"{mean:.6g}" for mean in cover.noise_mm), ""])
    return ["measure", *(f"mean {name}" for name in cover.names), "p"], rows
