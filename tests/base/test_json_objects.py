from __future__ import annotations

from pathlib import Path

import pytest

from dfe.base.errors import ModelError
from dfe.base.json_objects import read_object


def test_an_object_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": [1, null]}')
    assert read_object(path, "card", absent="none") == {"a": [1, None]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "is not JSON: damaged, or no card; copy it again"),
        (b"\xff\xfe\x00", "is not JSON: damaged, or no card; copy it again"),
        (b"[" * 100_000, "is not JSON: damaged, or no card; copy it again"),
        (b"[]", "is no card; copy it again"),
        (b"{" + b" " * 200_000 + b"}", "is no card: too large"),
    ],
    ids=["cut off", "no text", "without end", "another kind", "large"],
)
def test_anything_else_is_refused_in_a_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_object(path, "card", absent="none", advice="copy it again", most=150_000)
    assert str(caught.value) == f"{path}: {words}"


def test_what_is_not_there_is_told_in_the_words_of_who_asks(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card\.json: this folder holds none"):
        read_object(tmp_path / "card.json", "card", absent="this folder holds none")
    with pytest.raises(ModelError, match="cannot be read"):
        read_object(tmp_path, "card", absent="none")
