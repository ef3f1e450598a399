"""The AU proxy as data: which action units expression coefficients can speak of, and by which sum or maximum.

An **AU proxy** is no FACS coding. It renames what ARKit-style coefficients say in the terms of action units (AUs).

Sources:

- AU numbers, names, sides and the bands A to E: P. Ekman, W. V. Friesen, J. C. Hager, *Facial Action Coding System*
  (2002). The bands are unequal there too, C and D the widest; where they lie between 0 and 1 is decided here.
- What a coefficient means: Apple, *ARFaceAnchor.BlendShapeLocation*, repeated coefficient by coefficient in Unity's
  reference of ``ARKitBlendShapeLocation``.
- That ARKit's coefficients correspond to AUs one by one for the most part, and that names mislead: M. Ozel, *ARKit to
  FACS cheat sheet* (melindaozel.com; only its public part was read).
- A published use of MediaPipe's coefficients as AUs: G. L. Sălăgean, M. Leba, A. C. Ionica, *Applied Sciences* 15(12),
  6417 (2025), doi 10.3390/app15126417. Their mapping was read second-hand; AU 24 and 25 are mapped otherwise here.
- That ``mouthShrug`` is the chin raiser seen on the two lips: the "chin raiser, bottom and top" of OpenXR's
  ``XrFaceExpressionFB``, and "mouth raiser" in VRCFaceTracking's ARKit table.

The table is frozen: it was written down before any comparison, a test pins its fingerprint, and a change is a new
:data:`VERSION`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["measured", "proxy", "absent"]
"""``measured``: a coefficient is close to the AU's definition; ``proxy``: a mixture stands in; ``absent``: no word."""

VERSION = 1
"""Raised whenever a line of the table or a band changes."""

BANDS: tuple[float, ...] = (0.05, 0.15, 0.30, 0.55, 0.85)
"""Values between 0 and 1 at which the intensities A, B, C, D and E begin; below the first there is nothing."""

SIDES: dict[str, str] = {"": "", "L": "left", "R": "right", "T": "top", "B": "bottom"}
"""Letters that FACS puts to an AU which is coded for a part of the face, in words."""


@dataclass(frozen=True)
class ActionUnit:
    """One line of the table.

    Args:
        number: of the AU (or action descriptor) in FACS.
        name: in FACS.
        status: how far the coefficients can speak of it.
        parts: coefficients and their weights; ``*`` stands for the side.
        how: ``sum``: the weighted sum of the parts; ``max``: the largest of the weighted parts.
        sides: ``LR`` where each side is a unit of its own.
        window: part of the combined value that is stretched to 0..1, before the bands.
        letter: of a line that is about one part of the mouth, ``T`` or ``B``.
        note: what to mind; no part of the fingerprint.
    """

    number: int
    name: str
    status: Status
    parts: tuple[tuple[float, str], ...] = ()
    how: Literal["sum", "max"] = "sum"
    sides: Literal["", "LR"] = ""
    window: tuple[float, float] = (0.0, 1.0)
    letter: str = ""
    note: str = ""


@dataclass(frozen=True)
class AuUnit:
    """One unit of the proxy: an AU, or one side of it, as in ``AU12L``."""

    id: str
    line: ActionUnit
    parts: tuple[tuple[float, str], ...]


def _one(coefficient: str) -> tuple[tuple[float, str], ...]:
    return ((1.0, coefficient),)


def _mean(*coefficients: str) -> tuple[tuple[float, str], ...]:
    return tuple((1 / len(coefficients), name) for name in coefficients)


