"""Tables on pages of the documentation that programs write: they stand between two marks."""

from __future__ import annotations


def between_marks(page: str, name: str, text: str) -> str:
    """A page with a text in place of what stood between its marks ``<!-- name -->`` and ``<!-- /name -->``.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, begun, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"the page has no text between {begin} and {end}")
    return f"{before}{begin}\n{text}\n{end}{after}"
