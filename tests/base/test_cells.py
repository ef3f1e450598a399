"""CSV as people have it: whatever a spreadsheet, R or a Mac has done to a table, it is read as the plain one."""

from __future__ import annotations

import csv
import gzip
import io
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.cells import Cells
from dfe.base.columns import read_columns
from dfe.base.errors import DfeError, TableError
from dfe.base.label_table import read_label_table
from dfe.base.recording_names import plain_path

HEAD = ["recording", "größe", "dose"]
ROWS = [["C:\\clips\\a.mp4", "groß", "1.5"], ["b", "klein, sehr", "2"], ["c", 'er sagte "ja"', "-0.25"]]
PLAIN = [dict(zip(HEAD, row, strict=True)) for row in ROWS]


def text(head=HEAD, rows=ROWS, *, sign=",", comma=False, end="\n", quoting=csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=sign, lineterminator=end, quoting=quoting)
    writer.writerow(head)
    writer.writerows([[cell.replace(".", ",") if comma and i == 2 else cell for i, cell in enumerate(r)] for r in rows])
    return out.getvalue()


def written(folder, content, encoding="utf-8"):
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


VARIANTS = {
    "plain": (text(), "utf-8"),
    "byte order mark": (text(), "utf-8-sig"),
    "semicolons and commas": (text(sign=";", comma=True), "utf-8"),
    "tabs": (text(sign="\t"), "utf-8"),
    "cp1252": (text(sign=";"), "cp1252"),
    "latin-1": (text(), "latin-1"),
    "UTF-16 as Excel writes it": (text(sign="\t", end="\r\n"), "utf-16"),
    "UTF-16 without a mark": (text(sign="\t"), "utf-16-le"),
    "UTF-16 the other way": (text(), "utf-16-be"),
    "UTF-32": (text(), "utf-32"),
    "sep line": ("sep=;\n" + text(sign=";", comma=True), "utf-8"),
    "sep line of a comma": ("sep=,\r\n" + text(end="\r\n"), "utf-8-sig"),
    "sep line in quotes": ('"sep=;"\n' + text(sign=";"), "cp1252"),
    "all quoted": (text(quoting=csv.QUOTE_ALL), "utf-8"),
    "all quoted, decimal commas": (text(quoting=csv.QUOTE_ALL, comma=True), "utf-8"),
    "taken apart by a Mac": (unicodedata.normalize("NFD", text()), "utf-8"),
    "old Mac's line ends": (text(end="\r"), "utf-8"),
    "empty lines": ("\n\n" + text(end="\n\n") + "\n\n", "utf-8"),
    "rows of commas alone": (text(rows=[*ROWS, ["", "", ""], ["", "", ""]]), "utf-8"),
    "cells that a spreadsheet touched": (text([*HEAD, "", ""], [[*row, "", ""] for row in ROWS]), "utf-8"),
    "longer rows": (text(HEAD, [[*row, "", ""] for row in ROWS]), "utf-8"),
    "R's row names": (text(["", *HEAD], [[str(i), *row] for i, row in enumerate(ROWS, 1)]), "utf-8"),
    "R's write.table": (
        text(HEAD, ROWS[:0], quoting=csv.QUOTE_ALL)
        + text(["1", *ROWS[0]], [[str(i), *row] for i, row in enumerate(ROWS[1:], 2)], quoting=csv.QUOTE_ALL),
        "utf-8",
    ),
    "R's names": (text([f"X.{name}" for name in HEAD]), "utf-8"),
    "blanks": (text([f" {name}\u00a0" for name in HEAD], [[f" {cell} " for cell in row] for row in ROWS]), "utf-8"),
}


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("name", VARIANTS)
def test_all_are_read_as_the_plain_one(tmp_path, name, zipped):
    content, encoding = VARIANTS[name]
    data = content.encode(encoding)
    path = written(tmp_path, gzip.compress(data) if zipped else data)
    table = read_label_table(path)
    assert table.names == tuple(HEAD)
    assert [{**row.cells, "dose": row.cells["dose"].replace(",", ".")} for row in table.rows] == PLAIN
    assert read_columns(path, numbers=["dose"], words=["recording"]).numbers.ravel().tolist() == [1.5, 2, -0.25]