_LIPS_APART = ("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "jawOpen")
_OUTER_ONLY = "Apple describes the outer part of the brow only"
_AROUND_EYE = "Apple says 'contraction of the face around the eye', AU 6 or 7; many faces have it at rest"
_CHIN = "the chin itself is not seen, only what it does to the lips"
_TIGHT = "no coefficient of its own; pressed and rolled lips stand in"
_WITH_JAW = "also speaks for a jaw that drops behind closed lips"
_UPPER = "FACS scores 27 instead of 26; here 26 stays at its highest while 27 speaks"
_DESCRIPTOR = "an action descriptor (AD) in FACS"
_TIME = "needs time: a still face cannot show it"
_NO_WORD = "no coefficient says it"

TABLE: tuple[ActionUnit, ...] = (
    ActionUnit(1, "inner brow raiser", "measured", _one("browInnerUp"), note="one coefficient for both sides"),
    ActionUnit(2, "outer brow raiser", "measured", _one("browOuterUp*"), sides="LR"),
    ActionUnit(4, "brow lowerer", "measured", _one("browDown*"), sides="LR", note=_OUTER_ONLY),
    ActionUnit(5, "upper lid raiser", "measured", _one("eyeWide*"), sides="LR"),
    ActionUnit(6, "cheek raiser", "measured", _one("cheekSquint*"), sides="LR"),
    ActionUnit(7, "lid tightener", "proxy", _one("eyeSquint*"), sides="LR", note=_AROUND_EYE),
    ActionUnit(8, "lips toward each other", "proxy", _one("mouthClose"), note="closes the lips of an open jaw"),
    ActionUnit(9, "nose wrinkler", "measured", _one("noseSneer*"), sides="LR"),
    ActionUnit(10, "upper lip raiser", "measured", _one("mouthUpperUp*"), sides="LR"),
    ActionUnit(11, "nasolabial deepener", "absent", note=_NO_WORD),
    ActionUnit(12, "lip corner puller", "measured", _one("mouthSmile*"), sides="LR"),
    ActionUnit(13, "sharp lip puller", "absent", note=_NO_WORD),
    ActionUnit(14, "dimpler", "measured", _one("mouthDimple*"), sides="LR"),
    ActionUnit(15, "lip corner depressor", "measured", _one("mouthFrown*"), sides="LR"),
    ActionUnit(16, "lower lip depressor", "measured", _one("mouthLowerDown*"), sides="LR"),
    ActionUnit(17, "chin raiser", "proxy", ((0.75, "mouthShrugLower"), (0.25, "mouthShrugUpper")), note=_CHIN),
    ActionUnit(18, "lip pucker", "measured", _one("mouthPucker")),
    ActionUnit(19, "tongue show", "absent", note="the spaces leave tongueOut out"),
    ActionUnit(20, "lip stretcher", "measured", _one("mouthStretch*"), sides="LR"),
    ActionUnit(21, "neck tightener", "absent", note=_NO_WORD),
    ActionUnit(22, "lip funneler", "measured", _one("mouthFunnel")),
    ActionUnit(
        23,
        "lip tightener",
        "proxy",
        _mean("mouthPressLeft", "mouthPressRight", "mouthRollUpper", "mouthRollLower"),
        note=_TIGHT,
    ),
    ActionUnit(24, "lip pressor", "measured", _one("mouthPress*"), sides="LR"),
    ActionUnit(25, "lips part", "proxy", tuple((1.0, name) for name in _LIPS_APART), "max", note=_WITH_JAW),
    ActionUnit(26, "jaw drop", "measured", _one("jawOpen"), window=(0.0, 0.7)),
    ActionUnit(27, "mouth stretch", "proxy", _one("jawOpen"), window=(0.7, 1.0), note=_UPPER),
    ActionUnit(28, "lip suck", "measured", _one("mouthRollUpper"), letter="T"),
    ActionUnit(28, "lip suck", "measured", _one("mouthRollLower"), letter="B"),
    ActionUnit(29, "jaw thrust", "measured", _one("jawForward"), note=_DESCRIPTOR),
    ActionUnit(30, "jaw sideways", "measured", _one("jaw*"), sides="LR", note=_DESCRIPTOR),
    ActionUnit(31, "jaw clencher", "absent", note=_NO_WORD),
    ActionUnit(32, "lip bite", "absent", note=_NO_WORD),
    ActionUnit(33, "blow", "absent", note="cheekPuff does not tell it from 34"),
    ActionUnit(34, "puff", "measured", _one("cheekPuff"), note=_DESCRIPTOR),
    ActionUnit(35, "suck", "absent", note=_NO_WORD),
    ActionUnit(38, "nostril dilator", "absent", note=_NO_WORD),
    ActionUnit(39, "nostril compressor", "absent", note=_NO_WORD),
    ActionUnit(43, "eye closure", "measured", _one("eyeBlink*"), sides="LR"),
    ActionUnit(45, "blink", "absent", note=_TIME),
    ActionUnit(46, "wink", "absent", note=_TIME),
    ActionUnit(61, "eyes turn left", "measured", _mean("eyeLookOutLeft", "eyeLookInRight")),
    ActionUnit(62, "eyes turn right", "measured", _mean("eyeLookInLeft", "eyeLookOutRight")),
    ActionUnit(63, "eyes up", "measured", _mean("eyeLookUpLeft", "eyeLookUpRight")),
    ActionUnit(64, "eyes down", "measured", _mean("eyeLookDownLeft", "eyeLookDownRight")),
)


def _units() -> tuple[AuUnit, ...]:
    units = []
    for line in TABLE:
        if line.status == "absent":
            continue
        for letter in line.sides or (line.letter,):
            parts = tuple((weight, name.replace("*", SIDES[letter].title())) for weight, name in line.parts)
            units.append(AuUnit(f"AU{line.number}{letter}", line, parts))
    return tuple(units)


UNITS: tuple[AuUnit, ...] = _units()
"""Every unit that some coefficients speak of, in the order of the table, left before right."""
