"""What a user is told to type is true for the copy that is running."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfe.base import installing
from dfe.base.installing import how_to_install


class Installed:
    def __init__(self, record: str | None) -> None:
        self._record = record

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return self._record


def told(monkeypatch: pytest.MonkeyPatch, record: object) -> str:
    text = record if isinstance(record, str | None) else json.dumps(record)
    monkeypatch.setattr(installing.importlib.metadata, "distribution", lambda _name: Installed(text))
    return how_to_install("study")


def test_a_clone_that_was_installed_as_it_stands(monkeypatch, tmp_path: Path):
    folder = tmp_path / "a clone"
    folder.mkdir()
    record = {"url": folder.as_uri(), "dir_info": {"editable": True}}
    assert told(monkeypatch, record) == f"pip install -e '{folder}[study]'"
    assert told(monkeypatch, {**record, "dir_info": {}}) == f"pip install '{folder}[study]'"


def test_a_wheel_and_what_is_gone(monkeypatch, tmp_path: Path):
    wheel = tmp_path / "dfe.whl"
    record = {"url": wheel.as_uri(), "archive_info": {}}
    assert told(monkeypatch, record) == "in the folder of its source, pip install '.[study]'"
    wheel.touch()
    assert told(monkeypatch, record) == f"pip install '{wheel}[study]'"


@pytest.mark.parametrize("record", [None, "", "{", "[]", {"url": 3}, {"url": "https://a.org/b.whl"}])
def test_where_nothing_is_known(monkeypatch, record):
    assert told(monkeypatch, record) == "in the folder of its source, pip install '.[study]'"


def test_on_an_index(monkeypatch):
    monkeypatch.setattr(installing, "ON_INDEX", True)
    assert how_to_install("study") == "pip install 'discrete-facial-encoding[study]'"
