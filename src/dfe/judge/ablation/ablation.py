"""An ablation: variants of a tokenizer, each trained with several seeds and judged on the same faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from dfe.base.errors import DfeError, UsageError
from dfe.base.types import Progress
from dfe.base.version import __version__
from dfe.base.workers import run_tasks
from dfe.baselines.needs import one_thread
from dfe.judge.ablation.figures import FIGURES, STABILITY, Figure
from dfe.judge.ablation.inputs import AblationData, AblationTables, load
from dfe.judge.ablation.run import Run, do, kept
from dfe.judge.ablation.summary import CONFIDENCE, summarise
from dfe.judge.ablation.variants import FAMILIES, Variant, all_variants, choose, differing
from dfe.judge.result import plain
from dfe.training.config import TrainConfig

STEPS = 1500
"""Of every training: fewer than the presets take, so that all of them together take no day."""


@dataclass(frozen=True)
class AblationConfig:
    """What is compared, and how often.

    Args:
        seeds: trainings of each variant, seeded 0, 1, 2 ...
        steps: of each training.
        size: K, silence included.
        levels: N.
        family: one of :data:`~dfe.judge.ablation.variants.FAMILIES`; None for all.
        only: names of variants; none for all.
        presets: by name, settings that presets are compared with in place of their own.
    """

    seeds: int = 5
    steps: int = STEPS
    size: int = 64
    levels: int = 8
    family: str | None = None
    only: tuple[str, ...] = ()
    presets: Mapping[str, TrainConfig] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise UsageError(f"{self.seeds} seeds are no training", advice="take 2 or more, to have intervals")

    def variants(self) -> tuple[Variant, ...]:
        """Those that are compared.

        Raises:
            UsageError: unknown names, or sizes that no training takes.
        """
        return choose(all_variants(self.size, self.levels, self.steps, self.presets), self.family, self.only)


class Ablation(NamedTuple):
    """What was found."""

    result: dict[str, Any]
    """Plain JSON values; rows of variants without any finished run are left out."""
    failed: dict[str, DfeError]
    """By run, what stopped it."""


def ablate(
    tables: AblationTables,
    folder: Path,
    config: AblationConfig | None = None,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Ablation:
    """Do all runs that are not kept in the folder yet, seed after seed, and put them together.

    Variants that differ in nothing from their preset on these tables are left out, or refused where they are named.

    The same tables and settings give the same result, but for the seconds, whatever the number of workers and however
    often it was interrupted.

    Args:
        tables: to train and to judge on.
        folder: for runs and tokenizers.
        config: what is compared.
        workers: processes, of one thread each.
        progress: called as ``progress(runs done, runs to do)``; runs that are kept already do not count.

    Raises:
        TableError: a table cannot be read, or does not fit the others.
        UsageError: settings that make no sense, or a named variant that changes nothing on these tables.
        OutputError: the folder holds runs of other settings or tables.
        DfeError: scikit-learn is not installed.
    """
    config = config or AblationConfig()
    variants = config.variants()
    with one_thread():
        data = load(tables)
    variants, chosen = differing(variants, data.bench.faces.space, given=tables.displays is not None), variants
    if config.only and (same := [variant.name for variant in chosen if variant not in variants]):
        raise UsageError(f"the variant {same[0]!r} changes nothing on these tables", advice="leave it out of --only")
    runs = [Run(v, seed, tables, folder) for seed in range(config.seeds) for v in variants]
    todo = [run for run in runs if kept(run) is None]
    failed: dict[str, DfeError] = {}
    for done, (run, outcome) in enumerate(run_tasks(do, todo, min(workers, len(todo))), start=1):
        if isinstance(outcome, DfeError):
            failed[run.name] = outcome
        if progress is not None:
            progress(done, len(todo))
    return Ablation(_result(runs, variants, config, data, tables), failed)


def headings(result: Mapping[str, Any]) -> dict[str, Figure]:
    """Figures that some row of a result has, and stability among them, in the order of the tables."""
    shown = {name: f for name, f in FIGURES.items() if any(row["figures"][name] for row in result["variants"])}
    return {**shown, **({"stability": STABILITY} if any(row["stability"] for row in result["variants"]) else {})}


def _result(
    runs: Sequence[Run],
    variants: Sequence[Variant],
    config: AblationConfig,
    data: AblationData,
    tables: AblationTables,
) -> dict[str, Any]:
    space, bench = data.bench.faces.space, data.bench
    rows = []
    for variant in variants:
        own = {run: values for run in runs if run.variant == variant and (values := kept(run)) is not None}
        if own:
            rows.append(summarise(variant, own, space))
    by_use = {use: [{"name": n, "sha256": d} for _, n, d in files] for use, files in groupby(tables.digests, _use)}
    about = {
        "dfe": __version__,
        "space": {"id": space.id, "version": space.version, "hash": space.hash},
        "seeds": config.seeds,
        "steps": config.steps,
        "size": config.size,
        "levels": config.levels,
        "families": FAMILIES,
        "tables": by_use,
        "faces": len(bench.faces),
        "mean_face_mm": data.floors.mean_face_mm,
        "interval": f"{CONFIDENCE:.0%} for the mean over seeds (Student's t)",
        "figures": {name: figure._asdict() for name, figure in {**FIGURES, "stability": STABILITY}.items()},
    }
    return {"about": plain(about), "variants": rows}


def _use(file: tuple[str, str, str]) -> str:
    return file[0]
