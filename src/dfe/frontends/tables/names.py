"""ARKit's coefficients under the names that tools give them: ``jawOpen``, ``JawOpen``, ``jaw open``, ``eyeBlink_L``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from dfe.space.arkit import ARKIT_NAMES

_SIDES = {"Left": "l", "Right": "r"}


def plain(name: str) -> str:
    """A name without what tools write differently: capitals, blanks, underscores, hyphens."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def find_names(header: Sequence[str], wanted: Sequence[str] = ARKIT_NAMES) -> dict[str, int]:
    """Which of the wanted coefficients the header has, and where; of two columns of one name the first."""
    found: dict[str, int] = {}
    for index, name in enumerate(header):
        known = _known().get(plain(name))
        if known is not None and known in wanted and known not in found:
            found[known] = index
    return found


def lacking_names(names: Sequence[str]) -> str:
    """Names of missing columns, for people: the first and how many others."""
    others = len(names) - 1
    return f"{names[0]}{f' and {others} others' if others > 1 else f' and {names[1]}' if others else ''}"


@cache
def _known() -> dict[str, str]:
    names = {plain(name): name for name in ARKIT_NAMES}
    for name in ARKIT_NAMES:
        for side, letter in _SIDES.items():
            if name.endswith(side):
                names.setdefault(plain(name.removesuffix(side)) + letter, name)
    return names
