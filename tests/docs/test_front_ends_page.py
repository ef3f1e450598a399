"""The page of front ends is what their own descriptions say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_script_makes():
    made = runpy.run_path(str(ROOT / "scripts" / "make_front_ends.py"))
    assert made["page"]() == (ROOT / "docs" / "front-ends.md").read_text("utf-8"), "run scripts/make_front_ends.py"
