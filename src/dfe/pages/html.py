"""The frame of a page: escaping, embedded pictures and data, style, scripts, and a policy that forbids all requests."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from math import isfinite
from string import Template
from typing import Any
from unicodedata import category

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>$title</title>
<link rel="icon" href="data:,">
<style>
$style
</style>
</head>
<body>
$body
$scripts
</body>
</html>
""")


def page(title: str, body: str, *, styles: Sequence[str], scripts: Sequence[str]) -> str:
    """A whole page in one string.

    The policy lets nothing be loaded but ``data:`` pictures, and nothing run but the scripts named here: they are known
    by their hashes, so that markup which slipped into the body could not run.

    Args:
        title: plain text.
        body: HTML.
        styles: names of files in ``static/``.
        scripts: names of files in ``static/``, in the order in which they run.
    """
    codes = [f"\n{_static(name)}" for name in scripts]
    hashes = " ".join(f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'" for code in codes)
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {hashes}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _PAGE.substitute(
        policy=policy,
        title=text(title),
        style="\n".join(_static(name) for name in styles),
        body=body,
        scripts="\n".join(f"<script>{code}</script>" for code in codes),
    )


def text(value: object) -> str:
    """Any value as text that is safe between tags and inside quoted attributes.

    Characters that don't show, or that turn the direction of writing (both can disguise a file name), and bytes that
    no name should hold are written as ``\\x1b``.
    """
    return escape("".join(c if _shows(c) else f"\\x{ord(c):02x}" for c in str(value)), quote=True)


def _shows(character: str) -> bool:
    turns = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return character in "\n\t" or not (turns or category(character) in ("Cc", "Cs"))


def data_block(name: str, value: Any) -> str:
    """A value as JSON in a script element that the browser never runs; read it by its id."""
    body = json.dumps(value, separators=(",", ":"), allow_nan=False, default=str)
    safe = body.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/json" id="{name}">{safe}</script>'


def data_uri(picture: bytes) -> str:
    """A PNG, JPEG or WebP file as an address that holds it; anything else is taken for a PNG."""
    kind = "png"
    if picture.startswith(b"\xff\xd8"):
        kind = "jpeg"
    elif picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        kind = "webp"
    return f"data:image/{kind};base64,{b64encode(picture).decode()}"


def percent(share: float | None) -> str:
    """``0.964`` as ``96%``; small shares keep a digit, and only a true whole is called 100%."""
    if share is None or not isfinite(share):
        return "–"
    if share in (0, 1):
        return f"{share:.0%}"
    hundred = 100 * share
    if hundred < 0.05:
        return "under 0.1%"
    return f"{min(hundred, 99.9):.1f}%" if hundred < 9.95 or hundred >= 99.5 else f"{hundred:.0f}%"


def number(value: float | None, digits: int = 1) -> str:
    """A number with thousands separators, or a dash where it is unknown."""
    return "–" if value is None or not isfinite(value) else f"{value:,.{digits}f}"


def seconds(value: float | None) -> str:
    """A length of time: ``4.0 s``, ``12 min 30 s`` or ``1 h 02 min``."""
    if value is None or not isfinite(value):
        return "–"
    if value < 59.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def count(n: int, one: str, many: str | None = None) -> str:
    """``1 face``, ``2 faces``, ``54,000 frames``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _static(name: str) -> str:
    return files("dfe.pages").joinpath("static", name).read_text(encoding="utf-8")
