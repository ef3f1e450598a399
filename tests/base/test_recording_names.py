"""Which recording a name in a table means: by folders where they are given, and never one of several."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.errors import TableError
from dfe.base.recording_names import RecordingNames, plain_recording

HERE = RecordingNames(["a", "s1/film", "s2/film", "deep/er/c.2"])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("a", "a"),
        ("D:\\study\\s1\\film.mp4", "s1/film"),
        ("s2/film.parquet", "s2/film"),
        ("c.2.mov", "deep/er/c.2"),
        ("er/c.2", "deep/er/c.2"),
        ("./videos/a.csv.gz", "a"),
        ("s3/film", None),
        ("other/er2/c.2", None),
        ("c", None),
        ("", None),
    ],
)
def test_folders_that_are_given_count(name, meant):
    assert HERE.meant(name, "t.csv, line 2") == meant


def test_what_may_mean_several_is_refused():
    with pytest.raises(TableError, match=r"t\.csv, line 2: film\.mp4 may be s1/film, s2/film; name the folder, too"):
        HERE.meant("film.mp4", "t.csv, line 2")
    with pytest.raises(TableError, match=r"line 3: a may be s1/a\.mp4 and s2/a\.mp4; name the folder above both"):
        HERE.all_meant([("s1/a.mp4", "line 2"), ("s2/a.mp4", "line 3")])
    assert RecordingNames(["film", "s1/film"]).all_meant([("film", ""), ("s1/film", "")]) == ["film", "s1/film"]


def test_a_name_that_means_none_is_refused_with_what_is_at_hand():
    with pytest.raises(TableError, match=r"no recording 's3/film' in out, but s1/film, s2/film, a, \.\.\. at hand"):
        HERE.all_found([("a", "line 2"), ("s3/film", "line 3")], "out")


@given(
    st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map("/".join), unique=True, max_size=6),
    st.lists(st.sampled_from("ab"), min_size=1, max_size=4),
)
def test_meaning_is_that_of_a_search_through_all_names(known, parts):
    def alike(one: str) -> bool:
        other = one.split("/")
        shorter = min(len(parts), len(other))
        return parts[-shorter:] == other[-shorter:]

    name = "/".join(parts)
    near = [name] if name in known else [one for one in known if alike(one)]
    if len(near) > 1:
        with pytest.raises(TableError, match="may be"):
            RecordingNames(known).meant(name, "line 2")
    else:
        assert [RecordingNames(known).meant(f"{name}.mp4", "line 2")] == (near or [None])


def test_suffixes_of_all_that_is_encoded_are_left_out():
    names = ["x.mp4", "x.MOV", "x.jpeg", "x.npz", "x.parquet", "x.tsv.gz", "x"]
    assert all(plain_recording(one) == plain_recording(other) for one, other in pairwise(names))
    assert [plain_recording(name) for name in ("x.2", "x.gz", "a.mp4/x")] == ["x.2", "x.gz", "a.mp4/x"]
