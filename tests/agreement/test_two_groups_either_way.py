"""Two groups or two conditions, asked as such and as a design of any size: the same effects and ratios of rates."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from dfe.comparison.comparison import compare
from dfe.comparison.designs.design import compare_design
from dfe.comparison.options import CompareOptions
from made_groups import made_study

ANALYSES = {"group": "groups", "condition": "conditions", "group x condition": "groups x conditions"}


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("either")
    made_study(folder)
    return folder


CASES = {
    "groups": {"group": "diagnosis", "covariates": ("age",), "stratum": "sex"},
    "conditions": {"within": "condition"},
    "both": {"group": "diagnosis", "within": "condition"},
}


@pytest.fixture(scope="module")
def both_ways(study: Path):
    """Rows of a design, each with the rows of the comparison of two by analysis, measure and token."""

    @functools.cache
    def asked(case: str):
        # As many subjects in both groups: only then is a mean over groups one over subjects.
        options = CompareOptions(subject="id", permutations=39, min_coverage=0.0, **CASES[case])
        two = compare(study / "study.csv", study / "recordings", options)
        design = compare_design(study / "study.csv", study / "recordings", options)
        return design.rows, {(row.analysis, row.measure, row.kind.token): row for row in two.rows}

    return asked


@pytest.mark.parametrize("case", CASES)
def test_ratios_of_rates_are_the_same(both_ways, case):
    rows, two = both_ways(case)
    seen = 0
    for row in rows:
        if row.measure != "per_min":
            continue
        other = two[ANALYSES[row.question.about], "rate_ratio", row.kind.token]
        mine = [row.ratio, row.ratio_low, row.ratio_high, row.ratio_p, row.ratio_q]
        its = [other.effect, other.low, other.high, other.p, other.q]
        np.testing.assert_allclose(mine, its, rtol=1e-6, err_msg=f"{row.question.name} {row.kind.token}")
        seen += bool(np.isfinite(row.ratio))
    assert seen >= 8


@pytest.mark.parametrize("case", CASES)
def test_effects_are_the_same(both_ways, case):
    rows, two = both_ways(case)
    seen = 0
    for row in rows:
        if row.question.about == "condition" and case == "both":
            # Of two alone all subjects weigh alike; in a design all groups do, and their spread is that within groups.
            continue
        other = two[ANALYSES[row.question.about], row.measure, row.kind.token]
        mine, its = [row.effect, row.effect_low, row.effect_high], [other.effect, other.low, other.high]
        if row.question.about == "group":
            mine, its = [*mine, row.p, row.q], [*its, other.p, other.q]
        np.testing.assert_allclose(mine, its, rtol=1e-6, err_msg=f"{row.measure} {row.kind.token}")
        seen += bool(np.isfinite(row.effect))
    assert seen >= 16
