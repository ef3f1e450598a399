"""The page of many recordings: which of them are usable, in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import Any
from urllib.parse import quote

from dfe.pages.formats import seconds
from dfe.pages.page import render
from dfe.pages.view import QcEntry

VERDICTS = {"good": "good", "check": "to check", "poor": "poor"}
"""How a verdict is written; one that is not among them counts as to be checked."""


def qc_page(rows: Sequence[QcEntry], title: str = "Which recordings are usable?") -> str:
    """One self-contained HTML file: a table of recordings that sorts, filters, and saves what it shows as CSV."""
    return render("report/qc.html.jinja", **qc_values(rows, title))


def qc_values(rows: Sequence[QcEntry], title: str) -> dict[str, Any]:
    """What the template of the page, and of a page with the same table, needs."""
    verdicts = [row.verdict if row.verdict in VERDICTS else "check" for row in rows]
    counts = Counter(verdicts)
    whole = sum(row.duration_s for row in rows if row.duration_s is not None and isfinite(row.duration_s))
    return {
        "title": title,
        "rows": list(zip(rows, verdicts, strict=True)),
        "verdicts": [(verdict, words, counts[verdict]) for verdict, words in VERDICTS.items()],
        "words": VERDICTS,
        "good": sum(row.verdict == "good" for row in rows),
        "length": f", {seconds(whole)} in all" if whole else "",
        "address": _address,
        "area": _area,
        "value": _value,
    }


def _value(value: float | str | None) -> str:
    """A value as the CSV file and the sorting read it; nothing where it is unknown."""
    if isinstance(value, str):
        return value
    return "" if value is None or not isfinite(value) else f"{value:.6g}"


def _address(href: str) -> str:
    """A relative path as an address: a name such as ``javascript:x`` or ``a#b.html`` stays the name of a file."""
    return "./" + quote(href.replace("\\", "/"), safe="/", errors="surrogatepass").lstrip("/")


def _area(shares: Sequence[float]) -> str:
    """Path of the shares as steps; equal neighbours make one step, for most recordings are all of one kind."""
    path, before = ["M0 20"], 0.0
    for i, share in enumerate(shares):
        height = round(share, 2)
        if height != before:
            path.append(f"H{i}V{20 - 20 * height:g}")
            before = height
    return "".join([*path, f"H{len(shares)}V20Z"])
