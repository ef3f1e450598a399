import json
from dataclasses import replace

import numpy as np
import pytest

import made_prediction as made
from dfe.base.errors import TableError, UsageError
from dfe.judge.seen import hashed
from dfe.predict.config import StudyConfig
from dfe.predict.figures import figures
from dfe.predict.fitting import fit_fold
from dfe.predict.protocol import study_examples
from dfe.predict.store import read_predictions, write_predictions
from dfe.predict.study import Study, StudyOptions, run_study, write_study
from dfe.predict.usable import split_of, usable_examples
from dfe.stats.significance import permutation_p

QUICK = StudyConfig(repeats=2, permutations=0, draws=200)


class Card:
    """As much of a tokenizer as the protocol asks for."""

    id, hash = "made@1", "0" * 64

    def __init__(self, people):
        self.card = {"people": [hashed(name) for name in people]}


def run(folder, config=QUICK, examples=None, representations=None, **more):
    given, usual = made.study(folder) if examples is None else (examples, representations)
    return study_examples("made", given, representations or usual, folder, config, **more)


def rows(study, target="stress"):
    result = figures(study)
    found = next(one for one in result["targets"] if one["name"] == target)
    return {row["id"]: row for row in found["rows"]}, found


@pytest.mark.slow
def test_a_planted_effect_is_found_and_noise_is_not(tmp_path):
    study = run(tmp_path, replace(QUICK, repeats=5, permutations=9))
    for target in ("stress", "score"):
        by_id, found = rows(study, target)
        metric = found["metric"]
        value = {id: row["scores"][metric]["value"] for id, row in by_id.items()}
        floor = value["majority class"] if target == "stress" else value["mean of the training"]
        assert value["bag of tokens"] > value["AU proxy"] > floor
        assert by_id["bag of tokens"]["permutation"]["p"] == 1 / 10
        assert by_id["nuisance"]["permutation"]["p"] > 0.1
        contrast = {one["b"]: one for one in found["contrasts"]}
        assert contrast["AU proxy"]["primary"]
        assert contrast["AU proxy"]["p_holm"] is None
        assert contrast["nuisance"]["p_holm"] == contrast["nuisance"]["p"] < 0.05
        low, high = (by_id["bag of tokens"]["scores"][metric][end] for end in ("low", "high"))
        assert low < value["bag of tokens"] < high
        assert low > floor
        frame = Study(study).to_pandas().set_index(["target", "representation", "score"])
        assert frame.loc[(target, "bag of tokens", metric), "value"] == value["bag of tokens"]
        assert frame.loc[(target, "bag of tokens", metric), "p"] == 1 / 10
    write_study(Study(study), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "scores.json").read_text("utf-8")) == figures(study)


