"""Which sources are gone: what is missed beside others, and not what is on a disk that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfe.encoding.row import Row
from dfe.encoding.whereabouts import Whereabouts, are_away, source_of
from dfe.media.inputs import Source


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for name in ("disk/s1/here.mp4", "disk/s2/here.mp4", "out/x"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "mount").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("../disk/s1/here.mp4", False),
        ("../disk/s1/renamed.mp4", True),
        ("../disk/s9/film.mp4", True),
        ("../mount/film.mp4", False),
        ("../mount/s1/film.mp4", False),
        ("../nothing/film.mp4", True),
        ("paaaaaaaaaaaa/pbbbbbbbbbbbb", False),
        ("../disk/s1/w\\xff.mp4", False),
    ],
    ids=["there", "file", "folder", "empty", "empty with folders", "beside others", "pseudonym", "no text"],
)
def test_what_is_gone(out, name, gone):
    rows = [Row("../disk/s1/here.mp4"), Row("../disk/s2/here.mp4"), Row(name)]
    assert Whereabouts(out, rows).is_gone(rows[-1]) == gone


def test_nothing_is_gone_where_no_other_is_found(out):
    rows = [Row("../elsewhere/s1/film.mp4"), Row("../elsewhere/s2/film.mp4")]
    assert not any(map(Whereabouts(out, rows).is_gone, rows))


def test_where_a_source_is_by_its_row(out):
    assert source_of(Row("../disk/s1/here.mp4"), out) == out / "../disk/s1/here.mp4"
    assert source_of(Row("../psychotherapy/a.mp4"), out) == out / "../psychotherapy/a.mp4"
    assert source_of(Row("paaaaaaaaaaaa"), out) is None


def test_many_are_away_together(out, tmp_path):
    away = [Source(str(at), "video", (tmp_path / f"{at}.mp4",)) for at in range(30)]
    here = Source("here", "video", (tmp_path / "disk" / "s1" / "here.mp4",))
    assert are_away(away)
    assert not are_away(away[:9])
    assert not are_away([here, *away])
