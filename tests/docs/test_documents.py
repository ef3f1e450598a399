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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_files_that_are_named_are_there(page):
    """From the root, or from the package; those that a reader is to write are called after what is theirs."""
    for named in re.findall(r"`((?:\w+/)+\w+\.py)`", page.read_text("utf-8")):
        if "my" not in Path(named).name and "mine" not in named:
            assert any((root / named).exists() for root in (ROOT, ROOT / "src" / "dfe", ROOT / "src")), named


def test_the_map_names_every_room_and_no_other():
    part = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Where things go")[2].partition("\n\n`tests/`")[0]
    named = [room for row in part.splitlines() if row.startswith("| `") for room in re.findall(r"`(\w+)/`", row)]
    rooms = [path.parent.name for path in (ROOT / "src" / "dfe").glob("*/__init__.py")]
    assert sorted(named) == sorted(rooms)


def test_the_site_names_pages_that_are_there_once():
    """What it does not name stands at the end of a part of its own (scripts/site_hooks.py)."""
    said = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:")[2]
    named = re.findall(r"- (?:[^:\n]+: )?([\w./-]+\.md)$", said, re.MULTILINE)
    from_root = re.findall(r'": "([\w-]+\.md)"', (ROOT / "scripts" / "site_hooks.py").read_text("utf-8"))
    assert len(named) == len(set(named))
    assert not {name for name in named if not (ROOT / "docs" / name).exists()} - set(from_root)


def test_the_site_asks_for_no_script_from_the_network():
    """Material's offline search needs a shim, and names a copy on the network where mkdocs.yml names none."""
    said = re.search(r"polyfills: \[(\S*iframe-worker\S*)\]", (ROOT / "mkdocs.yml").read_text("utf-8"))
    assert said
    assert (ROOT / "docs" / said[1]).exists()