def test_what_was_guessed_is_said(tmp_path):
    assert "Windows-1252" in read_label_table(written(tmp_path, text(), "cp1252")).notes[0]
    assert "X." in read_label_table(written(tmp_path, text([f"X.{n}" for n in HEAD]))).notes[0]
    assert read_label_table(written(tmp_path, text())).notes == ()


def test_names_that_begin_with_x_by_themselves_stay(tmp_path):
    assert Cells(written(tmp_path, "X.a,b,c,d\n1,2,3,4\n")).header == ("X.a", "b", "c", "d")
    assert Cells(written(tmp_path, "X.a,X.b,X.c,a\n1,2,3,4\n")).header == ("X.a", "X.b", "X.c", "a")


def test_text_after_a_long_stretch_of_ascii(tmp_path):
    rows = "\n".join(f"a{i},1" for i in range(300_000))
    path = written(tmp_path, f"name,n\n{rows}\nMüller,2\n".encode("cp1252"))
    columns = read_columns(path, numbers=["n"], words=["name"])
    assert columns.words["name"][-1] == "Müller"
    assert len(columns) == 300_001


def test_a_cell_that_is_not_closed_swallows_no_rows(tmp_path):
    with pytest.raises(TableError, match="is no CSV"):
        read_label_table(written(tmp_path, 'a,b\n1,"x\n2,y\n3,z\n'))


def test_lines_are_those_of_an_editor(tmp_path):
    path = written(tmp_path, 'sep=;\n\na;b\n1;"x\ny"\n\n2;z\n')
    assert [row.line for row in read_label_table(path).rows] == [5, 7]
    with pytest.raises(TableError, match=r"t\.csv, line 4: has 3 cells"):
        read_label_table(written(tmp_path, "sep=;\n\na;b\n1;2;3\n"))


def test_rows_that_are_empty_stay_frames_where_nothing_else_says_which_is_which(tmp_path):
    path = written(tmp_path, "a,b\n1,2\n,\n3,4\n,\n,\n")
    assert read_columns(path, numbers=["a", "b"]).numbers[:, 0].tolist()[::2] == [1, 3]
    columns = read_columns(path, numbers=["b"], exact=["a"])
    assert columns.exact["a"].tolist() == [1, 3]
    assert columns.where(1) == f"{path}, row 4"
    assert "3 empty rows" in columns.notes[0]


@pytest.mark.parametrize(
    ("name", "plain"),
    [("C:\\Daten\\ä.mp4", "C:/Daten/ä.mp4"), ("./a/b", "a/b"), (unicodedata.normalize("NFD", "ä"), "ä")],
)
def test_paths(name, plain):
    assert plain_path(name) == plain


word = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), max_size=8)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(word.filter(str.strip), word, st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=6),
    sign=st.sampled_from(",;\t"),
    comma=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)
def test_any_words_come_back_from_any_layout(tmp_path, rows, sign, comma, encoding, end):
    from dfe.base.csv_text import csv_text

    shown = [(a, b, repr(c).replace(".", ",") if comma else repr(c)) for a, b, c in rows]
    path = written(tmp_path, csv_text(["a", "b", "c"], shown, delimiter=sign, end=end), encoding)
    table = read_label_table(path)
    plain = [unicodedata.normalize("NFC", cell.strip("\u00a0 ")) for row in rows for cell in row[:2]]
    assert [row.cells[name] for row in table.rows for name in "ab"] == plain
    assert read_columns(path, numbers=["c"], words=["a"]).numbers.ravel().tolist() == [row[2] for row in rows]


@pytest.mark.parametrize("sign", ["\u00e4", "a", "1", "'", ".", "\x01", "\u20ac"])
def test_a_sep_line_that_names_no_divider_is_refused(tmp_path, sign):
    path = written(tmp_path, f"sep={sign}\na{sign}b\n1{sign}2\n", "utf-8")
    with pytest.raises(TableError, match="sep= line"):
        read_label_table(path)


PIECES = [b",", b";", b"\n", b'"', b"\r", b"sep=", b"\x80", b"\xff", b"X.", b"'=", b"1,5", b"a", b"\0", b"\xfe\xff"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_anything_is_a_table_or_an_error_of_ours(tmp_path, data):
    path = written(tmp_path, data)
    said = None
    try:
        table = read_label_table(path)
        read_columns(path, numbers=[], words=list(table.names))
    except DfeError as error:
        said = str(error)
    assert said is None or (str(path) in said and "\n" not in said)
