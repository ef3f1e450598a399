"""A user's file of names with one merge, named by the variable that every command reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfe.displays.merges import parse_merge, with_merges
from dfe.displays.names import VARIABLE, Names
from dfe.tokenizer.tokenizer import Tokenizer


def merge(tokenizer: Tokenizer, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Merge displays, as in ``15+22=smile``, from here on in the test; gives the file."""
    names = with_merges(Names(tokenizer.id, tokenizer.hash), tokenizer, [parse_merge(said, who="a coder")])
    names.write(folder / "names.json")
    monkeypatch.setenv(VARIABLE, str(folder / "names.json"))
    return folder / "names.json"
