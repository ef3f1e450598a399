"""Text from outside as a terminal may show it: nothing in it moves the cursor, changes colours or reverses a line."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)

_ENDS = re.compile("[\t-\r\x85\u2028\u2029]")


def printable(text: str) -> str:
    r"""One line: control characters, marks that turn the direction and what is no character as ``\x1b``, ``\u202e``.

    Bytes of a file name that are no UTF-8 are shown as those bytes, ``\xff``. Runs of blanks become one blank.
    """
    return _UNSEEN.sub(_written, " ".join(text.split()))


def printable_line(text: str) -> str:
    r"""As :func:`printable`, with every blank kept where it is: for lines whose columns stand below each other.

    What would end the line is written out, as ``\x0a``.
    """
    return _ENDS.sub(_written, _UNSEEN.sub(_written, text))


def printable_json(text: str) -> str:
    r"""A JSON document whose strings hold no such characters: JSON's own ``\u001b``, which reads back as they were."""
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _written(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
