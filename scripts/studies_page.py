"""docs/study-results.md, out of the figures that scripts/make_studies.py left."""

from __future__ import annotations

from pathlib import Path


def write_page(studies: Path, page: Path) -> None:
    """Write the page of all studies that were run."""
