"""Plain words for what coefficients do to a face."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Phrase(NamedTuple):
    """A movement in a few words, and the words for its opposite."""

    more: str
    less: str


def _phrase(more: str, less: str | None = None) -> Phrase:
    return Phrase(more, less or f"less {more}")


PHRASES: dict[str, Phrase] = {
    "browDown": _phrase("brow lowering"),
    "browInnerUp": _phrase("inner brow raise"),
    "browOuterUp": _phrase("outer brow raise"),
    "cheekPuff": _phrase("cheek puff"),
    "cheekSquint": _phrase("cheek raise"),
    "eyeBlink": _phrase("eye closing"),
    "eyeLookDown": _phrase("gaze down"),
    "eyeLookIn": _phrase("gaze inward"),
    "eyeLookOut": _phrase("gaze outward"),
    "eyeLookUp": _phrase("gaze up"),
    "eyeSquint": _phrase("lid tightening"),
    "eyeWide": _phrase("eye widening"),
    "jawForward": _phrase("jaw thrust"),
    "jawLeft": _phrase("jaw to the left", "jaw to the right"),
    "jawOpen": _phrase("jaw drop"),
    "jawRight": _phrase("jaw to the right", "jaw to the left"),
    "mouthClose": _phrase("lips held together", "lips less held together"),
    "mouthDimple": _phrase("dimpling"),
    "mouthFrown": _phrase("lip corner lowering"),
    "mouthFunnel": _phrase("lip funnel"),
    "mouthLeft": _phrase("mouth to the left", "mouth to the right"),
    "mouthLowerDown": _phrase("lower lip lowering"),
    "mouthPress": _phrase("lip press"),
    "mouthPucker": _phrase("lip pucker"),
    "mouthRight": _phrase("mouth to the right", "mouth to the left"),
    "mouthRollLower": _phrase("lower lip roll-in"),
    "mouthRollUpper": _phrase("upper lip roll-in"),
    "mouthShrugLower": _phrase("chin raise"),
    "mouthShrugUpper": _phrase("upper lip push-up"),
    "mouthSmile": _phrase("lip corner pull"),
    "mouthStretch": _phrase("lip stretch"),
    "mouthUpperUp": _phrase("upper lip raise"),
    "noseSneer": _phrase("nose wrinkle"),
}
"""By ARKit coefficient, without the side where the coefficient comes in a left and a right form."""


SHIFTS = {"jawLeft": "jawRight", "jawRight": "jawLeft", "mouthLeft": "mouthRight", "mouthRight": "mouthLeft"}
"""Movements towards one side, and those that undo them."""


def split_side(name: str) -> tuple[str, str]:
    """A coefficient's movement and its side, ``"left"``, ``"right"`` or ``""``.

    ``mouthSmileLeft`` is a ``mouthSmile`` on the left.

    Shifts of jaw and mouth to one side are movements of their own, not sides of one.
    """
    for side in ("Left", "Right"):
        if name.endswith(side) and name not in PHRASES:
            return name.removesuffix(side), side.lower()
    return name, ""


def phrase(movement: str) -> Phrase:
    """Words for a movement; its own name where the table has none, as in spaces of other coefficients."""
    return PHRASES.get(movement) or _phrase(movement)


def coefficient_words(name: str, words: Mapping[str, tuple[str, str]]) -> str:
    """What more of a coefficient looks like, with its side where it has one: ``upper lid up, left``.

    Args:
        name: of the coefficient.
        words: of its space; the words of ARKit's coefficients where it has none.
    """
    movement, side = split_side(name)
    more = (words.get(movement) or phrase(movement))[0]
    return f"{more}, {side}" if side else more