def test_floors_are_what_they_are_called(tmp_path):
    by_id, _ = rows(run(tmp_path))
    assert by_id["majority class"]["scores"]["balanced_accuracy"]["value"] == pytest.approx(0.5)
    assert by_id["all positive"]["scores"]["f1"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert by_id["majority class"]["scores"]["auc"]["value"] == 0.5
    by_id, _ = rows(run(tmp_path), "score")
    assert by_id["mean of the training"]["scores"]["ccc"]["value"] == pytest.approx(0, abs=0.05)


@pytest.mark.slow
def test_p_is_uniform_where_there_is_nothing(tmp_path):
    """Sixteen studies of noise: p spreads over 0 to 1, for labels of people and of recordings."""
    for level in ("subject", "task"):
        p = []
        for seed in range(16):
            rng = np.random.default_rng(seed)
            examples, (noise, *_) = made.study(tmp_path, 12, 3, 0.0, seed)
            label = (
                rng.integers(0, 2, 12)[np.repeat(np.arange(12), 3)] if level == "subject" else rng.integers(0, 2, 36)
            )
            if len(np.unique(label)) < 2 or min(np.bincount(label[::3], minlength=2)) < 3:
                continue
            target = replace(made.STRESS, level=level, metric="auc")
            examples = replace(examples, labels={"stress": np.array(["no", "yes"])[label]}, targets=(target,))
            nothing = replace(noise, id="nuisance")
            config = replace(QUICK, folds=3, repeats=1, inner_folds=2, permutations=9)
            study = study_examples("made", examples, [nothing], tmp_path, config)
            scores = study.tables["permutations"]["score"].to_numpy()
            p.append(permutation_p(scores[0], scores[1:]))
        # Of ten values that p can take each is as likely as any other: mean 0.55, spread 0.29.
        assert np.mean(p) == pytest.approx(0.55, abs=3 * 0.29 / np.sqrt(len(p)))
        assert np.mean(np.array(p) <= 0.1) < 0.1 + 3 * np.sqrt(0.09 / len(p))


def test_results_do_not_depend_on_the_number_of_workers(tmp_path):
    config, only = replace(QUICK, permutations=1), ["stress"]
    alone, together = (run(tmp_path / "made", replace(config, workers=n), targets=only) for n in (1, 2))
    for name in alone.tables:
        assert alone.tables[name].equals(together.tables[name]), name
    other = run(tmp_path / "made", replace(config, seed=1), targets=only)
    assert not alone.tables["predictions"].equals(other.tables["predictions"])


def test_progress_counts_folds_and_every_representation_takes_its_turn(tmp_path, monkeypatch):
    turns, told = [], []

    def fitted(x, *more, **named):
        turns.append(id(x))
        return fit_fold(x, *more, **named)

    monkeypatch.setattr("dfe.predict.predict.fit_fold", fitted)
    config = StudyConfig(folds=2, inner_folds=2, repeats=3, permutations=4, draws=10)
    run(tmp_path, config, targets=["stress"], progress=lambda done, total: told.append((done, total)))
    kinds = len(set(turns))
    repeated, permuted = 3 * 2 * kinds, 4 * 2 * kinds
    assert {total for _, total in told} == {repeated + permuted} == {len(turns)}
    assert [done for done, _ in told] == [*range(1, repeated + 1), *range(repeated + 2, repeated + permuted + 1, 2)]
    for first in range(0, repeated, kinds):
        assert len(set(turns[first : first + kinds])) == kinds
    for first in range(repeated, len(turns), 2 * kinds):
        assert len(set(turns[first : first + 2 * kinds])) == kinds


def test_every_figure_is_made_again_from_the_files(tmp_path):
    study = run(tmp_path / "recordings", replace(QUICK, permutations=3))
    write_predictions(study, tmp_path / "out")
    assert json.dumps(figures(read_predictions(tmp_path / "out"))) == json.dumps(figures(study))
    for path in (tmp_path / "out").rglob("*"):
        assert b"Lovelace" not in path.read_bytes()
    (tmp_path / "out" / "predictions.csv").write_text("target,said\n")
    with pytest.raises(TableError, match="column representation is missing"):
        read_predictions(tmp_path / "out")
    with pytest.raises(TableError, match="cannot be read"):
        read_predictions(tmp_path)


def test_everybody_is_tested_once_a_repeat_by_strangers(tmp_path):
    study = run(tmp_path)
    folds = study.tables["folds"].to_pandas()
    assert (folds.groupby(["target", "repeat", "subject"])["part"].nunique() == 1).all()
    said = study.tables["predictions"].to_pandas()
    counts = said.groupby(["target", "representation", "repeat", "example"]).size()
    assert (counts == 1).all()
    joined = said.merge(folds, on=["target", "repeat", "example"])
    assert (joined["fold"].astype(str) == joined["part"]).all()
    # All representations, floors too, are tested on the same examples in the same folds.
    assert (joined.groupby(["target", "repeat", "example"])["fold"].nunique() == 1).all()


def official(folder, shared=False):
    split = np.array(["train"] * 48 + ["validation"] * 16 + ["test"] * 16)
    if shared:
        split[0] = "test"
    return made.study(folder, split=split)


def test_the_official_split_and_no_other(tmp_path):
    examples, representations = official(tmp_path)
    by_id, found = rows(run(tmp_path, QUICK, examples, representations))
    assert found["scheme"] == "official split"
    assert (found["trained"], found["tested"]) == (48, 16)
    assert {one["method"] for one in found["contrasts"]} == {"paired subject bootstrap"}
    assert len(by_id["bag of tokens"]["by_repeat"]) == 1


def test_people_in_two_parts_are_refused_dropped_or_told_of(tmp_path):
    examples, representations = official(tmp_path, shared=True)
    with pytest.raises(UsageError, match="1 people are in more than one part"):
        run(tmp_path, QUICK, examples, representations)
    _, found = rows(run(tmp_path, replace(QUICK, shared="drop"), examples, representations))
    assert found["trained"] == 46
    assert any(step["what"].startswith("left out: the person") and step["examples"] == 1 for step in found["flow"])
    study = run(tmp_path, replace(QUICK, shared="allow"), examples, representations)
    assert any("in more than one part" in warning for warning in study.about["warnings"])


def test_people_whom_the_tokenizer_knows_are_refused_dropped_or_told_of(tmp_path):
    card = Card(["Ada Lovelace 3", "Ada Lovelace 4", "somebody else"])
    with pytest.raises(UsageError, match="was trained on 2 of the 40 people"):
        run(tmp_path, tokenizer=card)
    _, found = rows(run(tmp_path, replace(QUICK, seen="drop"), tokenizer=card))
    assert found["people"] == 38
    study = run(tmp_path, replace(QUICK, seen="allow"), tokenizer=card)
    assert study.about["warnings"][0] == "The tokenizer was trained on 2 of the 40 people of this study."


def test_poor_coverage_leaves_the_study_but_not_an_official_test(tmp_path):
    poor = {"k0": 0.5, "k1": 0.0, "k79": 0.1}
    examples, representations = made.study(tmp_path)
    for one in representations:
        one.x["k1"] = np.full(6, np.nan)
    covered = [replace(one, covered=poor) for one in representations]
    _, found = rows(run(tmp_path, QUICK, examples, covered))
    assert found["examples"] == 77
    assert found["flow"][-2] == {
        "what": "left out: usable face for under 70% of the time",
        "examples": 3,
        "people": 2,
    }
    _, found = rows(run(tmp_path, replace(QUICK, min_coverage=0.0), examples, covered))
    assert found["examples"] == 80
    assert next(row for row in found["rows"] if row["id"] == "AU proxy")["without"] == 1
    split = np.array(["train"] * 60 + ["test"] * 20)
    _, found = rows(run(tmp_path, QUICK, replace(examples, split=split), covered))
    assert (found["trained"], found["tested"]) == (58, 20)


def test_unknown_labels_are_left_out_and_counted(tmp_path):
    examples, representations = made.study(tmp_path)
    labels = {name: column.copy() for name, column in examples.labels.items()}
    labels["stress"][:3] = ""
    labels["score"][5] = np.nan
    study = run(tmp_path, QUICK, replace(examples, labels=labels), representations)
    assert rows(study)[1]["examples"] == 77
    assert rows(study, "score")[1]["examples"] == 79


def test_labels_and_recordings_must_find_each_other(tmp_path):
    examples, representations = made.study(tmp_path)
    (tmp_path / "k7.parquet").unlink()
    with pytest.raises(TableError, match="1 of 80 examples have no recording here, the first is k7"):
        run(tmp_path, QUICK, examples, representations)
    (tmp_path / "k7.parquet").touch()
    (tmp_path / "more.parquet").touch()
    with pytest.raises(TableError, match="1 recordings have no label, the first is more"):
        run(tmp_path, QUICK, examples, representations)
    (tmp_path / "k7.parquet").unlink()
    _, found = rows(run(tmp_path, replace(QUICK, unmatched="drop"), examples, representations))
    assert found["examples"] == 79
    assert {"what": "left out: no recording", "examples": 1, "people": 1} in found["flow"]


def test_what_cannot_be_studied_is_refused_before_any_work(tmp_path):
    examples, representations = made.study(tmp_path)
    one = np.full(80, "yes")
    with pytest.raises(TableError, match="stress: all 80 examples have the same label"):
        run(tmp_path, QUICK, replace(examples, labels=dict(examples.labels) | {"stress": one}), representations)
    odd = one.copy()
    odd[0] = "may"
    with pytest.raises(TableError, match="'may' is no class of stress"):
        run(tmp_path, QUICK, replace(examples, labels=dict(examples.labels) | {"stress": odd}), representations)
    with pytest.raises(UsageError, match="is named twice"):
        run(tmp_path, QUICK, examples, [representations[0], *representations])
    with pytest.raises(TableError, match="no target 'mood'"):
        run(tmp_path, QUICK, examples, representations, targets=["mood"])
    few, of_few = made.study(tmp_path / "few", people=3)
    with pytest.raises(UsageError, match="3 people are too few for 5 folds"):
        run(tmp_path / "few", QUICK, few, of_few)
    with pytest.raises(UsageError, match="folds is 1"):
        StudyConfig(folds=1)


def test_few_repeats_are_told_of(tmp_path):
    assert run(tmp_path).about["warnings"] == ["Cross-validation was run 2 times; the protocol asks for 10 times."]


def test_shuffled_labels_are_dealt_into_folds_anew(tmp_path):
    examples, _ = made.study(tmp_path)
    usable = usable_examples(examples, made.STRESS, np.ones(80), QUICK)
    other = usable.truth.copy()
    other[:20] = np.roll(other[:20], 2)
    first, second = (split_of(usable, QUICK, truth, once=True) for truth in (usable.truth, other))
    assert [one.test.tolist() for one in first] != [one.test.tolist() for one in second]
    assert {one.repeat for one in second} == {0}


def test_resting_faces_of_different_kinds_are_a_caution_and_may_be_put_back(tmp_path):
    from made_resting import resting

    rows = ["path,subject,label"]
    for person in range(12):
        made, _ = resting(neutral="own" if person % 3 else "population", share=0.08, seed=person, seconds=6)
        made.write(tmp_path / "in" / f"p{person}.parquet")
        rows.append(f"p{person}.mp4,{person},{'ab'[person % 2]}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    config = {"folds": 2, "repeats": 1, "permutations": 0, "draws": 10, "min_coverage": 0.1}
    shares = []
    for choice in ("recorded", "population"):
        options = StudyOptions(
            table=tmp_path / "labels.csv", representations=("tokens",), primary=("tokens", "nuisance"),
            tokenizer="dfe-face41@3", protocol=StudyConfig(**config, resting_face=choice),
        )  # fmt: skip
        about = run_study("generic", tmp_path, tmp_path / "in", options).predictions.about
        assert about["resting_faces"] == {"everybody's": 4, "the person's own": 8}
        assert any("different resting faces" in said for said in about["warnings"])
        assert about["config"]["resting_face"] == choice
        shares.append(about)
    assert shares[0]["examples_sha256"] == shares[1]["examples_sha256"]
