"""What stands in the source of a study's page."""

import copy
import json
import re
from xml.etree import ElementTree

import pytest

from dfe.predict.page import METRICS, study_page
from made_reports import NASTY, picture
from page_checker import checked


def estimate(value):
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def row(id, role, value, metrics):
    made = {"id": id, "role": role, "scores": {m: estimate(value) for m in metrics}, "by_repeat": [value]}
    if role != "floor":
        made |= {"features": 64, "features_s": 3.0, "fit_s": 1.5, "without": 2, "penalties": [0.1]}
        made["calibration"] = {"slope": 0.9, "intercept": 0.1, "brier": 0.2}
        made["permutation"] = {"p": 0.005, "permutations": 199, "observed": value, "null_mean": 0.5}
    return made


def result(kind="classes", name="stress", task="stressid"):
    metrics = ["weighted_f1", "auc"] if kind == "classes" else ["mae", "ccc"]
    display = {"feature": "12", "display": 12, "words": "lip corner pull", "share": 0.9, "r": 0.6}
    contrast = {"a": "bag of tokens", "metric": metrics[0], "method": "Nadeau-Bengio corrected t-test"}
    contrast |= {"value": 0.05, "low": 0.01, "high": 0.09}
    target = {
        "name": name,
        "kind": kind,
        "metric": metrics[0],
        "classes": ["calm", "stressed"] if kind == "classes" else [],
        "level": "task",
        "scheme": "repeated cross-validation",
        "balanced": True,
        "examples": 100,
        "people": 50,
        "trained": 80,
        "tested": 20,
        "counts": [60, 40] if kind == "classes" else None,
        "mean": None if kind == "classes" else 3.5,
        "sd": None if kind == "classes" else 1.5,
        "permuted": "within people",
        "flow": [{"what": "labelled examples", "examples": 110, "people": 52}],
        "metrics": metrics,
        "rows": [
            row("bag of tokens", "representation", 0.7, metrics),
            row("AU proxy", "representation", 0.65, metrics),
            row("nuisance", "nuisance", 0.55, metrics),
            row("majority class", "floor", 0.5, metrics),
        ],
        "contrasts": [
            contrast | {"b": "AU proxy", "primary": True, "p": 0.02, "p_holm": None},
            contrast | {"b": "nuisance", "primary": False, "p": 1e-9, "p_holm": 2e-9},
        ],
        "displays": {
            "shown": True,
            "why_not": "",
            "taken": 5,
            "threshold": 0.75,
            "expected_false": 0.7,
            "units": 70,
            "groups": [{"towards": "stressed", "displays": [display]}],
        },
    }
    config = {"folds": 5, "repeats": 10, "inner_folds": 3, "primary": ["bag of tokens", "AU proxy"]}
    config |= {"min_coverage": 0.7, "seed": 0, "null_model": "refit", "leave_one_out": False}
    about = {"task": task, "config": config, "warnings": [], "tokenizer": {"id": "dfe@1", "hash": "ab"}}
    item = {"number": "12a", "topic": "Use of the data", "status": "reported here", "said": "Folds over people."}
    return {"about": about, "targets": [target], "checklist": [item, item | {"status": "for the author"}]}


@pytest.mark.parametrize("kind", ["classes", "number"])
def test_the_page_is_whole_and_says_the_main_things(kind):
    page = study_page(result(kind), {12: picture()})
    words = checked(page)
    assert "For research only" in words
    assert "no medical device" in words
    assert "conditional on the fitted models" in words
    assert "1 of 2 items are reported here" in words
    assert "< 0.001" in words
    assert "primary: not adjusted" in words
    assert "lip corner pull" in words
    assert "data:image/png" in page
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ElementTree.fromstring(svg)


def test_the_page_is_the_same_each_time_and_changes_nothing():
    made = result()
    before = copy.deepcopy(made)
    assert study_page(made, {}) == study_page(json.loads(json.dumps(made)), {})
    assert made == before


def test_what_is_missing_is_a_dash_and_no_fault():
    made = result()
    target = made["targets"][0]
    target["rows"][0]["scores"]["auc"] = {"value": None, "low": None, "high": None}
    target["rows"][0]["permutation"] = target["rows"][1]["permutation"] = target["rows"][2]["permutation"] = None
    target["contrasts"][0] |= {"value": None, "low": None, "high": None, "p": None}
    target["displays"] |= {"shown": False, "why_not": "its score is no better than chance", "groups": []}
    words = checked(study_page(made, {}))
    assert "cannot be tested with so few people" in words
    assert "nan" not in words.lower().replace("nance", "")
    target["contrasts"] = []
    checked(study_page(made, {}))
    made["targets"] = []
    checked(study_page(made, {}))


def test_names_of_the_users_cannot_do_anything():
    made = result(name=NASTY, task=NASTY)
    target = made["targets"][0]
    target["classes"][0] = target["displays"]["groups"][0]["towards"] = target["rows"][0]["id"] = NASTY
    target["contrasts"][0]["a"] = target["contrasts"][1]["a"] = NASTY
    made["about"]["warnings"] = [NASTY]
    page = study_page(made, {})
    checked(page)
    assert "<img src=x" not in page


def test_a_smaller_error_is_no_worse():
    words = checked(study_page(result("number"), {}))
    assert "Above 0: the first has the smaller error" in words
    assert "the bag of tokens tells more" in words


def test_every_metric_has_words():
    from typing import get_args

    from dfe.predict.scores import Metric

    assert set(METRICS) == set(get_args(Metric))
