from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.stats.bootstrap import SubjectBootstrap


@pytest.fixture
def subject() -> np.ndarray:
    """90 faces of 12 people, unevenly shared out, two faces of unknown people."""
    rng = np.random.default_rng(1)
    people = rng.choice(12, 90, p=np.arange(1, 13) / 78)
    people[[4, 50]] = -1
    return people


def brute(subject: np.ndarray, seed: int, draws: int, figure) -> tuple[float, float]:
    """People drawn with replacement, their rows laid end to end, one draw after the other."""
    named = [np.flatnonzero(subject == p) for p in np.unique(subject[subject >= 0])]
    people = [*named, *([row] for row in np.flatnonzero(subject < 0))]
    rng = np.random.default_rng([seed, len(people)])
    drawn = []
    for _ in range(draws):
        rows = np.concatenate([people[p] for p in rng.integers(len(people), size=len(people))])
        drawn.append(figure(rows.astype(int)))
    return tuple(np.percentile(drawn, [2.5, 97.5]))


def test_means_ratios_and_statistics_are_those_of_resampling_in_a_loop(subject: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(subject, 1.0)
    weight = rng.gamma(1.0, 1.0, len(subject))
    bootstrap = SubjectBootstrap(subject, draws=200, seed=3)

    mean = bootstrap.mean(values)
    assert mean.value == pytest.approx(values.mean())
    assert mean[1:] == pytest.approx(brute(subject, 3, 200, lambda rows: values[rows].mean()))

    ratio = bootstrap.ratio(values, weight)
    assert ratio.value == pytest.approx(values.sum() / weight.sum())
    assert ratio[1:] == pytest.approx(brute(subject, 3, 200, lambda rows: values[rows].sum() / weight[rows].sum()))

    def deviation(weights: np.ndarray) -> float:
        centre = np.average(values, weights=weights)
        return float(np.sqrt(np.average((values - centre) ** 2, weights=weights)))

    spread = bootstrap.statistic(deviation)
    assert spread.value == pytest.approx(values.std())
    assert spread[1:] == pytest.approx(brute(subject, 3, 200, lambda rows: values[rows].std()))


def test_columns_and_faces_that_were_not_measured(subject: np.ndarray) -> None:
    values = np.random.default_rng(0).normal(size=(len(subject), 3))
    values[::4, 1] = np.nan
    bootstrap = SubjectBootstrap(subject, draws=100)
    apart = [bootstrap.mean(column) for column in values.T]
    np.testing.assert_allclose(bootstrap.mean_of_columns(values), apart, rtol=1e-12)
    low_high = brute(subject, 0, 100, lambda rows: np.nanmean(values[rows, 1]))
    assert bootstrap.mean(values[:, 1])[1:] == pytest.approx(low_high)
    assert bootstrap.mean(values[:, 1]).value == pytest.approx(np.nanmean(values[:, 1]))


def test_intervals_hold_the_truth_19_times_in_20_and_only_if_people_are_drawn_whole() -> None:
    rng = np.random.default_rng(4)
    subject = np.repeat(np.arange(40), 10)
    by_person, by_face = 0, 0
    for trial in range(300):
        values = rng.normal(size=40)[subject] + rng.normal(size=400)
        person = SubjectBootstrap(subject, 300, trial).mean(values)
        face = SubjectBootstrap(None, 300, trial).mean(values)
        by_person += person.low <= 0 <= person.high
        by_face += face.low <= 0 <= face.high
    assert 0.90 <= by_person / 300 <= 0.98
    assert by_face / 300 < 0.7


def test_without_subjects_every_face_is_its_own() -> None:
    values = np.random.default_rng(0).normal(size=50)
    own = SubjectBootstrap(np.arange(50)).mean(values)
    assert SubjectBootstrap(None).mean(values) == own
    assert SubjectBootstrap(np.full(50, -1)).mean(values) == own
    assert own.low < own.value < own.high


def test_numbers_of_people_need_not_be_without_gaps(subject: np.ndarray) -> None:
    values = np.random.default_rng(0).normal(size=len(subject))
    spread = np.where(subject < 0, -1, subject * 7 + 3)
    assert SubjectBootstrap(spread).mean(values) == SubjectBootstrap(subject).mean(values)


def test_the_seed_decides() -> None:
    values = np.random.default_rng(0).normal(size=30)
    assert SubjectBootstrap(None, seed=1).mean(values) == SubjectBootstrap(None, seed=1).mean(values)
    assert SubjectBootstrap(None, seed=1).mean(values) != SubjectBootstrap(None, seed=2).mean(values)


def test_one_person_has_a_figure_and_no_interval() -> None:
    one = SubjectBootstrap(np.zeros(5, int))
    for estimate in (one.mean(np.arange(5)), one.statistic(lambda weights: float(weights @ np.arange(5) / 5))):
        assert estimate.value == 2
        assert np.isnan([estimate.low, estimate.high]).all()
    part = SubjectBootstrap(np.array([0, 0, 1, 1])).ratio([1.0, 2, 0, 0], [1.0, 1, 0, 0])
    assert part.value == 1.5
    assert np.isnan([part.low, part.high]).all()


def test_nothing_measured_is_no_number(subject: np.ndarray) -> None:
    assert np.isnan(SubjectBootstrap(subject).mean(np.full(len(subject), np.nan))).all()


def test_refuses_values_of_other_faces(subject: np.ndarray) -> None:
    with pytest.raises(UsageError, match="3 values do not fit a bootstrap of 90 faces"):
        SubjectBootstrap(subject).mean([1.0, 2, 3])
    with pytest.raises(UsageError, match="knows its faces"):
        SubjectBootstrap(None).statistic(lambda weights: 0.0)
