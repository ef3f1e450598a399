"""What keeps text from outside text: nothing in a name, a label or a reason can become markup, or hide."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from html import escape
from typing import Any

from markupsafe import Markup

# Controls but tab and line feed, halves of surrogate pairs, and what turns the direction of writing.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(value: str) -> str:
    """Text whose hidden characters are written as ``\\x1b``.

    Characters that don't show, or that turn the direction of writing (both can disguise a file name), and bytes that
    no name should hold.
    """
    return _HIDDEN.sub(lambda found: f"\\x{ord(found[0]):02x}", value)


def text(value: object) -> Markup:
    """Any value as text that is safe between tags and inside quoted attributes; hidden characters show."""
    return Markup(escape(shown(str(value)), quote=True))


def embedded(value: Any) -> Markup:
    """A value as JSON that may stand inside a script element which the browser never runs."""
    body = json.dumps(value, separators=(",", ":"), allow_nan=False, default=str)
    return Markup(body.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def data_uri(picture: bytes) -> Markup:
    """A PNG, JPEG or WebP file as an address that holds it; anything else is taken for a PNG."""
    kind = "png"
    if picture.startswith(b"\xff\xd8"):
        kind = "jpeg"
    elif picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        kind = "webp"
    return Markup(f"data:image/{kind};base64,{b64encode(picture).decode()}")
