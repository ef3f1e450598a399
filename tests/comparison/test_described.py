"""Numbers for papers and meta-analyses against SciPy and plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dfe.comparison.described import COLUMNS, Compared, described
from dfe.comparison.effects import MEASURES, EffectRow, Side
from dfe.comparison.measures import Kind
from dfe.comparison.subjects import Subjects
from dfe.stats.contrasts import Design
from dfe.stats.covariates import Covariates

KIND = Kind("7", "smile", "", "mouth")


def side(seed, people=9, never=0):
    rng = np.random.default_rng(seed)
    count = rng.poisson(6, (people, 1)).astype(float)
    count[:never] = 0
    return Side(count, rng.uniform(100, 300, people), 2 * count, 0.5 * count)


def cells(analysis, sides, second):
    people = len(second)
    who = Subjects(
        np.arange(people), np.arange(people), np.zeros(people, int), Design(second, np.zeros(people, int)), {}
    )
    size = 0.4
    rows = [EffectRow(analysis, m, KIND, (0, 0), (0, 0), 2.0 if "ratio" in m else size, 0, 1, 0.5, error=0.25)
            for m in MEASURES]  # fmt: skip
    compared = Compared(analysis, ("one", "two"), sides, who, Covariates(np.zeros((people, 0)), ()))
    return {row[2]: dict(zip(COLUMNS, row, strict=True)) for row in described(compared, (KIND,), rows)}


def test_groups_have_their_numbers_and_the_difference_of_the_t_test():
    second, one = np.arange(9) >= 4, side(0, never=2)
    found = cells("groups", (one,), second)
    rates = one.values("per_min")[:, 0]
    row, test = found["per_min"], stats.ttest_ind(rates[second], rates[~second])
    low, high = test.confidence_interval()
    assert (row["n_first"], row["n_second"]) == (4, 5)
    assert (row["mean_second"], row["sd_second"]) == pytest.approx((rates[4:].mean(), rates[4:].std(ddof=1)))
    assert row["difference"] == pytest.approx(rates[4:].mean() - rates[:4].mean())
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high))
    assert row["difference"] / row["difference_se"] == pytest.approx(test.statistic)
    assert (row["showing_first"], row["events_first"]) == (2, one.count[:4].sum())
    assert row["minutes_second"] == pytest.approx(one.exposure_s[4:].sum() / 60)
    assert row["effect_se"] == pytest.approx(np.sqrt(1 / 4 + 1 / 5 + 0.4**2 / 18))
    assert (row["log_rate_ratio"], row["log_rate_ratio_se"]) == (pytest.approx(np.log(2)), 0.25)
    # Who has no event has no intensity.
    assert found["intensity"]["n_first"] == 2
    assert np.isnan(found["share"]["log_rate_ratio"])


def test_conditions_have_the_paired_difference_and_their_correlation():
    sides = (side(1), side(2))
    row = cells("conditions", sides, np.zeros(9, bool))["per_min"]
    one, two = (part.values("per_min")[:, 0] for part in sides)
    low, high = stats.ttest_rel(two, one).confidence_interval()
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high))
    assert row["correlation"] == pytest.approx(np.corrcoef(one, two)[0, 1])
    assert (row["n_first"], row["n_second"], row["mean_first"]) == (9, 9, pytest.approx(one.mean()))
    assert row["events_second"] == sides[1].count.sum()


def test_what_conditions_do_in_groups_is_the_difference_of_differences():
    sides, second = (side(3), side(4)), np.arange(9) >= 4
    row = cells("groups x conditions", sides, second)["per_min"]
    change = (sides[1].values("per_min") - sides[0].values("per_min"))[:, 0]
    low, high = stats.ttest_ind(change[second], change[~second]).confidence_interval()
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high))
    assert row["events_first"] == sum(part.count[:4].sum() for part in sides)
