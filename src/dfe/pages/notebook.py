"""Pieces of HTML that objects show of themselves in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dfe.pages.html import data_uri, text


def facts_table(caption: str, facts: Mapping[str, object]) -> str:
    """Facts as a small table, names in its first column."""
    rows = "".join(f"<tr><th>{text(key)}</th><td>{text(value)}</td></tr>" for key, value in facts.items())
    return f"<table><caption>{text(caption)}</caption>{rows}</table>"


def picture_strip(pictures: Iterable[tuple[bytes, str]], size: int) -> str:
    """Pictures side by side, each with its caption below."""
    figures = "".join(
        f'<figure style="margin:0;width:{size}px"><img src="{data_uri(picture)}" width="{size}" height="{size}" '
        f'alt=""><figcaption style="font-size:0.8em;line-height:1.3;overflow-wrap:anywhere">{text(caption)}'
        "</figcaption></figure>"
        for picture, caption in pictures
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px 8px;align-items:start">{figures}</div>'
