"""What objects show of themselves in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfe.pages.page import render


def notebook(
    caption: str, facts: Mapping[str, object], pictures: Sequence[tuple[bytes, str]] = (), size: int = 96
) -> str:
    """Facts as a small table, and below it pictures with their captions side by side.

    Args:
        caption: above the table.
        facts: by name.
        pictures: files, each with its caption.
        size: of each picture, CSS pixels.
    """
    return render("pages/notebook.html.jinja", caption=caption, facts=facts, pictures=pictures, size=size)
