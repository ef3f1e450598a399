"""Contrasts of a file: read, refused, and answered."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols

from dfe.base.errors import DfeError, TableError
from dfe.comparison.designs.contrast_file import ContrastFile, NamedContrast, read_contrasts
from dfe.comparison.designs.frame import Frame
from dfe.comparison.designs.named import named_rows
from dfe.comparison.designs.questions import questions_of
from dfe.comparison.designs.ratios import Counts, modelled
from dfe.comparison.effects import NOBODY, Settings
from dfe.comparison.measures import Kind
from dfe.stats.count_model import fit_counts

KINDS = [Kind("1", "smile", "symmetric", "mouth"), Kind("2", "frown", "symmetric", "brow")]
HOW = Settings(permutations=199)


def a_frame(people=18, seed=0):
    rng = np.random.default_rng(seed)
    names = {"group": "group", "condition": "condition", "period": "period", "cluster": "dyad"}
    return Frame(np.arange(people) % 3, ("a", "b", "c"), rng.normal(20, 6, (people, 1)), ("bdi",),
                 rng.normal(size=(people, 1)), np.zeros(people, np.int64), ("rest", "task"), names=names)  # fmt: skip


def answered(frame, y, *contrasts):
    values = {"per_min": y, "share": y / 10, "intensity": y}
    return named_rows(ContrastFile("planned.toml", "0" * 64, contrasts), KINDS, values, frame, HOW)


def some_values(people=18, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(3, 1, (people, 2, 2)) + rng.normal(size=(people, 1, 2))


def test_weighted_means_of_groups_are_those_of_the_linear_model():
    frame, y = a_frame(), some_values()
    (row,) = answered(frame, y, NamedContrast("x", "smile", groups={"a": -0.5, "b": -0.5, "c": 1.0}))
    data = {"y": y[:, :, 0].mean(axis=1), "group": frame.group, "bdi": frame.scores[:, 0], "age": frame.held[:, 0]}
    fit = ols("y ~ 0 + C(group) + bdi + age", pd.DataFrame(data)).fit()
    said = fit.t_test([[-0.5, -0.5, 1, 0, 0]])
    low, high = said.conf_int()[0]
    assert (row.difference, row.low, row.high) == pytest.approx((said.effect[0], low, high))
    assert row.p == pytest.approx(said.pvalue, abs=0.1)
    assert (row.size, row.units) == ("g", 18)


def test_conditions_scores_and_differences_of_differences():
    frame, y = a_frame(), some_values()
    change = y[:, 1, 0] - y[:, 0, 0]
    rows = answered(
        frame, y, NamedContrast("task", "1", conditions={"task": 1.0, "rest": -1.0}),
        NamedContrast("score", "2", "share", score="bdi"),
        NamedContrast("both", "smile", groups={"c": 1.0, "a": -1.0}, conditions={"task": 1.0, "rest": -1.0}),
    )  # fmt: skip
    t = stats.ttest_1samp(change, 0)
    interval = t.confidence_interval()
    assert (rows[0].difference, rows[0].low, rows[0].high) == pytest.approx(
        (change.mean(), interval.low, interval.high)
    )
    assert rows[0].effect == pytest.approx(change.mean() / change.std(ddof=1) * (1 - 3 / (4 * 17 - 1)))
    data = {"y": y[:, :, 1].mean(axis=1) / 10, "group": frame.group, "bdi": frame.scores[:, 0], "age": frame.held[:, 0]}
    fit = ols("y ~ C(group) + bdi + age", pd.DataFrame(data)).fit()
    assert (rows[1].difference, rows[1].size) == (pytest.approx(fit.params["bdi"]), "r")
    mine = np.isin(frame.group, (0, 2))
    data = {
        "y": change[mine],
        "second": frame.group[mine] == 2,
        "bdi": frame.scores[mine, 0],
        "age": frame.held[mine, 0],
    }
    fit = ols("y ~ second + bdi + age", pd.DataFrame(data)).fit()
    assert rows[2].difference == pytest.approx(fit.params["second[T.True]"])
    order = np.argsort([row.p for row in rows])
    assert rows[order[0]].p_holm == pytest.approx(min(1, 3 * rows[order[0]].p))


def test_a_direction_is_one_sided_and_goes_against_you_if_it_is_wrong():
    frame, y = a_frame(), some_values()
    y[frame.group == 2] += 2
    both, more, less = (
        answered(frame, y, NamedContrast("x", "1", groups={"c": 1.0, "a": -1.0}, direction=way))[0].p
        for way in ("", "more", "less")
    )
    assert more == pytest.approx(both / 2)
    assert less == pytest.approx(1 - both / 2)


def test_what_nobody_shows_has_no_p():
    frame, y = a_frame(), some_values()
    y[:, :, 1] = 0
    (row,) = answered(frame, y, NamedContrast("x", "frown", groups={"c": 1.0, "a": -1.0}))
    assert row.flags == (NOBODY,)
    assert np.isnan(row.p)
    assert np.isnan(row.p_holm)


def test_a_file_is_read_with_its_hash_as_toml_and_as_json(tmp_path):
    toml, same = tmp_path / "planned.toml", tmp_path / "planned.json"
    toml.write_text('[[contrast]]\nname = "x"\ndisplay = 22\ngroups = { b = 2, a = -2 }\n', encoding="utf-8")
    same.write_text(json.dumps({"contrast": [{"name": "x", "display": "22", "groups": {"b": 2, "a": -2}}]}))
    one, other = read_contrasts(toml), read_contrasts(same)
    assert one.contrasts == other.contrasts == (NamedContrast("x", "22", groups={"b": 1.0, "a": -1.0}),)
    assert one.sha256 == hashlib.sha256(toml.read_bytes()).hexdigest() != other.sha256


@pytest.mark.parametrize(("text", "says"), [
    ("", "holds no contrasts"), ("[[contrast]]\n", "needs a name and a display"), ("x = 1", "unknown key 'x'"),
    ("[[contrast]]\nname=1\ndisplay='a'\nscore='b'", "needs a name"), ("[[", "is no TOML"),
    ("[[contrast]]\nname='x'\ndisplay='a'\nsize=3", "unknown key 'size'; keys are name, display"),
    ("[[contrast]]\nname='x'\ndisplay='a'\nmeasure='q'\nscore='b'", "measure 'q' is none of per_min"),
    ("[[contrast]]\nname='x'\ndisplay='a'\ndirection='up'\nscore='b'", "direction 'up' is neither more nor less"),
    ("[[contrast]]\nname='x'\ndisplay='a'\ngroups={a=1,b=true}", "are no weights by name"),
    ("[[contrast]]\nname='x'\ndisplay='a'\ngroups={a=1,b=inf}", "are no weights by name"),
    ("[[contrast]]\nname='x'\ndisplay='a'\ngroups={a=1,b=-1}\nscore='b'", "asks about nothing, or about groups and"),
    ("[[contrast]]\nname='x'\ndisplay='a'\nscore='b'\n" * 2, "has two contrasts 'x'"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_in_one_line(tmp_path, text, says):
    path = tmp_path / "planned.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=says.replace("[", r"\[")) as caught:
        read_contrasts(path)
    assert "\n" not in str(caught.value)
    for name in ("none.toml", "planned.txt"):
        with pytest.raises(DfeError):
            read_contrasts(tmp_path / name)


def test_ratios_are_those_of_the_model_of_counts_whatever_the_question():
    rng = np.random.default_rng(3)
    frame = a_frame(24)
    seconds = rng.uniform(60, 300, (24, 2))
    counts = Counts(rng.poisson(rng.gamma(2, 2, (24, 1, 3)) * seconds[:, :, None] / 60).astype(float), seconds)
    asked = {(q.about, q.first, q.second): q for q in questions_of(frame) if q.form != "any"}
    pair = modelled(asked["group", 0, 2], counts, frame)
    mine = np.isin(frame.group, (0, 2))
    design = np.column_stack([np.ones(16), frame.group[mine] == 2, frame.scores[mine], frame.held[mine]])
    own = fit_counts(counts.events[mine].sum(axis=1), seconds[mine].sum(axis=1) / 60, design, np.eye(4)[1],
                     group=frame.group[mine])  # fmt: skip
    made = fit_counts(pair.events, pair.minutes, pair.design, np.eye(pair.design.shape[1])[0], subject=pair.subject,
                      group=pair.group)  # fmt: skip
    np.testing.assert_allclose(made.log_ratio, own.log_ratio, atol=1e-6)
    np.testing.assert_allclose(made.p, own.p, atol=1e-6)
    for question in asked.values():
        given = modelled(question, counts, frame)
        assert np.linalg.matrix_rank(given.design) == given.design.shape[1]
        found = fit_counts(given.events, given.minutes, given.design, np.eye(given.design.shape[1])[0],
                           subject=given.subject, group=given.group)  # fmt: skip
        assert np.isfinite(found.p).all()
