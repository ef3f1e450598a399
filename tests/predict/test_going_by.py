"""Displays are named only where a study's score is beyond chance."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs the extra study")

from dfe.datasets.examples import Target
from dfe.predict.going_by import going_by
from dfe.predict.store import Predictions, table

TARGET = Target("mood", "classes", "auc", ("low", "high"), "subject")
SETTINGS = {"representation": "bag", "taken": 2, "threshold": 0.75, "expected_false": 1.0, "units": 2}


def asked(permutation):
    rows = {"target": ["mood"], "representation": ["bag"], "row": [0], "feature": ["7"], "share": [0.9], "r": [0.4]}
    study = Predictions({"displays": {"7": "lip corners"}}, {"selection": table("selection", rows)}, {})
    return going_by(study, TARGET, {"selection": [SETTINGS]}, [{"id": "bag", "permutation": permutation}])


def test_only_a_score_beyond_chance_names_displays():
    found = asked({"p": 0.01})
    assert found["shown"]
    assert found["groups"][0]["towards"] == "high"
    assert found["groups"][0]["displays"][0]["words"] == "lip corners"
    for permutation, why in (
        ({"p": 0.2}, "no better than chance (p = 0.200)"),
        ({"p": np.nan}, "its score is not defined"),
        (None, "no permutation test"),
    ):
        found = asked(permutation)
        assert not found["shown"]
        assert why in found["why_not"]
        assert found["groups"] == []
