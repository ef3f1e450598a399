from __future__ import annotations

from pathlib import Path

from dfe.facs.describe import proxy_markdown

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "action-units.md").read_text("utf-8")


def test_the_page_shows_the_table_as_it_is():
    _, _, rest = PAGE.partition("a test compares -->\n")
    assert rest.partition("<!-- end of table -->")[0] == proxy_markdown()


def test_the_page_says_what_the_proxy_is_not():
    assert "We measure visible movements; this is no FACS coding." in PAGE
    assert "not compared" in PAGE
