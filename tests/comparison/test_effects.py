"""Effects, intervals and ratios of a comparison are about the same difference as p."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.comparison.effects import NO_SPREAD, TOO_FEW, Settings, Side, effects, with_ratios
from dfe.comparison.measures import Kind
from dfe.comparison.rows import COLUMNS, table_row
from dfe.comparison.subjects import Subjects
from dfe.stats.contrasts import Design
from dfe.stats.covariates import Covariates

SITE = np.repeat([0, 1], 24)
SECOND = np.concatenate([np.arange(24) < 5, np.arange(24) < 19])
NOTHING_HELD = Covariates(np.zeros((48, 0)), ())
FEW = Settings(permutations=199)


def subjects(stratum, second=SECOND):
    rows = np.arange(len(second))
    return Subjects(rows, rows, np.zeros(len(second), int), Design(second, stratum), {})


def side(count, second=SECOND):
    minutes = np.full(len(second), 5 * 60.0)
    return Side(count, minutes, np.zeros_like(count), np.zeros_like(count))


def compared(count, stratum, held=NOTHING_HELD, second=SECOND):
    who, one = subjects(stratum, second), side(count, second)
    kinds = tuple(Kind(str(i), "x", "", "") for i in range(count.shape[1]))
    rows, _ = effects("groups", "per_min", kinds, (one.values("per_min"),), who, held, FEW)
    return with_ratios(rows, (one,), who.design, held)


def test_a_site_that_shows_more_passes_for_a_group_unless_it_is_the_stratum_or_a_covariate():
    rng = np.random.default_rng(0)
    count = rng.poisson(np.where(SITE, 40, 8)[:, None] * rng.gamma(20, 1 / 20, (48, 1))).astype(float)
    blind = compared(count, np.zeros(48, int))[0]
    assert blind.p < 0.05
    assert blind.low > 0
    assert blind.average_low > 0
    assert blind.ratio_low > 1
    covariate = Covariates(SITE[:, None] - 0.5, ("site",))
    for row in (compared(count, SITE)[0], compared(count, np.zeros(48, int), covariate)[0]):
        assert row.p > 0.05
        assert row.low < 0 < row.high
        assert row.average_low < 0 < row.average_high
        assert row.ratio_low < 1 < row.ratio_high
        assert 0.7 < row.ratio < 1.4


def test_a_stratum_and_the_same_column_as_covariate_give_the_same_effects():
    rng = np.random.default_rng(1)
    count = rng.poisson(6.0 + 5 * SITE[:, None], (48, 3)).astype(float)
    covariate = Covariates(SITE[:, None] - 0.5, ("site",))
    both = zip(compared(count, SITE), compared(count, np.zeros(48, int), covariate), strict=True)
    for one, two in both:
        for name in ("effect", "low", "high", "average", "average_low", "average_high", "ratio", "ratio_low"):
            assert getattr(one, name) == pytest.approx(getattr(two, name)), name


def test_an_interval_that_cannot_be_had_is_an_empty_cell_with_a_reason():
    count = np.column_stack([np.full(48, 3.0), np.where(SECOND, np.arange(48.0), 0)])
    alike, one_side = compared(count, np.zeros(48, int))
    assert NO_SPREAD in alike.flags
    cells = dict(zip(COLUMNS, table_row(alike, {"groups": ("a", "b")}), strict=True))
    assert [cells[name] for name in ("effect", "effect_low", "effect_high", "d_av", "d_av_low", "d_av_high")] == [
        ""
    ] * 6
    # Alike as they are, the counts could be Poisson's: the ratio keeps an interval.
    assert cells["rate_ratio"] == "1"
    assert cells["rate_ratio_low"]
    assert "no events on one side" in one_side.flags
    assert np.isnan([one_side.ratio, one_side.ratio_low, one_side.ratio_high]).all()
    assert one_side.low > 0
    few = compared(
        np.arange(8.0).reshape(4, 2),
        np.array([0, 0, 1, 1]),
        Covariates(np.zeros((4, 0)), ()),
        np.array([0, 1, 0, 1], bool),
    )
    assert all(TOO_FEW in row.flags for row in few)
