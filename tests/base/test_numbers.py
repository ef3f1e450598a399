"""Numbers in cells, and what a column holds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.column_kind import column_kind
from dfe.base.errors import TableError
from dfe.base.numbers import decimal_mark, is_missing, looks_like_date, number, seconds


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1.5", "either", 1.5), ("1,5", "either", 1.5), ("1,5", "point", 1.5), ("1.5", "comma", 1.5),
        (" 2 ", "either", 2),
        ("0,033", "either", 0.033), ("1,234", "comma", 1.234), ("1.234", "point", 1.234), ("1.234", "either", 1.234),
        ("-,5", "either", -0.5), ("1,5e-3", "comma", 0.0015), ("'7'", "either", 7), ("1234,567", "point", 1234.567),
    ],
)  # fmt: skip
def test_decimal_marks(cell, decimal, value):
    assert number(cell, "t.csv", decimal) == value


@pytest.mark.parametrize(
    ("cell", "decimal", "says"),
    [
        ("1,234", "either", "may be 1234 or 1.234"), ("1,234", "point", "may be 1234 or 1.234"),
        ("1.234", "comma", "may be 1234 or 1.234"), ("1.234,5", "comma", "is no number"),
        ("1,234.5", "point", "is no number"), ("1,234,567", "either", "may be 1234567"),
        ("inf", "either", "is no number"),
        ("1_0", "either", "is no number"), ("0x10", "either", "is no number"), ("1e999", "either", "is no number"),
        ("01.05.2024", "comma", "date"), ("5-May", "either", "date"), ("Mai 05", "either", "date"),
        ("2024-05-01", "either", "date"), ("1. Feb", "either", "date"),
    ],
)  # fmt: skip
def test_what_is_no_number_or_two(cell, decimal, says):
    with pytest.raises(TableError, match=rf"t\.csv, line 3: .*{says}"):
        number(cell, "t.csv, line 3", decimal)


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "NULL", "#N/A", ".", "-nan(ind)", "None"])
def test_missing(cell):
    assert math.isnan(number(cell, ""))
    assert math.isnan(seconds(cell, "onset", math.nan, ""))


def test_none_is_a_word_that_people_mean():
    assert not is_missing("none")
    assert is_missing("None")
    assert is_missing("na")


def test_which_mark_a_table_uses():
    assert decimal_mark(["1,5", "2", "x, y"], ";") == "comma"
    assert decimal_mark(["1.5", "2"], ";") == "point"
    assert decimal_mark(["1,234"], ";") == "comma"
    assert decimal_mark(["1,234"], ",") == "either"
    assert decimal_mark(["1,5", "2.5"], ";") == "either"
    assert decimal_mark(["1,234", "2.5"], ";") == "point"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_back(value):
    assert number(repr(value), "") == value
    shown = repr(value).replace(".", ",")
    assert number(shown, "", "comma") == value


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        ("12:30", True),
        ("1.2.24", True),
        ("10-2", False),
        ("Bern", False),
        ("s1", False),
        ("may be", False),
        ("3", False),
    ],
)
def test_dates(text, is_date):
    assert looks_like_date(text) == is_date


def cells(*words):
    return list(enumerate(words, start=2))


def test_a_columns_kind_is_said():
    assert (
        str(column_kind("dose", cells("1,5", "2", "", "NA"), "t.csv")) == "dose: numbers, 2 values (1.5 to 2), 2 empty"
    )
    assert str(column_kind("site", cells("A", "B", "A"), "t.csv")) == "site: words, 3 values (A, B)"
    assert column_kind("site", cells("1", "2"), "t.csv", words=True).kind == "words"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("1", "2", "two", "3"), "line 4: 'two' is a word in column dose of 3 numbers"),
        (("a", "b", "c", "3"), "line 5: '3' is a number in column dose of 3 words"),
        (("1.5.80", "2.6.91"), "line 2: column dose holds dates"),
        (("1", "2", "03.05.2024"), "line 4: '03.05.2024' is a word"),
    ],
)
def test_a_stray_cell_is_named_with_its_line(words, says):
    with pytest.raises(TableError, match=says) as caught:
        column_kind("dose", cells(*words), "t.csv")
    assert "--categories dose" in str(caught.value)
    assert column_kind("dose", cells(*words), "t.csv", words=True).kind == "words"
