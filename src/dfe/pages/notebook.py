"""What objects show of themselves in a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfe.pages.page import render

_ROWS = 12
"""Of a table that are shown, at most."""


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


def notebook_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table's first rows, and how many more there are.

    Args:
        caption: above the table.
        columns: their names.
        rows: cells as people read them.
    """
    more = max(len(rows) - _ROWS, 0)
    return render("pages/notebook_table.html.jinja", caption=caption, columns=columns, rows=rows[:_ROWS], more=more)
