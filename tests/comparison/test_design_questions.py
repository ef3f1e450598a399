"""What designs ask of values, against models fitted by statsmodels and exchanges done by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from dfe.base.errors import UsageError
from dfe.comparison.designs.asking import ask
from dfe.comparison.designs.contrast_file import NamedContrast
from dfe.comparison.designs.frame import Frame
from dfe.comparison.designs.named import between
from dfe.comparison.designs.questions import questions_of
from dfe.comparison.designs.ratios import NO_RATIO, Counts, with_ratios
from dfe.comparison.designs.rows import level_means, rows_of
from dfe.comparison.effects import NOBODY, TOO_FEW_SHOW, Settings
from dfe.comparison.measures import Kind
from dfe.comparison.ratios import ONE_SIDE

FEW = Settings(permutations=99)
GROUPS, CONDITIONS = ("a", "b", "c"), ("rest", "talk", "task")


def a_frame(people=18, *, conditions=3, seed=0, clusters=None, periods=False) -> Frame:
    rng = np.random.default_rng(seed)
    return Frame(
        group=np.arange(people) % 3,
        groups=GROUPS,
        scores=rng.normal(20, 6, (people, 1)),
        score_names=("bdi",),
        held=rng.normal(size=(people, 1)),
        block=np.zeros(people, np.int64),
        conditions=CONDITIONS[:conditions] if conditions > 1 else (),
        period=np.stack([rng.permutation(conditions) for _ in range(people)]) if periods else None,
        periods=tuple("123"[:conditions]) if periods else (),
        cluster=clusters,
        names={"group": "group", "condition": "condition", "period": "period", "cluster": "dyad"},
    )


def values_for(frame: Frame, seed=1, columns=2):
    rng = np.random.default_rng(seed)
    people = len(frame)
    return rng.normal(size=(people, 1, columns)) + rng.normal(size=(people, max(len(frame.conditions), 1), columns))


def find(frame: Frame, about, form, first=-1, second=-1):
    return next(
        q for q in questions_of(frame)
        if (q.about, q.form) == (about, form) and (first == -1 or (q.first, q.second) == (first, second))
    )  # fmt: skip


def long(frame: Frame, y):
    people, count = y.shape
    who = np.repeat(np.arange(people), count)
    out = pd.DataFrame({"who": who, "what": np.tile(np.arange(count), people), "y": y.ravel()})
    out["group"], out["bdi"], out["age"] = frame.group[who], frame.scores[who, 0], frame.held[who, 0]
    if frame.period is not None:
        out["period"] = frame.period.ravel()
    return out


def wide(frame: Frame, y):
    return pd.DataFrame({"y": y, "group": frame.group, "bdi": frame.scores[:, 0], "age": frame.held[:, 0]})


def test_all_that_a_design_asks_is_asked_once():
    frame = a_frame(periods=True)
    asked = [(q.name, q.form) for q in questions_of(frame)]
    assert list(dict.fromkeys(asked)) == [
        ("group", "any"), ("group", "pair"), ("bdi", "slope"), ("group x bdi", "any"), ("condition", "any"),
        ("condition", "pair"), ("group x condition", "any"), ("bdi x condition", "any"), ("period", "any"),
    ]  # fmt: skip
    assert asked.count(("group", "pair")) == asked.count(("condition", "pair")) == 3
    assert len(set(questions_of(frame))) == len(asked)


@pytest.mark.parametrize(("about", "form", "term"), [
    ("group", "any", "C(group, Sum)"), ("score", "slope", "bdi"), ("group x score", "any", "C(group, Sum):bdi")
])  # fmt: skip
def test_questions_between_subjects_are_terms_of_their_linear_model(about, form, term):
    frame = a_frame()
    y = values_for(frame)
    done = ask(find(frame, about, form), y, frame, FEW)
    formula = "y ~ C(group, Sum) + bdi + age" + (" + C(group, Sum):bdi" if "x" in about else "")
    fit = ols(formula, wide(frame, y[:, :, 1].mean(axis=1))).fit()
    row = anova_lm(fit, typ=3).loc[term]
    assert done.f[1] == pytest.approx(row["F"])
    assert done.df == (row["df"], fit.df_resid)
    if form == "slope":
        low, high = fit.conf_int().loc["bdi"]
        assert (done.difference.value[1], done.difference.low[1], done.difference.high[1]) == pytest.approx(
            (fit.params["bdi"], low, high)
        )
        assert done.per_sd[1] == pytest.approx(fit.params["bdi"] * frame.scores[:, 0].std(ddof=1))
        held = ols("y ~ C(group) + age", wide(frame, y[:, :, 1].mean(axis=1))).fit().resid
        others = ols("bdi ~ C(group) + age", wide(frame, y[:, :, 1].mean(axis=1))).fit().resid
        assert done.effect.value[1] == pytest.approx(np.corrcoef(held, others)[0, 1])
    if (about, form) == ("group", "any"):
        f, (one, two) = done.f[1], done.df
        assert done.effect.value[1] == pytest.approx(one * (f - 1) / (one * (f - 1) + one + two + 1))


def test_a_pair_of_groups_is_the_t_test_of_these_two_alone():
    frame = replace(a_frame(), held=np.zeros((18, 0)), scores=np.zeros((18, 0)), score_names=())
    y = values_for(frame)
    done = ask(find(frame, "group", "pair", 0, 2), y, frame, FEW)
    mean = y[:, :, 0].mean(axis=1)
    t = stats.ttest_ind(mean[frame.group == 2], mean[frame.group == 0])
    assert done.f[0] == pytest.approx(t.statistic**2)
    assert (done.difference.low[0], done.difference.high[0]) == pytest.approx(tuple(t.confidence_interval()))
    spread = np.sqrt((mean[frame.group == 0].var(ddof=1) + mean[frame.group == 2].var(ddof=1)) / 2)
    assert done.effect.value[0] == pytest.approx(done.difference.value[0] / spread * (1 - 3 / (4 * 10 - 1)))
    assert done.units == 12


def test_a_pair_of_conditions_is_the_paired_t_test_and_its_p_that_of_all_signs():
    frame = replace(a_frame(9), groups=(), group=np.zeros(9, np.int64))
    y = values_for(frame)
    done = ask(find(frame, "condition", "pair", 0, 2), y, frame, Settings(permutations=1999))
    difference = y[:, 2, 0] - y[:, 0, 0]
    t = stats.ttest_rel(y[:, 2, 0], y[:, 0, 0])
    assert done.f[0] == pytest.approx(t.statistic**2)
    assert (done.difference.low[0], done.difference.high[0]) == pytest.approx(tuple(t.confidence_interval()))
    d = difference.mean() / difference.std(ddof=1)
    assert done.effect.value[0] == pytest.approx(d * (1 - 3 / (4 * 8 - 1)))
    signs = np.array(np.meshgrid(*[[-1, 1]] * 9)).reshape(9, -1)
    exact = (np.abs(signs.T @ difference) >= abs(difference.sum()) - 1e-9).mean()
    assert done.p[0] == pytest.approx(exact, abs=0.04)
    assert done.units == 9


@pytest.mark.parametrize("periods", [False, True])
def test_conditions_and_periods_are_those_of_people_as_blocks(periods):
    frame = a_frame(periods=periods)
    y = values_for(frame)
    cells = long(frame, y[:, :, 0])
    dummies = np.column_stack([(cells["what"] == k).astype(float) - (cells["what"] == 0) for k in (1, 2)])
    group = np.column_stack([(cells["group"] == k).astype(float) - (cells["group"] == 0) for k in (1, 2)])
    held = np.column_stack([np.eye(18)[cells["who"]], *(dummies * group[:, [k]] for k in (0, 1))])
    times = np.eye(3)[cells["period"]][:, 1:] if periods else np.zeros((len(cells), 0))

    def left(*columns):
        x = np.column_stack(columns)
        return ((cells["y"] - x @ np.linalg.lstsq(x, cells["y"], rcond=None)[0]) ** 2).sum()

    whole = left(held, dummies, times)
    done = ask(find(frame, "condition", "any"), y, frame, FEW)
    assert done.df == (2, 54 - 18 - 4 - 2 - (2 if periods else 0))
    assert done.f[0] == pytest.approx((left(held, times) - whole) / 2 / (whole / done.df[1]))
    if periods:
        asked = ask(find(frame, "period", "any"), y, frame, FEW)
        assert asked.f[0] == pytest.approx((left(held, dummies) - whole) / 2 / (whole / asked.df[1]))


def test_two_groups_by_two_conditions_is_the_t_test_of_differences():
    frame = a_frame(conditions=2).take(np.arange(18) % 3 != 2)
    frame = replace(frame, groups=GROUPS[:2], scores=np.zeros((12, 0)), score_names=(), held=np.zeros((12, 0)))
    y = values_for(frame)
    done = ask(find(frame, "group x condition", "pair"), y, frame, FEW)
    change = y[:, 1, 0] - y[:, 0, 0]
    t = stats.ttest_ind(change[frame.group == 1], change[frame.group == 0])
    assert done.f[0] == pytest.approx(t.statistic**2)
    assert done.difference.value[0] == pytest.approx(change[frame.group == 1].mean() - change[frame.group == 0].mean())
    assert find(frame, "group x condition", "pair").sides(frame) == ("a", "b")


def test_what_is_the_same_for_a_cluster_is_compared_between_means_of_clusters():
    clusters = np.repeat(np.arange(9), 2)
    frame = replace(a_frame(clusters=clusters), group=np.repeat(np.arange(9) % 3, 2), held=np.zeros((18, 0)),
                    scores=np.zeros((18, 0)), score_names=())  # fmt: skip
    y = values_for(frame)
    done = ask(find(frame, "group", "any"), y, frame, FEW)
    means = y[:, :, 0].mean(axis=1).reshape(9, 2).mean(axis=1)
    f = stats.f_oneway(*(means[np.arange(9) % 3 == k] for k in range(3)))
    assert done.f[0] == pytest.approx(f.statistic)
    assert (done.units, done.of) == (9, "clusters")
    pair = ask(find(frame, "condition", "pair", 0, 1), y, replace(frame, groups=(), group=frame.group * 0), FEW)
    each = (y[:, 1, 0] - y[:, 0, 0]).reshape(9, 2).mean(axis=1)
    assert pair.f[0] == pytest.approx(stats.ttest_1samp(each, 0).statistic ** 2)
    assert pair.of == "clusters"


def test_what_differs_in_a_cluster_is_compared_within_it():
    """Patient and partner of a dyad: the t-test of their differences, and signs that change by dyad."""
    frame = Frame(np.arange(16) % 2, ("partner", "patient"), np.zeros((16, 0)), (), np.zeros((16, 0)),
                  np.zeros(16, np.int64), cluster=np.repeat(np.arange(8), 2), names={"group": "role", "cluster": "dyad",
                  "condition": "condition", "period": "period"})  # fmt: skip
    y = values_for(frame)
    done = ask(questions_of(frame)[0], y, frame, Settings(permutations=1999))
    apart = np.diff(y[:, 0, 0].reshape(8, 2), axis=1)[:, 0]
    assert done.f[0] == pytest.approx(stats.ttest_1samp(apart, 0).statistic ** 2)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 8)).reshape(8, -1)
    exact = (np.abs(signs.T @ apart) >= abs(apart.sum()) - 1e-9).mean()
    assert done.p[0] == pytest.approx(exact, abs=0.04)
    assert done.of == "subjects within clusters"


def test_p_of_few_subjects_is_that_of_all_exchanges():
    frame = Frame(np.array([0, 0, 1, 1, 2, 2]), GROUPS, np.zeros((6, 0)), (), np.zeros((6, 0)), np.zeros(6, np.int64),
                  names={"group": "g", "condition": "c", "period": "p", "cluster": "d"})  # fmt: skip
    y = values_for(frame, seed=4)
    done = ask(find(frame, "group", "any"), y, frame, Settings(permutations=4999))
    flat = y[:, 0, 0]

    def f(order):
        moved = flat[list(order)]
        return stats.f_oneway(moved[:2], moved[2:4], moved[4:]).statistic

    null = np.array([f(order) for order in permutations(range(6))])
    assert done.p[0] == pytest.approx((null >= f(range(6)) * (1 - 1e-9)).mean(), abs=0.02)


def kinds(count):
    return [Kind(str(i + 1), f"display {i + 1}", "symmetric", "mouth") for i in range(count)]


def test_rows_judge_pairs_together_and_leave_out_what_too_few_of_them_show():
    frame = replace(a_frame(), scores=np.zeros((18, 0)), score_names=(), held=np.zeros((18, 0)))
    y = np.abs(values_for(frame, columns=4))
    y[:, :, 1] = 0
    y[frame.group != 2, :, 2] = 0
    y[frame.group == 2, :, 0] += 3
    rows, families = rows_of(questions_of(frame), "per_min", kinds(4), y, frame, FEW)
    pairs = {(r.sides, r.kind.token): r for r in rows if r.question.name == "group" and r.question.form == "pair"}
    assert len(pairs) == 12
    assert pairs[("a", "b"), "2"].flags == (NOBODY,)
    assert pairs[("a", "b"), "3"].flags == (NOBODY,)
    assert pairs[("a", "c"), "3"].p < 0.05
    tested = [r for r in pairs.values() if r.p == r.p]
    assert len(tested) == 3 + 2 + 3
    q = stats.false_discovery_control([r.p for r in tested])
    np.testing.assert_allclose([r.q for r in tested], q)
    mine = sorted((r for r in tested if r.kind.token == "1"), key=lambda r: r.p)
    assert mine[0].p_holm == pytest.approx(min(1, 3 * mine[0].p))
    assert mine[0].sides[1] == "c"
    whole = next(f for f in families if (f.name, f.form, f.unit) == ("group", "any", "display"))
    assert whole.tested == 3
    assert whole.p_any <= 0.02
    means = list(level_means("per_min", kinds(4), y, frame))
    one = next(m for m in means if (m.kind.token, m.group, m.condition) == ("1", "c", "talk"))
    assert (one.subjects, one.mean) == (6, pytest.approx(y[frame.group == 2, 1, 0].mean()))
    y[3:, :, 3] = 0
    rare = rows_of(questions_of(frame), "per_min", kinds(4), y[:, :, :], frame.take(np.arange(18)), FEW)[0]
    assert any(r.flags == (TOO_FEW_SHOW,) for r in rare if r.kind.token == "4")


def test_what_cannot_be_answered_says_which_question():
    frame = a_frame(conditions=1)
    frame = replace(frame, held=np.eye(3)[frame.group], conditions=())
    with pytest.raises(UsageError, match="group: what is held constant says all about it"):
        rows_of(questions_of(frame), "per_min", kinds(2), values_for(frame), frame, FEW)


@pytest.mark.parametrize("shared", ["groups of clusters", "roles in dyads", "conditions in dyads", "contrast"])
def test_without_any_effect_clusters_find_nothing_more_often_than_said(shared):
    """400 studies at once, one a column: what people of a dyad share would pass for an effect if it were not minded."""
    rng = np.random.default_rng(5)
    dyads, studies = 12, 400
    cluster = np.repeat(np.arange(dyads), 2)
    common = rng.gamma(1, 1, (dyads, 3, studies))[cluster]
    y = common + rng.gamma(1, 0.5, (2 * dyads, 3, studies))
    group = {"roles in dyads": np.arange(2 * dyads) % 2}.get(shared, cluster % 3)
    frame = replace(
        a_frame(2 * dyads, clusters=cluster), group=group, groups=GROUPS[: group.max() + 1], held=np.zeros((24, 0)),
        scores=np.zeros((24, 0)), score_names=(),
    )  # fmt: skip
    how = Settings(permutations=199)
    if shared == "contrast":
        contrast = NamedContrast("x", "1", groups={"c": 1.0, "a": -0.5, "b": -0.5})
        p = between(contrast, y.mean(axis=1), frame, how).p
    elif shared == "conditions in dyads":
        p = ask(find(frame, "condition", "any"), y, frame, how).p
    else:
        p = ask(find(frame, "group", "pair" if shared == "roles in dyads" else "any"), y, frame, how).p
    blind = ask(find(frame, "group", "pair", 0, 1), y, replace(frame, cluster=None), how).p
    assert 0.02 <= (p <= 0.05).mean() <= 0.085
    if shared == "groups of clusters":
        assert (blind <= 0.05).mean() > 0.1


def test_a_pair_of_groups_needs_enough_of_these_two_alone():
    frame = a_frame(30, conditions=1)
    values = np.abs(values_for(frame, columns=1)) + 1
    values[(frame.group == 2) & (np.arange(30) > 6)] = np.nan
    kinds = (Kind("1", "one", "", "mouth"),)
    rows, _ = rows_of(questions_of(frame), "intensity", kinds, values, frame, FEW)
    pairs = {row.question.name + str((row.question.first, row.question.second)): row for row in rows
             if (row.question.about, row.question.form) == ("group", "pair")}  # fmt: skip
    assert {name: bool(row.units) for name, row in pairs.items()} == {
        "group(0, 1)": True, "group(0, 2)": False, "group(1, 2)": False,
    }  # fmt: skip
    assert pairs["group(0, 2)"].flags == (TOO_FEW_SHOW,)


def test_a_ratio_that_cannot_be_told_says_why():
    frame = a_frame(18, conditions=1)
    rng = np.random.default_rng(0)
    minutes = rng.uniform(2, 5, 18)
    events = rng.poisson(9, (18, 2)).astype(float)
    events[frame.group == 1, 1] = 0
    kinds = tuple(Kind(str(n), "", "", "mouth") for n in (1, 2))
    values = (events / minutes[:, None])[:, None]
    rows, _ = rows_of(questions_of(frame), "per_min", kinds, values, frame, FEW)
    counts = Counts(events[:, None], 60 * minutes[:, None])
    done = {(row.question, row.kind.token): row for row in with_ratios(rows, counts, frame)}
    pair = find(frame, "group", "pair", 0, 1)
    assert done[pair, "2"].ratio == 0
    assert ONE_SIDE in done[pair, "2"].flags
    assert np.isfinite(done[pair, "1"].ratio_p)
    assert not done[pair, "1"].flags
    # What is held constant says the group: nothing is left to be asked.
    told = replace(frame, held=(frame.group == 1).astype(float)[:, None])
    said = {(row.question, row.kind.token): row for row in with_ratios(rows, counts, told)}
    assert np.isnan(said[pair, "1"].ratio)
    assert said[pair, "1"].flags[-1].startswith(f"{NO_RATIO}: what is held constant says all about it")
