"""Where faces are looked at in the mirror image too."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.encoding.run import encode
from dfe.recording.recording import Recording


@pytest.mark.parametrize(
    ("words", "picture", "video"),
    [
        ([], True, False),
        (["--both-ways", "stills"], True, False),
        (["--both-ways", "always"], True, True),
        (["--both-ways", "never"], False, False),
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
        words = ["--end", "0.3", "--landmarks", "--both-ways", ways]
        assert dfe("encode", "--tokenizer", "none", carphone, "-o", tmp_path / ways, *words).code == 0
    once, both = (Recording.read(tmp_path / ways / "carphone_pristine.parquet") for ways in ("stills", "always"))
    moved = np.linalg.norm((once.landmarks() - both.landmarks())[..., :2], axis=-1) / once.boxes[:, 2:3]
    assert 0 < moved.mean() < 0.03


def test_another_word_for_both_ways_is_refused(dfe, astronaut, tmp_path):
    ran = dfe("encode", "--tokenizer", "none", astronaut, "-o", tmp_path / "out", "--both-ways", "sometimes")
    assert ran.code == 2
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match="--both-ways is stills, always, never, not 'sometimes'"):
        encode(astronaut, both_ways="sometimes")
