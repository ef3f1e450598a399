"""Whose recordings they are, as a table says: what it lacks is said, and not passed over."""

from __future__ import annotations

import pytest

from dfe.base.errors import TableError
from dfe.reliability.files import SESSION, sources_in


@pytest.fixture
def folder(tmp_path):
    for name in ("a1", "a2", "b1"):
        (tmp_path / f"{name}.parquet").touch()
    return tmp_path


def sources(folder, text, session=SESSION):
    table = folder / "people.csv"
    table.write_text(text)
    return sources_in(folder, table, "subject", session)


def test_people_and_sessions_are_those_of_the_table(folder):
    found = sources(folder, "recording,subject,session\na1,anna,1\na2,anna,2\nb1,bert,NA\n")
    assert [(one.path.stem, one.subject, one.session, one.face) for one in found] == [
        ("a1", "anna", "1", None), ("a2", "anna", "2", None), ("b1", "bert", "", None),
    ]  # fmt: skip
    assert [one.session for one in sources(folder, "recording,subject\na1,anna\n")] == [""]


@pytest.mark.parametrize(
    ("text", "session", "says"),
    [
        ("recording,subject,visit\na1,anna,1\n", "vist", "has no column vist"),
        ("recording,subject\na1,NA\n", SESSION, "line 2.*a subject .* missing"),
        ("recording,subject\nNA,anna\n", SESSION, "line 2.*missing"),
        ("recording,subject,onset,offset\na1,anna,0,60\n", SESSION, "line 2.*whole recordings"),
        ("recording,subject\na1,anna\na1,anna\n", SESSION, "same face as line 2"),
    ],
)
def test_what_a_table_lacks_is_said(folder, text, session, says):
    with pytest.raises(TableError, match=says):
        sources(folder, text, session)


def test_columns_of_parts_that_say_nothing_are_no_parts(folder):
    assert len(sources(folder, "recording,subject,onset,offset\na1,anna,,\n")) == 1
