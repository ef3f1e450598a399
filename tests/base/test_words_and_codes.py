"""Words that are one to a person and two to a program, and numbers that stand for a missing one."""

from __future__ import annotations

import pytest

from dfe.base.alike import alike_key, refuse_alike
from dfe.base.column_kind import column_kind
from dfe.base.errors import TableError
from dfe.base.label_table import read_label_table
from dfe.base.missing_codes import doubtful_codes, is_code


@pytest.mark.parametrize(
    "words",
    [
        ("007", "7", "7.0", "07,0", " 7 "),
        ("F", "f"),
        ("P01", "p1", "P 01", "p-1", "P_001"),
        ("sub-01 a", "Sub_1  A"),
        ("Straße", "STRASSE"),
        ("Ｍüller", "Mu\u0308ller"),
    ],
)
def test_words_that_are_one_have_one_key(words):
    assert len({alike_key(word) for word in words}) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("1", "10", "100"),
        ("1", "1,000"),
        ("1.1", "1.10"),
        ("0.5", "0.05", "5"),
        ("1-1", "11"),
        ("-1", "0", "1"),
        ("week -1", "week 0", "week 1"),
        ("2024-01-05", "2024-10-05"),
        ("a1b", "a10b"),
    ],
)
def test_words_that_are_several_stay_several(words):
    assert len({alike_key(word) for word in words}) == len(words)


def test_both_lines_are_named():
    with pytest.raises(TableError, match=r"^t\.csv, line 4: column sex has 'F' here and 'f' on line 2"):
        refuse_alike("sex", [(2, "f"), (3, "f"), (4, "F"), (5, "m")], "t.csv")


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([23, 41, 57, 999], (999,)),
        ([0, 63, 12, -9], (-9,)),
        ([0, 1, 99], (99,)),
        ([1, 2, 3, 4, 5, -99, -98], (-99, -98)),
        ([23, 41, -99, 57, 999], (999, -99)),
        ([20, 85, 99], ()),
        ([97, 98, 99], ()),
        ([500, 900, 999], ()),
        ([-12, -9, -3, 4], ()),
        ([0, 999], ()),
        ([1, 2, 3], ()),
    ],
)
def test_numbers_away_from_all_others_are_codes(values, codes):
    assert doubtful_codes([float(value) for value in values]) == codes


def test_codes_are_words_or_numbers():
    assert all(is_code(cell, ("999", "k.A.")) for cell in ("999", "999.0", "999,0", "K.A. "))
    assert not any(is_code(cell, ("999", "k.A.")) for cell in ("99", "9990", "", "a"))


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["34", "51", "999"], "line 4: '999' in column age may stand for a missing number: the others are 34 to 51"),
        (["34 years", "51 years", "18 Years"], "line 2: column age holds numbers with words or signs beside them"),
        (["85%", "90%", "7,5 %"], "as in '85%'; write the numbers alone, or say --categories age"),
        (["m", "#REF!", "f"], "line 3: '#REF!' is a spreadsheet's word for a formula that failed"),
        (["1", "#DIV/0!", "2"], "line 3: '#DIV/0!' is a spreadsheet's word"),
        (["m", "w", "M"], "line 4: column age has 'M' here and 'm' on line 2"),
    ],
)
def test_a_column_that_seems_to_be_something_else_is_refused(cells, says):
    with pytest.raises(TableError, match=r"^t\.csv") as error:
        column_kind("age", list(enumerate(cells, start=2)), "t.csv")
    assert says in str(error.value)


@pytest.mark.parametrize("nothing", ["#NULL!", "#NV", "#N/D", "n.a.", "k.A."])
def test_what_says_that_nothing_is_known_is_no_category(nothing):
    for cells in (["m", nothing, "f"], ["1", nothing, "2"]):
        found = column_kind("x", list(enumerate(cells)), "t.csv")
        assert (found.values, found.empty) == (2, 1)


def test_a_code_that_is_said_lets_no_other_pass():
    cells = [(2, "34"), (3, "51"), (4, "-99")]  # 999 was taken out
    says = r"line 4: '-99' in column age may .*; say --missing 999 -99 if it does, --missing 999 none if it is a true"
    with pytest.raises(TableError, match=says):
        column_kind("age", cells, "t.csv", codes=("999",))
    assert column_kind("age", cells, "t.csv", codes=("999", "none")).shown == "-99 to 51"
    both = [*cells, (5, "999")]
    says = (
        r"line 5: '999' in column age may stand for a missing number \(and -99 too\): the others are 34 to 51; say --"
    )
    with pytest.raises(TableError, match=says + r"missing 999 -99 if they do, --missing none if they are true numbers"):
        column_kind("age", both, "t.csv")


def test_what_the_user_says_is_taken(tmp_path):
    assert column_kind("rt", [(2, "34"), (3, "51"), (4, "999")], "t.csv", codes=("none",)).shown == "34 to 999"
    assert column_kind("dose", [(2, "10mg"), (3, "20mg"), (4, "30mg")], "t.csv", words=True).kind == "words"
    assert column_kind("place", [(2, "1st"), (3, "2nd"), (4, "3rd")], "t.csv").kind == "words"
    path = tmp_path / "t.csv"
    path.write_text("subject,bdi,drug\n999,999.0,none\n1,12,999\n")
    table = read_label_table(path)
    assert [row.cells for row in table.without(("999", "none"), ("bdi", "drug")).rows] == [
        {"subject": "999", "bdi": "", "drug": "none"},
        {"subject": "1", "bdi": "12", "drug": ""},
    ]
