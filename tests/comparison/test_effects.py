"""Effects, intervals and ratios of a comparison are about the same difference as p."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.comparison.effects import NO_SPREAD, TOO_FEW, TOO_FEW_SHOW, Settings, Side, effects
from dfe.comparison.measures import Kind
from dfe.comparison.ratios import ONE_SIDE, ratio_rows
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
    """Rows of each measure: the difference of means, both ratios."""
    who, one = subjects(stratum, second), side(count, second)
    kinds = tuple(Kind(str(i), "x", "", "") for i in range(count.shape[1]))
    means, _ = effects("groups", "per_min", kinds, (one.values("per_min"),), who, held, FEW)
    ratios = [ratio_rows("groups", measure, kinds, (one,), who, held)[0] for measure in ("rate_ratio", "pooled_ratio")]
    return list(zip(means, *ratios, strict=True))


def test_a_site_that_shows_more_passes_for_a_group_unless_it_is_the_stratum_or_a_covariate():
    rng = np.random.default_rng(0)
    count = rng.poisson(np.where(SITE, 40, 8)[:, None] * rng.gamma(20, 1 / 20, (48, 1))).astype(float)
    blind, model, pooled = compared(count, np.zeros(48, int))[0]
    assert max(row.p for row in (blind, model, pooled)) < 0.05
    assert blind.low > 0
    assert blind.average_low > 0
    assert min(model.low, pooled.low) > 1
    covariate = Covariates(SITE[:, None] - 0.5, ("site",))
    for rows in (compared(count, SITE)[0], compared(count, np.zeros(48, int), covariate)[0]):
        assert min(row.p for row in rows) > 0.05
        assert rows[0].low < 0 < rows[0].high
        assert rows[0].average_low < 0 < rows[0].average_high
        for row in rows[1:]:
            assert row.low < 1 < row.high
            assert 0.7 < row.effect < 1.4


def test_a_stratum_and_the_same_column_as_covariate_give_the_same_effects():
    rng = np.random.default_rng(1)
    count = rng.poisson(6.0 + 5 * SITE[:, None], (48, 3)).astype(float)
    covariate = Covariates(SITE[:, None] - 0.5, ("site",))
    both = zip(compared(count, SITE), compared(count, np.zeros(48, int), covariate), strict=True)
    for one, two in ((a, b) for mine, other in both for a, b in zip(mine, other, strict=True)):
        for name in ("effect", "low", "high", "average", "average_low", "average_high"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-5, nan_ok=True), name


def test_an_interval_that_cannot_be_had_is_an_empty_cell_with_a_reason():
    count = np.column_stack([np.full(48, 3.0), np.where(SECOND, np.arange(48.0), 0)])
    (alike, _, pooled), (mean, model, one_side) = compared(count, np.zeros(48, int))
    assert NO_SPREAD in alike.flags
    cells = dict(zip(COLUMNS, table_row(alike, {"groups": ("a", "b")}), strict=True))
    assert {cells[name] for name in ("effect", "effect_low", "effect_high", "d_av", "d_av_low", "d_av_high")} == {""}
    # Alike as they are, the counts could be Poisson's: the ratio keeps an interval.
    assert (pooled.effect, pooled.p) == pytest.approx((1, 1))
    assert pooled.low < 1 < pooled.high
    assert ONE_SIDE in one_side.flags
    assert np.isnan([one_side.effect, one_side.low, one_side.high, one_side.p]).all()
    assert mean.low > 0
    # The model knows that the ratio is large, though not how large.
    assert ONE_SIDE in model.flags
    assert model.effect == np.inf == model.high
    assert model.low > 5
    assert model.p < 0.001
    few = compared(
        np.arange(8.0).reshape(4, 2),
        np.array([0, 0, 1, 1]),
        Covariates(np.zeros((4, 0)), ()),
        np.array([0, 1, 0, 1], bool),
    )
    assert all(TOO_FEW in rows[0].flags for rows in few)


def test_what_too_few_show_is_left_out_whatever_their_group_and_counted():
    rng = np.random.default_rng(3)
    count = rng.poisson(5.0, (48, 4)).astype(float)
    count[:, 1] = 0
    count[:4, 2] = 0
    count[4:, 3] = 0
    who, one = subjects(np.zeros(48, int)), side(count)
    kinds = tuple(Kind(str(i), "x", "", "") for i in range(4))
    for rows, families in (
        effects("groups", "per_min", kinds, (one.values("per_min"),), who, NOTHING_HELD, FEW),
        ratio_rows("groups", "rate_ratio", kinds, (one,), who, NOTHING_HELD),
    ):
        assert [np.isfinite(row.p) for row in rows] == [True, False, True, False]
        assert rows[3].flags == (TOO_FEW_SHOW,)
        assert (families[0].tested, families[0].too_few, families[0].least) == (2, 1, 5)


def test_ratios_between_conditions_and_of_their_ratios():
    rng = np.random.default_rng(6)
    second = np.arange(30) >= 14
    level = rng.gamma(4, 0.25, (30, 6))
    rest = rng.poisson(12 * level).astype(float)
    task = rng.poisson(12 * level * np.where(second[:, None], 3, 1)).astype(float)
    kinds = tuple(Kind(str(i), "x", "", "") for i in range(6))
    sides = (side(rest, second), side(task, second))
    held = Covariates(np.zeros((30, 0)), ())
    who = subjects(np.zeros(30, int), second)
    within, _ = ratio_rows("conditions", "rate_ratio", kinds, sides, who, held)
    assert np.median([row.effect for row in within]) == pytest.approx(3 ** (16 / 30), rel=0.15)
    assert {row.subjects for row in within} == {(30, 30)}
    both, families = ratio_rows("groups x conditions", "rate_ratio", kinds, sides, who, held)
    assert np.median([row.effect for row in both]) == pytest.approx(3, rel=0.25)
    assert all(row.low > 1 and row.size == "ratio of ratios" for row in both)
    assert both[0].mean == pytest.approx(tuple(task[mine, 0].sum() / rest[mine, 0].sum() for mine in (~second, second)))
    assert families[0].p_any < 0.001
