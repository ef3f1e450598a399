"""One family confirms; which one it is was said beforehand."""

from __future__ import annotations

import pytest

from dfe.base.errors import UsageError
from dfe.comparison.effects import EffectRow, Family
from dfe.comparison.families import Declared, declared
from dfe.comparison.measures import Kind


def made(analysis, measure, unit="display"):
    kind = Kind("1", "smile", "", "mouth", unit=unit)
    return EffectRow(analysis, measure, kind, (5, 5), (1, 2), 2, 1, 3, 0.01), Family(
        analysis, measure, unit, 1, 0, 3, 0.01
    )


EVERY = [
    made("conditions", "rate_ratio"),
    made("groups x conditions", "rate_ratio"),
    made("groups x conditions", "rate_ratio", "region"),
    made("groups x conditions", "share"),
]


def roles(wanted):
    rows, families = wanted.judged([row for row, _ in EVERY], [family for _, family in EVERY], "groups x conditions")
    assert [row.role for row in rows] == [family.role for family in families]
    return [row.role for row in rows]


def test_by_default_it_is_the_ratio_of_rates_of_displays_in_the_last_analysis():
    assert roles(Declared()) == ["exploratory", "confirmatory", "exploratory", "exploratory"]
    assert roles(declared("rate_ratio", "region")) == ["exploratory", "exploratory", "confirmatory", "exploratory"]
    assert roles(declared("share", "display")) == ["exploratory", "exploratory", "exploratory", "confirmatory"]


def test_what_was_not_compared_cannot_confirm():
    with pytest.raises(UsageError, match="no intensity of display"):
        roles(declared("intensity", "display"))
    with pytest.raises(UsageError, match="no measure 'smiles'"):
        declared("smiles", "display")
    with pytest.raises(UsageError, match="no unit 'nose'"):
        declared("share", "nose")
