"""An atlas as plain tables, for R, pandas and papers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from dfe.atlas.atlas import Atlas
from dfe.atlas.use import CorpusUse
from dfe.base.files import refuse_existing, replacing

ALWAYS = ("displays", "templates", "similarity", "tree")
OF_CORPUS = ("levels", "steps", "subjects", "together", "examples", "units")
"""Names of the tables, without and with a corpus."""


def atlas_tables(atlas: Atlas) -> dict[str, pa.Table]:
    """Tables by name; those from ``levels`` on only where there is a corpus.

    - ``displays``: a row per display, see :func:`dfe.atlas.display_table.display_table`.
    - ``templates``: a row per display, a column per coefficient.
    - ``similarity``: a row per pair: cosine in mm. ``tree``: the merges, as scipy writes linkages.
    - ``levels``, ``steps``: display, level or step, its intensity, share. ``subjects``: display, subject, share.
    - ``together``: display, other, share, lift; pairs that come together at least once.
    - ``units``: groups, merged displays and displays of the eyes: unit, token, label, displays, share, median, measure.
    - ``examples``: display, recording, frame, time_s, face_id, source, intensity_mm.
    """
    tables = {
        "displays": atlas.to_table(),
        "templates": _templates(atlas),
        "similarity": _similarity(atlas),
        "tree": _tree(atlas),
    }
    return tables if atlas.use is None else tables | _use(atlas, atlas.use)


def refuse_existing_tables(folder: Path, *, corpus: bool, overwrite: bool) -> None:
    """Stop before any work is done when a table may not be written.

    Raises:
        OutputError: one exists and ``overwrite`` is False.
    """
    names = (*ALWAYS, *OF_CORPUS) if corpus else ALWAYS
    refuse_existing(*(folder / f"{name}.csv" for name in names), overwrite=overwrite)


def write_tables(atlas: Atlas, folder: Path, *, overwrite: bool = False) -> None:
    """Every table as ``folder/<name>.csv``.

    Raises:
        OutputError: one exists (without ``overwrite``) or cannot be written.
    """
    from dfe.base.arrow_csv import write_arrow_csv

    tables = atlas_tables(atlas)
    with replacing(*(folder / f"{name}.csv" for name in tables), overwrite=overwrite) as files:
        for table, file in zip(tables.values(), files, strict=True):
            write_arrow_csv(table, file)


def _templates(atlas: Atlas) -> pa.Table:
    numbers = {"display": [t.display for t in atlas.displays]}
    return pa.table(numbers | {name: atlas.templates[:, i] for i, name in enumerate(atlas.space.names)})


def _similarity(atlas: Atlas) -> pa.Table:
    first, second = np.triu_indices(len(atlas), 1)
    return pa.table({"display": first + 1, "other": second + 1, "cosine": atlas.cosines[first, second]})


def _tree(atlas: Atlas) -> pa.Table:
    a, b = atlas.tree.merges.T if len(atlas) > 1 else (np.zeros(0, np.int64),) * 2
    return pa.table({"a": a, "b": b, "height": atlas.tree.heights})


def _use(atlas: Atlas, use: CorpusUse) -> dict[str, pa.Table]:
    displays = np.arange(1, len(atlas) + 1)

    def long(values: np.ndarray, name: str, labels: list[object], **more: list[object]) -> pa.Table:
        width = len(labels)
        columns = {name: labels} | more
        return pa.table(
            {"display": np.repeat(displays, width)}
            | {key: pa.array(list(column) * len(displays)) for key, column in columns.items()}
            | {"share": values.ravel()}
        )

    levels = list(range(1, use.by_level.shape[1] + 1))
    steps = list(range(1, use.by_step.shape[1] + 1))
    first, second = np.nonzero((use.together > 0) & ~np.eye(len(atlas), dtype=bool))
    lift = use.lift()
    found = [(at + 1, example) for at, kept in enumerate(use.examples) for example in kept]
    return {
        "levels": long(use.by_level, "level", [*levels]),
        "steps": long(use.by_step, "step", [*steps]).append_column(
            "mm", pa.array(atlas.steps_mm.ravel().astype(np.float64), from_pandas=True)
        ),
        "subjects": long(use.by_subject, "subject", [*use.subjects]),
        "together": pa.table(
            {
                "display": first + 1,
                "other": second + 1,
                "share": use.together[first, second],
                "lift": lift[first, second],
            }
        ),
        "units": pa.table(
            {
                "unit": pa.array([one.kind for one in use.units], pa.string()),
                "token": pa.array([one.token for one in use.units], pa.string()),
                "label": pa.array([one.label for one in use.units], pa.string()),
                "displays": pa.array([" ".join(map(str, one.displays)) for one in use.units], pa.string()),
                "share": use.unit_share,
                "median": pa.array(use.unit_median, from_pandas=True),
                "measure": pa.array([one.measure for one in use.units], pa.string()),
                "subjects": (use.unit_by_subject > 0).sum(axis=1),
            }
        ),
        "examples": pa.table(
            {
                "display": pa.array([display for display, _ in found], pa.int64()),
                "recording": pa.array([e.recording for _, e in found], pa.string()),
                "frame": pa.array([e.frame for _, e in found], pa.int64()),
                "time_s": pa.array([e.time_s if e.time_s == e.time_s else None for _, e in found], pa.float64()),
                "face_id": pa.array([e.face_id for _, e in found], pa.int64()),
                "source": pa.array([e.source for _, e in found], pa.string()),
                "intensity_mm": pa.array([e.intensity_mm for _, e in found], pa.float64()),
            }
        ),
    }
