"""The folder of a comparison: tables, words, an R script, JSON and a page."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.comparison import described
from dfe.comparison.as_json import comparison_json
from dfe.comparison.comparison import Comparison
from dfe.comparison.designs.files import BESIDE, beside_files
from dfe.comparison.designs.files import FILES as DESIGN_FILES
from dfe.comparison.page import compare_page, forest_chart, pictured, volcano_chart
from dfe.comparison.pictures import display_pictures
from dfe.comparison.r_script import DATA, data_rows, r_script
from dfe.comparison.rows import COLUMNS, table_row, written
from dfe.comparison.tables import coverage_rows, flow_rows
from dfe.pages.svg import standalone

FILES = (
    "results.csv", "effects.csv", "flow.csv", "coverage.csv", "methods.txt", DATA, "analysis.R", "compare.json",
    "forest.svg", "volcano.svg", "compare.html",
)  # fmt: skip
CLUSTERS = "clusters.csv"
ANY_FILES = (*FILES, CLUSTERS, *BESIDE, *DESIGN_FILES)
"""Of any comparison."""


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
        "flow.csv": csv_text(*flow_rows(done.table.levels, done.flow, done.doubts)),
        "coverage.csv": csv_text(*coverage_rows(done.coverage)),
        "methods.txt": str(result["methods"]),
        DATA: csv_text(*data_rows(done)),
        "analysis.R": r_script(done),
        "compare.json": json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "forest.svg": standalone(forest_chart(result, analysis, pictures)),
        "volcano.svg": standalone(volcano_chart(result, analysis, pictures)),
        "compare.html": compare_page(result, pictures),
    }
    contents |= dict(beside_files(done.beside))
    if done.courses:
        contents[CLUSTERS] = csv_text(*_clusters(done))
    paths = tuple(Path(out) / name for name in contents)
    with replacing(*paths, overwrite=overwrite) as files:
        for file, words in zip(files, contents.values(), strict=True):
            file.write(words.encode("utf-8"))
    return paths


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
