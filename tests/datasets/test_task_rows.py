"""Label files: found, read in every dialect, and refused in one line that names file and row."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.base.errors import TableError
from dfe.datasets.naming import by_stem, names_of
from dfe.datasets.rows import Once, Row, find_file, optional_file, read_rows


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_dialects_give_the_same_rows(tmp_path: Path, sign: str, mark: str, ending: str) -> None:
    lines = [["Key", " Score "], ["a", " 1.5"], ["", ""], ["b", "NaN"]]
    text = mark + ending.join(sign.join(cells) for cells in lines) + ending
    (tmp_path / "t.csv").write_bytes(text.encode())
    rows = list(read_rows(tmp_path / "t.csv", ("key",), ("points", "score")))
    assert [row.word("KEY") for row in rows] == ["a", "b"]
    assert rows[0].number("Score") == 1.5
    assert math.isnan(rows[1].number("points", "score"))
    assert rows[1].where.endswith("t.csv, row 4")


def test_a_missing_column_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match=r"t\.csv: has no column label; it has a, b"):
        list(read_rows(path, ("label",)))


@pytest.mark.parametrize(
    ("cell", "expected"), [("0", "no"), ("1.0", "yes"), (" 1 ", "yes"), ("", ""), ("nan", ""), ("NA", ""), ("8", "")]
)
def test_classes_by_number(cell: str, expected: str) -> None:
    assert Row("here", {"x": cell}).class_of(("no", "yes"), "x", unknown=(8,)) == expected


@pytest.mark.parametrize("cell", ["2", "-1", "0.5", "yes", "inf", "1_0"])
def test_numbers_that_are_no_class_are_refused(cell: str) -> None:
    with pytest.raises(TableError, match=r"^labels, row 3: "):
        Row("labels, row 3", {"x": cell}).class_of(("no", "yes"), "x")


@given(st.lists(st.text("abc", min_size=1, max_size=2), max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_key_comes_once(keys: list[str]) -> None:
    once = Once()
    for place, key in enumerate(keys):
        if key in keys[:place]:
            with pytest.raises(TableError, match=rf"row {place}: {key} is there already, in row {keys.index(key)}"):
                once.add(key, f"t.csv, row {place}")
            return
        once.add(key, f"t.csv, row {place}")


def test_files_are_found_where_archives_unpack_to(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "Labels.CSV").write_text("x")
    assert find_file(tmp_path, "labels.csv") == tmp_path / "a" / "b" / "Labels.CSV"
    (tmp_path / "labels.csv").write_text("x")
    assert find_file(tmp_path, "labels.csv") == tmp_path / "labels.csv"
    assert optional_file(tmp_path, "other.csv") is None
    with pytest.raises(TableError, match=r"other\.csv: is not there"):
        find_file(tmp_path, "other.csv")
    with pytest.raises(TableError, match="no such folder"):
        find_file(tmp_path / "absent", "labels.csv")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "labels.csv").write_text("x")
    with pytest.raises(TableError, match=r"one.labels\.csv: is there twice, here and in two/labels\.csv"):
        find_file(tmp_path, "labels.csv")


def test_pictures_are_numbered_as_people_count(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for number in (2, 10, 1, 33):
        (tmp_path / "x" / f"{number}.jpg").write_bytes(b"")
    names = names_of(tmp_path, (tmp_path,))
    assert {path: named.picture for path, named in names.items()} == {
        "x/1.jpg": 0,
        "x/2.jpg": 1,
        "x/10.jpg": 2,
        "x/33.jpg": 3,
    }
    assert {named.recording for named in names.values()} == {"x"}


def test_a_video_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "clip.mp4").write_bytes(b"")
    with pytest.raises(TableError, match=r"b/clip\.mp4: the same video is there twice, the other is a/clip\.mp4"):
        by_stem(names_of(tmp_path, (tmp_path,)))
