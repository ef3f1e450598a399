import json
from dataclasses import replace

import pytest

from dfe.base.errors import TableError
from dfe.recording.provenance import Provenance, TokenizerRef, creation_time, plain_text


def test_json_there_and_back(source_of):
    record = source_of(
        tokenizer=TokenizerRef("default", "1", "ef" * 32), mirrored=True, created="2024-01-01T00:00:00+00:00"
    )
    again = Provenance.from_json(record.to_json(), where="x")
    assert again == record
    assert again.created == record.created
    assert hash(again) == hash(record)
    assert json.loads(record.to_json(indent=2)) == json.loads(record.to_json())


def test_when_it_was_made_is_no_part_of_equality(source_of):
    a, b = source_of(created=None), source_of(created="2024-01-01T00:00:00+00:00")
    assert a == b
    assert hash(a) == hash(b)
    assert a != source_of(neutral="median")
    assert hash(a) != hash(source_of(neutral="median"))


def test_creation_time_comes_from_the_environment_only(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert creation_time() is None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert creation_time() == "1970-01-01T00:00:00+00:00"
    for nonsense in ("soon", "9" * 30):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", nonsense)
        assert creation_time() is None


def test_unknown_keys_of_a_later_package_are_passed_over(source_of):
    record = json.loads(source_of().to_json())
    record["mood"] = "good"
    record["source"]["codec"] = "h264"
    assert Provenance.from_json(json.dumps(record), where="x") == source_of()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": None}, "incomplete or damaged"),
        ({"source": {}}, "incomplete or damaged"),
        ({"space": "arkit"}, "incomplete or damaged"),
        ({"options": 3}, "incomplete or damaged"),
        ({"warnings": 3}, "incomplete or damaged"),
        ({"format_version": "1"}, "not that of a recording"),
        ({"format_version": True}, "not that of a recording"),
        ({"format_version": 99}, "written in format 99"),
    ],
)
def test_damaged_records_are_told_in_a_line(source_of, change, words):
    record = json.loads(source_of().to_json()) | change
    with pytest.raises(TableError) as caught:
        Provenance.from_json(json.dumps(record), where="clip.parquet")
    assert str(caught.value).startswith("clip.parquet: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_json_cannot_hold_is_refused(source_of):
    for value in (float("nan"), object()):
        with pytest.raises(TableError, match="cannot be written as JSON"):
            source_of(options={"x": value}).to_json()


def test_names_that_are_no_utf8_become_readable(source_of):
    record = source_of()
    odd = replace(record, source=replace(record.source, name=b"caf\xe9.mp4".decode("utf-8", "surrogateescape")))
    assert json.loads(odd.to_json())["source"]["name"] == "caf\ufffd.mp4"


def test_halves_of_characters_become_readable():
    for half in ("\ud800", "\udc7f", "\udd00", "\udfff", "\udc80"):
        assert plain_text(f"a{half}b") == "a\N{REPLACEMENT CHARACTER}b"
    assert plain_text("ä\N{GRINNING FACE}") == "ä\N{GRINNING FACE}"


def test_a_record_with_half_a_character_is_read_and_written(source_of):
    record = source_of()
    whole = replace(record, source=replace(record.source, name="clip.mp4")).to_json().encode()
    damaged = whole.replace(b"clip", b"cl\xed\xa0\x80ip")
    assert "cl\N{REPLACEMENT CHARACTER}ip" in Provenance.from_json(damaged, where="a.json").to_json()
