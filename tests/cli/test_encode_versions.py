"""Which version of the space is measured, and where faces are looked at in the mirror image too."""

from __future__ import annotations

import numpy as np
import pytest

import dfe as package
from dfe.base.errors import UsageError
from dfe.recording.recording import Recording
from dfe.space.arkit import SPACE_VERSION
from dfe.space.registry import load_space


def measured_in(recording: Recording) -> tuple[int, object]:
    """Version of the space by the table and by the front end."""
    assert recording.provenance.space.hash == load_space(version=recording.provenance.space.version).hash
    return recording.provenance.space.version, recording.provenance.frontend["space_version"]


@pytest.mark.parametrize(("name", "version"), [("dfe-face41@1", 1), ("default", None)])
def test_the_tokenizer_says_which_version_is_measured(dfe, astronaut, carphone, tmp_path, name, version):
    ran = dfe("encode", astronaut, carphone, "-o", tmp_path, "--tokenizer", name, "--end", "0.3", "--report")
    assert ran.code == 0, ran.err
    tokenizer = package.load_tokenizer(name)
    version = version or tokenizer.space.version
    for file in ("astronaut.parquet", "carphone_pristine.parquet"):
        recording = Recording.read(tmp_path / file)
        assert measured_in(recording) == (version, version)
        assert recording.tokenizer_id == tokenizer.id
        np.testing.assert_array_equal(recording.tokens(), tokenizer.encode(recording.expressions()))
        assert (recording.tokens()[:, 0] > 0).any()


def test_version_1_is_what_the_network_says(dfe, astronaut, tmp_path):
    ran = dfe("encode", astronaut, "-o", tmp_path, "--tokenizer", "dfe-face41@1", "--landmarks")
    assert ran.code == 0, ran.err
    recording = Recording.read(tmp_path / "astronaut.parquet")
    sigmoids = 1 / (1 + np.exp(-recording.logits().astype(np.float64)))
    for column in ("exp_mouthSmileLeft", "exp_browDownRight", "exp_jawOpen"):
        index = ["_neutral", *load_space("arkit51", 1).names].index(column.removeprefix("exp_"))
        np.testing.assert_allclose(recording.column(column), sigmoids[:, index], atol=1e-6)


def test_without_a_tokenizer_it_measures_the_newest_version_unless_another_is_named(dfe, astronaut, tmp_path):
    for folder, words in {"newest": [], "1": ["--space-version", "1"], "2": ["--space-version", "2"]}.items():
        ran = dfe("encode", "--tokenizer", "none", astronaut, "-o", tmp_path / folder, *words)
        assert ran.code == 0, ran.err
    newest, first, second = (Recording.read(tmp_path / name / "astronaut.parquet") for name in ("newest", "1", "2"))
    assert measured_in(newest) == (SPACE_VERSION, SPACE_VERSION)
    assert measured_in(first) == (1, 1)
    assert measured_in(second) == (2, 2)
    assert newest.table.equals(second.table)
    assert np.abs(first.expressions() - second.expressions()).max() > 0.05


def test_a_tokenizer_of_another_version_is_refused_before_the_work(dfe, astronaut, tmp_path, monkeypatch):
    monkeypatch.setattr("dfe.encoding.run.observe", lambda *_: pytest.fail("the work was begun"))
    words = ["--tokenizer", "dfe-face41@1", "--space-version", "2"]
    ran = dfe("encode", astronaut, "-o", tmp_path / "out", *words)
    assert ran.code == 1
    assert "codes space arkit51/face41 version 1, and the faces are in arkit51/face41 version 2" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("version", [0, 3])
def test_a_version_that_does_not_exist(dfe, astronaut, tmp_path, version):
    ran = dfe("encode", astronaut, "-o", tmp_path / "out", "--space-version", version)
    assert ran.code == 2
    assert ran.err == f"dfe: --space-version is 1 or 2, not {version}\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "picture", "video"),
    [
        ([], True, False),
        (["--both-ways", "stills"], True, False),
        (["--both-ways", "always"], True, True),
        (["--both-ways", "never"], False, False),
        (["--space-version", 1], False, False),
        (["--space-version", 1, "--both-ways", "always"], True, True),
    ],
)
def test_where_faces_are_looked_at_both_ways(dfe, astronaut, carphone, tmp_path, words, picture, video):
    ran = dfe("encode", "--tokenizer", "none", astronaut, carphone, "-o", tmp_path, "--end", "0.1", *words)
    assert ran.code == 0, ran.err
    for file, both_ways in (("astronaut.parquet", picture), ("carphone_pristine.parquet", video)):
        recording = Recording.read(tmp_path / file)
        assert recording.provenance.frontend["both_ways"] is both_ways
        assert recording.success.all()


def test_a_second_look_moves_the_landmarks_a_little(dfe, carphone, tmp_path):
    for ways in ("stills", "always"):
        assert (
            dfe(
                "encode",
                "--tokenizer",
                "none",
                carphone,
                "-o",
                tmp_path / ways,
                "--end",
                "0.3",
                "--landmarks",
                "--both-ways",
                ways,
            ).code
            == 0
        )
    once, both = (Recording.read(tmp_path / ways / "carphone_pristine.parquet") for ways in ("stills", "always"))
    moved = np.linalg.norm((once.landmarks() - both.landmarks())[..., :2], axis=-1) / once.boxes[:, 2:3]
    assert 0 < moved.mean() < 0.03


def test_another_word_for_both_ways_is_refused(dfe, astronaut, tmp_path):
    ran = dfe("encode", "--tokenizer", "none", astronaut, "-o", tmp_path / "out", "--both-ways", "sometimes")
    assert ran.code == 2
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="--both-ways is stills, always, never, not 'sometimes'"):
        package.encode(astronaut, both_ways="sometimes")
