from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower

from dfe.base.errors import UsageError
from dfe.stats.contrasts import Design
from dfe.stats.groups import permutation_test
from dfe.stats.sensitivity import RateDesign, detectable_g, detectable_ratio, power_of_g, rate_power, sensitivity


@pytest.mark.parametrize(("first", "second", "alpha"), [(20, 20, 0.05), (12, 40, 0.05), (30, 30, 0.05 / 63)])
def test_the_difference_is_that_of_another_package(first, second, alpha):
    g = detectable_g(first, second, alpha, 0.8)
    expected = TTestIndPower().solve_power(nobs1=first, ratio=second / first, alpha=alpha, power=0.8)
    assert g == pytest.approx(expected, abs=1e-3)
    assert power_of_g(g, first, second, alpha) == pytest.approx(0.8, abs=1e-4)


def test_twenty_and_twenty_are_the_textbooks_example():
    assert detectable_g(20, 20, 0.05, 0.8) == pytest.approx(0.909, abs=0.002)


def test_power_of_rates_is_that_of_permuted_subjects():
    design, rng = RateDesign(5, 3, 0.5), np.random.default_rng(1)
    second = np.arange(24) >= 12
    values = np.empty((24, 300))
    for column in range(300):
        own = rng.gamma(2, 0.5, 24) * np.where(second, 2.2, 1) * 15
        values[:, column] = rng.poisson(own) / 5
    p, _ = permutation_test(values, Design(second, np.zeros(24, np.int64)), 499)
    expected = rate_power(12, 12, design, 2.2, (0.05,), 4_000, 0)[0]
    assert (p <= 0.05).mean() == pytest.approx(expected, abs=0.09)


def test_the_ratio_found_has_the_power_and_more_subjects_find_less():
    design = RateDesign(5, 3, 0.5)
    ratio = detectable_ratio(20, 20, design, 0.05, 0.8, 2_000, 0)
    assert ratio is not None
    assert rate_power(20, 20, design, ratio, (0.05,), 4_000, 7)[0] == pytest.approx(0.8, abs=0.03)
    larger = detectable_ratio(60, 60, design, 0.05, 0.8, 2_000, 0)
    assert larger is not None
    assert 1 < larger < ratio
    assert rate_power(20, 20, design, 1.0, (0.05,), 4_000, 2)[0] == pytest.approx(0.05, abs=0.02)
    assert detectable_ratio(2, 2, RateDesign(1, 0.01, 5), 0.05, 0.8, 200, 0) is None


def test_what_makes_no_sense_is_refused():
    for words in ({"first": 1}, {"displays": 0}, {"alpha": 0.7}, {"power": 0.01}, {"simulations": 5}):
        with pytest.raises(UsageError):
            sensitivity(**({"first": 20, "second": 20} | words))
    with pytest.raises(UsageError, match="above 0"):
        RateDesign(minutes=0)


def test_the_command_says_it(dfe):
    ran = dfe("sensitivity", "--subjects", 20, 20, "--simulations", 400)
    assert ran.code == 0, ran.err
    assert "0.91" in ran.out
    figures = dfe("sensitivity", "--subjects", 20, 20, "--simulations", 400, "--tested", 1, "--json").json
    assert figures["g"] == figures["g_bonferroni"]
    assert figures["ratio"] == figures["ratio_bonferroni"]
    ran = dfe("sensitivity", "--subjects", "20")
    assert ran.code == 2
    assert "--subjects" in ran.err
    ran = dfe("sensitivity", "--subjects", "20", "-3")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
