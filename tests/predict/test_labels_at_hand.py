"""Tables of labels name recordings by the rule of all tables."""

from dataclasses import replace

import pytest

import made_prediction as made
from dfe.base.errors import TableError
from dfe.predict.selection import as_at_hand


def test_labels_find_their_recordings_in_folders(tmp_path):
    examples, _ = made.study(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "k7.parquet").rename(tmp_path / "deep" / "k7.parquet")
    named = ["none" if name == "k0" else name for name in examples.recording]
    found = as_at_hand(replace(examples, recording=tuple(named)), tmp_path, tmp_path / "labels.csv")
    assert found.recording == tuple("deep/k7" if name == "k7" else name for name in named)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "k7.parquet").touch()
    with pytest.raises(TableError, match=r"labels\.csv: k7 may be deep/k7, other/k7; name the folder, too"):
        as_at_hand(examples, tmp_path, tmp_path / "labels.csv")
    twice = replace(examples, recording=("deep/k7", "x/deep/k7", *["none"] * (len(examples) - 2)))
    with pytest.raises(TableError, match=r"labels\.csv: deep/k7 and x/deep/k7 are both deep/k7; name it one way"):
        as_at_hand(twice, tmp_path, tmp_path / "labels.csv")
