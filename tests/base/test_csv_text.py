"""Tables that no spreadsheet runs anything in, and text that does nothing to a terminal."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dfe.base.arrow_csv import without_marks, write_arrow_csv
from dfe.base.csv_text import csv_text, plain_cell, safe_cell
from dfe.base.errors import DfeError
from dfe.base.label_table import read_label_table
from dfe.base.printable import printable

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-", "＝1", "'=1", "''=x"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_formulas_are_neutralised_and_come_back(cell):
    safe = safe_cell(cell)
    assert isinstance(safe, str)
    assert safe.startswith("'")
    assert plain_cell(safe) == cell


@pytest.mark.parametrize("cell", ["-1.5", "+3", "-1e-5", "-inf", "a=b", "", "'quoted'", "'s Gravenhage", 3, -2.5, None])
def test_all_else_stays(cell):
    assert safe_cell(cell) == cell
    if isinstance(cell, str):
        assert plain_cell(cell) == cell


@given(st.text())
def test_every_cell_comes_back(cell):
    assert plain_cell(str(safe_cell(cell))) == cell


def test_what_is_written_is_read_back(tmp_path):
    text = csv_text(["=head", "b"], [[cell, "x"] for cell in FORMULAS])
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r") for row in rows for cell in row)
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    table = read_label_table(path)
    assert table.names == ("=head", "b")
    known = [cell for cell in FORMULAS if "\r" not in cell]
    assert [row.cells["=head"] for row in table.rows if "\n" not in row.cells["=head"]] == known


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\0")) | st.sampled_from(FORMULAS[:4]), min_size=1
    )
)
@example(words=["-nan", "-inf", "+1", "-\u0661"])
def test_arrow_writes_and_reads_the_same(words):
    sink = io.BytesIO()
    write_arrow_csv(pa.table({"a": words, "n": [1.5] * len(words)}), sink)
    options = pa_csv.ConvertOptions(column_types={"a": pa.string()}, null_values=[], strings_can_be_null=False)
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    read = pa_csv.read_csv(io.BytesIO(sink.getvalue()), parse_options=parse, convert_options=options)
    assert without_marks(read).column("a").to_pylist() == words
    assert [safe_cell(word) for word in words] == read.column("a").to_pylist()


def test_nothing_moves_the_cursor():
    name = "a\x1b[31m\x07\x9b2J\u202egpj.\u200b\udcff\n\tb"
    shown = printable(name)
    assert shown == "a\\x1b[31m\\x07\\x9b2J\\u202egpj.\\u200b\\xff b"
    assert str(DfeError("is odd", where=name)) == f"{shown}: is odd"
    shown.encode()
