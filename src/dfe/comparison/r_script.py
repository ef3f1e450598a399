"""The same question for R: a table of recordings, and a script that fits the models anew and compares the numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files

from dfe.base.version import __version__
from dfe.comparison.comparison import Comparison

DATA = "analysis.csv"


def data_rows(done: Comparison) -> tuple[list[str], list[list[object]]]:
    """Names of columns, and a row for each recording that was analysed.

    Subjects are numbered; it is data by person all the same.
    """
    table, sums, subjects = done.table, done.sums, done.subjects
    covariates = covariate_names(table.columns.covariates)
    kinds = [kind for kind in sums.kinds if kind.unit == "display"]
    head = ["subject", "group", "condition", "stratum", *covariates.values(), "exposure_min", "coverage"]
    head += [f"count_{kind.token}" for kind in kinds] + [f"share_{kind.token}" for kind in kinds]
    rows: list[list[object]] = []
    for place, subject in zip(subjects.rows.tolist(), subjects.subject.tolist(), strict=True):
        row, exposure = table.rows[place], float(sums.exposure_s[place])
        cells: list[object] = [f"s{subject + 1:03d}", row.group, row.condition, row.stratum]
        cells += [subjects.covariates[name][subject] for name in covariates]
        cells += [f"{exposure / 60:.12g}", f"{sums.coverage[place]:.4f}"]
        cells += [int(sums.count[place, i]) for i in range(len(kinds))]
        cells += [f"{sums.on_s[place, i] / exposure:.6g}" for i in range(len(kinds))]
        rows.append(cells)
    return head, rows


def covariate_names(names: Sequence[str]) -> dict[str, str]:
    """Names of columns that R takes as they are."""
    return {name: f"cov{i}_{re.sub('[^A-Za-z0-9]+', '_', name).strip('_')}" for i, name in enumerate(names, start=1)}


def r_script(done: Comparison) -> str:
    """A script that fits the models anew to :data:`DATA` and holds its numbers against those of results.csv."""
    table, names = done.table, covariate_names(done.table.columns.covariates)
    categories = [new for old, new in names.items() if old in table.words]
    shown = [kind for kind in done.sums.kinds if kind.unit == "display"]
    labels = ",\n".join(f"  count_{kind.token} = {_word(kind.label)}" for kind in shown)
    spread = [
        (family.analysis, *both)
        for family in done.families
        if (family.measure, family.unit) == ("rate_ratio", "display")
        for both in zip(family.dispersion, family.between, strict=True)
    ]
    columns = [_vector([row[0] for row in spread])] + [
        f"c({', '.join(f'{row[column]:.12g}' for row in spread)})" for column in (1, 2)
    ]
    head = f"""# Written by dfe {__version__} for the recordings in {DATA}: Rscript analysis.R, in this folder.
# It fits the models of results.csv anew, in R, writes analysis_results.csv, and says how far both are apart.

groups <- {_vector(table.groups)}
conditions <- {_vector(table.conditions)}
covariates <- {_vector(tuple(names.values()))}
categories <- {_vector(categories)}

# How much subjects differ in their rates, shared by all displays; of each group, first and second.
spread <- data.frame(
  analysis = {columns[0]},
  dispersion = {columns[1]},
  between = {columns[2]}
)

displays <- c(
{labels}
)
"""
    return head + files("dfe.comparison").joinpath("r/analysis.R").read_text("utf-8")


def _vector(words: Sequence[str] | None) -> str:
    return "NULL" if words is None else f"c({', '.join(map(_word, words))})"


def _word(words: str) -> str:
    """As R reads it; its escapes are those of JSON."""
    return json.dumps(words, ensure_ascii=False)
