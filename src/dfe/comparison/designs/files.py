"""The folder of a comparison of a design: tables, words, JSON and a page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.comparison.designs.as_json import design_json
from dfe.comparison.designs.beside import Beside
from dfe.comparison.designs.beside_json import VARIANT_COLUMNS, variant_cells
from dfe.comparison.designs.design import DesignComparison
from dfe.comparison.designs.named import CONTRAST_COLUMNS, named_cells
from dfe.comparison.designs.page import design_page, pictured
from dfe.comparison.designs.rows import COLUMNS, row_cells
from dfe.comparison.pictures import display_pictures
from dfe.comparison.rows import written
from dfe.comparison.tables import coverage_rows, flow_rows

FILES = ("tests.csv", "means.csv", "flow.csv", "coverage.csv", "methods.txt", "compare.json", "compare.html")
BESIDE = ("contrasts.csv", "sensitivity.csv")
MEAN_COLUMNS = ("measure", "kind", "token", "label", "group", "condition", "subjects", "mean", "sd")
"""Of means.csv."""


def write_design(done: DesignComparison, out: str | PathLike[str], *, overwrite: bool = False) -> tuple[Path, ...]:
    """Write all files of a comparison of a design, all or none; gives their paths.

    Args:
        done: as :func:`dfe.compare_design` gives it.
        out: folder for tables, the methods in words and the page (``compare.html``).
        overwrite: replace results that are there.

    Raises:
        OutputError: one is there already, or cannot be written.
    """
    result = design_json(done)
    means = ((mean.measure, mean.kind.unit, mean.kind.token, mean.kind.label, *mean[2:]) for mean in done.means)
    contents = {
        "tests.csv": csv_text(COLUMNS, map(written, map(row_cells, done.rows))),
        "means.csv": csv_text(MEAN_COLUMNS, map(written, means)),
        "flow.csv": csv_text(*flow_rows(done.table.levels, done.flow, done.doubts)),
        "coverage.csv": csv_text(*coverage_rows(done.coverage)),
        "methods.txt": str(result["methods"]),
        "compare.json": json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "compare.html": design_page(result, display_pictures(done.tokenizer, pictured(result))),
        **dict(beside_files(done.beside)),
    }
    paths = tuple(Path(out) / name for name in contents)
    with replacing(*paths, overwrite=overwrite) as files:
        for file, words in zip(files, contents.values(), strict=True):
            file.write(words.encode("utf-8"))
    return paths


def beside_files(beside: Beside) -> Iterable[tuple[str, str]]:
    """``contrasts.csv`` and ``sensitivity.csv``, where there is something to be said in them."""
    if beside.file is not None:
        yield BESIDE[0], csv_text(CONTRAST_COLUMNS, map(written, map(named_cells, beside.named)))
    if beside.variants:
        yield BESIDE[1], csv_text(VARIANT_COLUMNS, map(written, variant_cells(beside)))
