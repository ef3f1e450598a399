"""Names files: what is written is read, and what does not fit is told in one line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfe.base.errors import DfeError, ModelError
from dfe.displays.names import VARIABLE, Name, Names, load_names, read_names
from dfe.tokenizer.file import load_tokenizer, save_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


def file_of(book, path, **changes):
    whole = {
        "format_version": 1,
        "tokenizer": {"id": book.id, "hash": book.hash},
        "names": {"27": {"name": "polite smile", "note": "x"}},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole | changes), "utf-8")
    return path


def test_names_survive_writing_and_reading(tokenizer, tmp_path):
    names = Names(tokenizer.id, tokenizer.hash, {3: Name("Lächeln <b>", "zwei\nZeilen"), 1: Name("", "only a note")})
    names.write(tmp_path / "names.json")
    again = read_names(tmp_path / "names.json", tokenizer)
    assert dict(again.entries) == dict(names.entries)
    assert again.to_json() == names.to_json()
    assert (again.name(3), again.note(1), again.name(9)) == ("Lächeln <b>", "only a note", "")
    assert again.label(3, "lip corner pull") == "Lächeln <b>"
    assert again.label(9, "lip corner pull") == "lip corner pull"
    assert again.label(9) == "display 9"
    assert again.title(3, "lip corner pull") == "Lächeln <b> (lip corner pull)"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tokenizer": {"id": "other@1", "hash": "00"}}, "holds names of other@1, not of dfe-face41@3"),
        ({"tokenizer": {"id": "dfe-face41@3", "hash": "00"}}, "another dfe-face41@3"),
        ({"tokenizer": None}, "is no file of names"),
        ({"names": []}, "is no file of names"),
        ({"format_version": 2}, "has format version 2"),
        ({"names": {"64": {"name": "x"}}}, "names display '64', and dfe-face41@3 has displays 1 to 63"),
        ({"names": {"0": {"name": "x"}}}, "names display '0'"),
        ({"names": {"1.5": {"name": "x"}}}, "names display '1.5'"),
        ({"names": {"5": "x"}}, "has no text as name and note"),
        ({"names": {"5": {"name": 3}}}, "has no text as name and note"),
        ({"names": {"5": {"name": "x" * 121}}}, "over 120"),
    ],
)
def test_files_that_do_not_fit_are_told_in_one_line(tokenizer, tmp_path, changes, says):
    path = file_of(tokenizer, tmp_path / "names.json", **changes)
    with pytest.raises(ModelError) as caught:
        load_names(tokenizer, path)
    assert says in str(caught.value)
    assert "names.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=60))
def test_any_bytes_are_names_or_an_error_of_ours(tmp_path_factory, tokenizer, data):
    path = tmp_path_factory.mktemp("names") / "names.json"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"names\.json"):
        read_names(path, tokenizer)


def test_a_name_keeps_to_one_line(tokenizer, tmp_path):
    path = file_of(tokenizer, tmp_path / "n.json", names={"5": {"name": "  a\n b "}})
    assert read_names(path, tokenizer).name(5) == "a b"


def test_names_are_found_beside_the_tokenizer_and_by_the_variable(tokenizer, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert len(load_names(tokenizer)) == 0
    folder = save_tokenizer(tokenizer, tmp_path / "mine")
    mine = load_tokenizer(folder)
    file_of(tokenizer, folder / "names.json")
    assert load_names(mine).name(27) == "polite smile"
    one = file_of(tokenizer, tmp_path / "other.json", names={"27": {"name": "by variable"}})
    monkeypatch.setenv(VARIABLE, str(one))
    assert load_names(mine).name(27) == "by variable"
    several = tmp_path / "several"
    file_of(tokenizer, several / "a.json", tokenizer={"id": "x@1", "hash": "00"})
    file_of(tokenizer, several / "b.json", names={"27": {"name": "out of several"}})
    monkeypatch.setenv(VARIABLE, str(several))
    assert load_names(mine).name(27) == "out of several"
    assert load_names(mine, one).name(27) == "by variable"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent.json"))
    with pytest.raises(DfeError, match="there is no such file of names"):
        load_names(mine)
