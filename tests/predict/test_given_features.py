from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples
from dfe.predict.representations.given import GivenFeatures
from made_measures import features_of


def examples_of(recordings, **columns):
    names = tuple(f"{name}:{i}" for i, name in enumerate(recordings))
    return Examples(names, tuple(recordings), np.array(["p"] * len(names)), {}, (), **columns)


def test_one_array_for_each_recording(tmp_path):
    rng = np.random.default_rng(0)
    clips = rng.normal(size=(7, 5))
    clips[3, 2] = np.nan
    np.savez(tmp_path / "videomae.npz", **{"a": rng.normal(size=5), "s/b": clips, "c": np.full((2, 5), np.nan)})
    given = GivenFeatures(tmp_path / "videomae.npz")
    features = features_of(given, examples_of(["s/b", "a", "c"]), tmp_path)
    kept = np.delete(clips, 3, axis=0)
    np.testing.assert_allclose(features.x[0], np.concatenate([kept.mean(axis=0), kept.std(axis=0)]))
    assert features.names[:2] == ("videomae 0 mean", "videomae 1 mean")
    assert features.names[5] == "videomae 0 sd"
    assert (features.x[1, 5:] == 0).all()
    assert np.isnan(features.x[2]).all()
    np.testing.assert_allclose(features.coverage, [6 / 7, 1, 0])
    assert features.exposure_s.tolist() == [6, 1, 0]


def test_two_arrays_name_their_rows(tmp_path):
    x = np.arange(12.0).reshape(4, 3)
    np.savez(tmp_path / "f.npz", names=np.array(["b", "a", "b", "c"]), features=x)
    features = features_of(GivenFeatures(tmp_path / "f.npz", "MARLIN"), examples_of(["a", "b"]), tmp_path)
    np.testing.assert_allclose(features.x[:, :3], [x[1], (x[0] + x[2]) / 2])
    assert features.names[0] == "MARLIN 0 mean"
    single = features_of(GivenFeatures(tmp_path / "f.npz"), examples_of(["c"]), tmp_path)
    assert single.x.shape == (1, 3)


def test_parts_of_recordings_go_by_their_own_names(tmp_path):
    np.savez(tmp_path / "f.npz", **{"a": np.zeros(2), "a:0": np.ones(2)})
    given = GivenFeatures(tmp_path / "f.npz")
    window = {"onset_s": np.array([1.0]), "offset_s": np.array([np.inf])}
    assert features_of(given, examples_of(["a"], **window), tmp_path).x.tolist() == [[1, 1]]
    np.savez(tmp_path / "f.npz", a=np.zeros(2))
    whole = {"onset_s": np.array([-np.inf]), "offset_s": np.array([np.inf])}
    assert features_of(given, examples_of(["a"], **whole), tmp_path).x.tolist() == [[0, 0]]
    for part in (window, {"picture": np.array([0])}, {"face": np.array([1])}):
        with pytest.raises(TableError, match="holds no features of a:0"):
            features_of(given, examples_of(["a"], **part), tmp_path)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": np.zeros(2)}, "holds no features of b"),
        ({"a": np.zeros(2), "b": np.zeros(3)}, "holds 3 features of b and 2 of others"),
        ({"a": np.zeros(2), "b": np.zeros((2, 2, 2))}, r"array of b is float64 of shape \(2, 2, 2\)"),
        ({"a": np.zeros(2), "b": np.zeros((0, 2))}, "shape"),
        ({"a": np.zeros(2), "b": np.array(["x", "y"])}, "not numbers"),
        ({"a": np.zeros(2), "b": np.array([None, 1])}, "cannot be read as npz"),
        ({"names": np.array(["a"]), "features": np.zeros((2, 2))}, "do not fit"),
        ({"names": np.array([1, 2]), "features": np.zeros((2, 2))}, "do not fit"),
    ],
)
def test_one_line_says_what_is_wrong(tmp_path, arrays, words):
    np.savez(tmp_path / "f.npz", **arrays)
    with pytest.raises(TableError, match=words) as caught:
        features_of(GivenFeatures(tmp_path / "f.npz"), examples_of(["a", "b"]), tmp_path)
    assert "f.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_npz(tmp_path):
    path = tmp_path / "f.npz"
    given = GivenFeatures(path)
    with pytest.raises(TableError, match="no such file"):
        features_of(given, examples_of(["a"]), tmp_path)
    np.savez(path, a=np.random.default_rng(0).normal(size=(40, 40)))
    whole = path.read_bytes()
    for damaged in (b"", b"rubbish", whole[:-60], whole[:60] + bytes(200) + whole[260:]):
        path.write_bytes(damaged)
        with pytest.raises(TableError, match="cannot be read as npz"):
            features_of(given, examples_of(["a"]), tmp_path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(TableError, match="single array"):
        features_of(given, examples_of(["a"]), tmp_path)
