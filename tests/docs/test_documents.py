"""What the documents name is there, and nothing in them waits to be filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page):
    text = page.read_text("utf-8")
    assert "@@" not in text
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_commands_and_options_named_in_the_documents_exist(dfe_help):
    for page in PAGES:
        for verb, rest in re.findall(r"^(?:\$ )?dfe ([\w-]+)([^\n`]*)", page.read_text("utf-8"), re.MULTILINE):
            for option in re.findall(r"(?<!\w)--[a-z-]+", rest.partition("#")[0]):
                words = [verb, *re.findall(r"^ ([a-z]+)\b", rest)] if verb == "study" else [verb]
                assert option in dfe_help(*words), f"{page.name}: dfe {verb} {option}"


@pytest.fixture
def dfe_help(capsys):
    from dfe.cli import main

    def text(*words: str) -> str:
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        return capsys.readouterr().out

    return text
