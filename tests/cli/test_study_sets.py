"""`dfe study` on miniature data sets of the real layouts, from media to the page: encode, check, run."""

from __future__ import annotations

import json

import pytest

import made_sets


@pytest.fixture(scope="module")
def short(carphone, tmp_path_factory):
    return made_sets.cut(carphone, tmp_path_factory.mktemp("media") / "short.mp4")


FAST = ("--folds", "2", "--repeats", "1", "--permutations", "0", "--workers", "1")


def ran(dfe, name, root, recordings, out, *more):
    """Targets by name, of a study that went well."""
    done = dfe("study", "run", name, root, "--recordings", recordings, "-o", out, *FAST, *more)
    assert done.code == 0, done.err
    assert (out / "study.html").is_file()
    return {target["name"]: target for target in json.loads((out / "scores.json").read_text("utf-8"))["targets"]}


def test_stressid(tmp_path, short, dfe):
    root = made_sets.stressid(tmp_path / "StressID", short, people=("a1", "b2", "c3", "d4"))
    assert dfe("study", "check", "stressid", root).code == 0
    assert dfe("study", "encode", "stressid", root, "-o", tmp_path / "rec").code == 0
    targets = ran(dfe, "stressid", root, tmp_path / "rec", tmp_path / "out", "--min-coverage", "0", "--words", 4)
    assert targets["binary-stress"]["metric"] == "weighted_f1"
    assert targets["binary-stress"]["examples"] == 12
    ids = {row["id"] for row in targets["affect3-class"]["rows"]}
    assert {"bag of tokens", "AU proxy", "nuisance", "4 flat words"} <= ids


def test_impressions(tmp_path, short, dfe):
    root = made_sets.chalearn(tmp_path / "fi", short)
    assert dfe("study", "encode", "chalearn", root, "-o", tmp_path / "rec").code == 0
    refused = dfe("study", "run", "chalearn", root, "--recordings", tmp_path / "rec", "-o", tmp_path / "no", *FAST)
    assert refused.code != 0
    assert len(refused.err.splitlines()) == 1
    more = (
        "--shared",
        "allow",
        "--targets",
        "extraversion",
        "--min-coverage",
        "0",
        "--representations",
        "tokens",
        "au-proxy",
    )
    targets = ran(dfe, "chalearn", root, tmp_path / "rec", tmp_path / "out", *more)
    assert targets["extraversion"]["metric"] == "one_minus_mae"
    assert "official" in targets["extraversion"]["scheme"]


def test_daic(tmp_path, dfe):
    root = made_sets.daic(tmp_path / "daic", rows=40)
    assert dfe("study", "encode", "daic", root, "-o", tmp_path / "rec").code == 0
    more = ("--representations", "tokens", "au-proxy", "au-tables", "--min-coverage", "0")
    targets = ran(dfe, "daic", root, tmp_path / "rec", tmp_path / "out", *more)
    assert targets["PHQ8_Binary"]["metric"] == "f1"
    rows = {row["id"]: row for row in targets["PHQ8_Binary"]["rows"]}
    assert "AU tables" in rows
    assert "all positive" in " ".join(rows)


def test_edaic_has_action_units_alone(tmp_path, dfe):
    root = made_sets.edaic(tmp_path / "edaic")
    assert "no tokens" in dfe("study", "check", "edaic", root).out or dfe("study", "check", "edaic", root).code
    assert dfe("study", "prepare", "edaic", root, "-o", tmp_path / "rec").code == 0
    more = ("--representations", "au-tables", "--primary", "au-tables", "nuisance", "--min-coverage", "0")
    targets = ran(dfe, "edaic", root, tmp_path / "rec", tmp_path / "out", *more)
    assert {"AU tables", "nuisance"} <= {row["id"] for row in targets["PHQ8_Score"]["rows"]}
