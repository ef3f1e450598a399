"""The folder of a comparison: tables, words, an R script, JSON and a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.files import refuse_existing, replacing
from dfe.comparison import described
from dfe.comparison.as_json import comparison_json
from dfe.comparison.comparison import Comparison
from dfe.comparison.page import compare_page, forest_chart, pictured, volcano_chart
from dfe.comparison.r_script import DATA, data_rows, r_script
from dfe.comparison.rows import COLUMNS, table_row, written
from dfe.draw.templates import heat_scale, template_pictures
from dfe.pages.svg import standalone
from dfe.tokenizer.tokenizer import Tokenizer

FILES = (
    "results.csv", "effects.csv", "flow.csv", "coverage.csv", "methods.txt", DATA, "analysis.R", "compare.json",
    "forest.svg", "volcano.svg", "compare.html",
)  # fmt: skip
CLUSTERS = "clusters.csv"
_PICTURE = 96


def check_folder(out: Path, *, overwrite: bool = False) -> None:
    """Stop before any work is done if a result may not be written.

    Raises:
        OutputError: one is there already.
    """
    for name in (*FILES, CLUSTERS):
        refuse_existing(out / name, overwrite=overwrite)


def write_comparison(done: Comparison, out: str | PathLike[str], *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write all files of a comparison, all or none; gives their paths.

    Args:
        done: as :func:`dfe.compare` gives it.
        out: folder for tables, an R script, the methods in words and the page (``compare.html``).
        overwrite: replace results that are there.

    Raises:
        OutputError: one is there already, or cannot be written.
    """
    result = comparison_json(done)
    analysis = done.rows[0].analysis
    pictures = display_pictures(done.tokenizer, pictured(result))
    contents = {
        "results.csv": csv_text(COLUMNS, (table_row(row, done.sides_of_analyses) for row in done.rows)),
        "effects.csv": csv_text(
            described.COLUMNS,
            (written(cells) for one in done.compared for cells in described.described(one, done.sums.kinds, done.rows)),
        ),
        "flow.csv": csv_text(*_flow(done)),
        "coverage.csv": csv_text(*_coverage(done)),
        "methods.txt": str(result["methods"]),
        DATA: csv_text(*data_rows(done)),
        "analysis.R": r_script(done),
        "compare.json": json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "forest.svg": standalone(forest_chart(result, analysis, pictures)),
        "volcano.svg": standalone(volcano_chart(result, analysis, pictures)),
        "compare.html": compare_page(result, pictures),
    }
    if done.courses:
        contents[CLUSTERS] = csv_text(*_clusters(done))
    paths = tuple(Path(out) / name for name in contents)
    with replacing(*paths, overwrite=overwrite) as files:
        for file, words in zip(files, contents.values(), strict=True):
            file.write(words.encode("utf-8"))
    return paths


def display_pictures(tokenizer: Tokenizer, tokens: Sequence[str]) -> dict[str, bytes]:
    """PNG files of displays by their number, all in one heat scale."""
    templates = np.asarray(tokenizer.templates(), np.float32)
    scale = heat_scale(tokenizer.space, templates[1:])
    chosen = templates[[int(token) for token in tokens]]
    if not len(chosen):
        return {}
    drawn = template_pictures(tokenizer.space, chosen, size=_PICTURE, heat_max_mm=scale)
    return dict(zip(tokens, drawn.front, strict=True))


def _flow(done: Comparison) -> tuple[list[str], list[list[object]]]:
    groups = done.table.groups or ("all",)
    head = ["step"] + [f"{what} {name}" for name in groups for what in ("subjects", "recordings")]
    rows = [
        [step.step, *(cell for pair in zip(step.subjects, step.recordings, strict=True) for cell in pair)]
        for step in (*done.flow, *done.doubts)
    ]
    return head, rows


def _coverage(done: Comparison) -> tuple[list[str], list[list[object]]]:
    cover = done.coverage
    rows: list[list[object]] = []
    for what, means, p in (
        ("share of time usable", cover.mean, cover.p),
        ("usable minutes a subject", cover.minutes, cover.p_minutes),
    ):
        rows.append([what, *(f"{mean:.6g}" for mean in means), f"{p:.6g}"])
    return ["measure", *(f"mean {name}" for name in cover.names), "p"], rows


def _clusters(done: Comparison) -> tuple[list[str], list[list[object]]]:
    labels = {kind.token: kind.label for kind in done.sums.kinds}
    rows: list[list[object]] = []
    for course in done.courses:
        for one in course.test.clusters:
            token = str(course.displays[one.column])
            start, end = course.start_s[one.first], course.start_s[one.last] + done.options.bin_s
            cells = (f"{start:.6g}", f"{end:.6g}", f"{one.mass:.6g}", f"{one.p:.6g}")
            rows.append([course.analysis, token, labels[token], *cells])
    return ["analysis", "token", "label", "first_bin_starts_s", "last_bin_ends_s", "mass", "p"], rows
