from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples
from dfe.datasets.windows import in_windows, read_windows
from dfe.predict.representations.baseline import WithoutBaseline
from dfe.predict.representations.codings import CoefficientCoding
from dfe.predict.representations.pooled import Pooled
from dfe.predict.representations.tokens import TokenBag
from dfe.stats.bag import BagOfTokens
from dfe.tokenizer.file import load_tokenizer
from made_measures import features_of, tokens_of
from made_study import faces, recording, write

HEAD = "recording,onset,duration,condition,clock_offset\n"


def table(tmp_path, *rows):
    path = tmp_path / "windows.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("windows")
    for place, name in enumerate("ab"):
        write(folder, name, recording(faces(300, place), np.arange(300) / 30))
    examples = Examples(("x", "y"), ("a", "b"), np.array(["P1", "P2"]), {"calm": np.array(["yes", "no"])}, ())
    return folder, examples


def test_windows_become_examples_with_the_labels_of_their_recording(study, tmp_path):
    _, examples = study
    path = table(tmp_path, "a,101,2,rest,-100", "b,0.5,3,rest,", "a,105,4,talk,-100")
    done = in_windows(examples, read_windows(path))
    assert done.name == ("x#1", "y#1", "x#2")
    assert done.onset_s.tolist() == [1, 0.5, 5]
    assert done.offset_s.tolist() == [3, 3.5, 9]
    assert done.condition.tolist() == ["rest", "rest", "talk"]
    assert done.labels["calm"].tolist() == ["yes", "no", "yes"]
    assert done.subject.tolist() == ["P1", "P2", "P1"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("c,0,1,rest,", "row 2: no example is about recording 'c'"),
        ("a,x,1,rest,", "row 2"),
        ("a,0,0,rest,", "row 2: onset and duration must be seconds"),
        ("a,0,nan,rest,", "row 2: onset and duration"),
    ],
)
def test_a_broken_window_is_named(study, tmp_path, row, words):
    with pytest.raises(TableError, match=words):
        in_windows(study[1], read_windows(table(tmp_path, row)))


def test_doubled_and_missing_windows_are_refused(study, tmp_path):
    with pytest.raises(TableError, match="row 3: the same window"):
        in_windows(study[1], read_windows(table(tmp_path, "a,0,1,rest,", "a,0,1,talk,")))
    with pytest.raises(TableError, match="holds no window"):
        read_windows(table(tmp_path))


@pytest.fixture(scope="module")
def cut(study, tmp_path_factory):
    rows = [f"{name},{onset},{length},{condition}," for name in "ab" for onset, length, condition in
            ((0, 2, "rest"), (2, 1, "rest"), (3, 4, "talk"))]  # fmt: skip
    return study[0], in_windows(study[1], read_windows(table(tmp_path_factory.mktemp("t"), *rows)))


def test_a_bag_above_baseline_is_the_difference_of_shares(cut):
    folder, examples = cut
    tokenizer = load_tokenizer("dfe-face41@3")
    bag = WithoutBaseline(TokenBag(tokenizer, units=("display",)), "rest")
    out = BagOfTokens().fit_transform(features_of(bag, examples, folder).x)
    sums = tokens_of(examples, folder, tokenizer)
    share = sums.time / sums.valid_s[:, None]
    rest = (sums.time[0] + sums.time[1]) / (sums.valid_s[0] + sums.valid_s[1])
    np.testing.assert_allclose(out[2], share[2] - rest, atol=1e-9)
    np.testing.assert_allclose(np.average(out[:2], axis=0, weights=sums.valid_s[:2]), 0, atol=1e-9)
    assert bag.id == "bag of tokens, without the eyes, above baseline"


def test_moments_above_baseline(cut):
    folder, examples = cut
    plain = features_of(Pooled(CoefficientCoding(), ("intensity",)), examples, folder)
    done = features_of(WithoutBaseline(Pooled(CoefficientCoding(), ("intensity",)), "rest"), examples, folder)
    rest = np.average(plain.x[3:5], axis=0, weights=plain.exposure_s[3:5])
    np.testing.assert_allclose(done.x[5], plain.x[5] - rest)


def test_a_subject_without_a_baseline_is_refused(cut):
    folder, examples = cut
    with pytest.raises(TableError, match="example x#1: a subject has no window of condition 'sleep'"):
        features_of(WithoutBaseline(Pooled(CoefficientCoding(), ("intensity",)), "sleep"), examples, folder)
    with pytest.raises(TableError, match="tf-idf"):
        WithoutBaseline(TokenBag(load_tokenizer("dfe-face41@3"), kind="tf-idf"), "rest")
