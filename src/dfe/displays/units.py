"""What is counted: displays of the skin, displays of the eyes, and groups of displays, all described alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UnitKind = Literal["display", "eyes", "group"]
"""``display``: one display of the tokenizer, or several merged into one; ``eyes``: lids or gaze; ``group``: displays
under one plain name."""

Measure = Literal["mm", "degrees"]


@dataclass(frozen=True)
class DisplayName:
    """How a display is called in lists of events."""

    label: str
    region: str
    """The region of the face that it moves most."""


@dataclass(frozen=True)
class Unit:
    """One thing that a face can show, and how its intensity is told."""

    token: str
    """What stands in columns called ``token``: the display's number, or the name of a group or of an eye display."""
    kind: UnitKind
    label: str
    region: str
    displays: tuple[int, ...] = ()
    """Numbers of the displays behind it; none for eyes."""
    measure: Measure = "mm"
    on: float | None = None
    """An event reaches this, and a row at or above it shows the unit. None: events as
    :class:`~dfe.events.config.EventConfig` says, and a row shows it where a token says it."""
    off: float | None = None
    """An event lasts while the intensity is at or above this; None likewise."""
    min_s: float | None = None
    """Shorter events are none; None likewise."""


WAYS = ("left", "right", "up", "down")
REGIONS = ("brow", "eyes", "nose", "cheeks", "mouth", "jaw", "face", "silence")
"""Names that tables of comparisons use for all displays of a region, and for none."""

LIDS = ("lids", "lids left", "lids right")
GAZE = tuple(f"gaze {way}" for way in WAYS)

LIDS_ON_MM, LIDS_OFF_MM = 4.0, 2.0
ONE_LID_ON_MM, ONE_LID_OFF_MM = 1.5, 0.7
GAZE_ON_DEG, GAZE_OFF_DEG = 10.0, 6.0
BLINK_MAX_S = 0.5
"""A closure of both eyes for longer is no blink: the eyes are closed."""

EYES: tuple[Unit, ...] = (
    Unit("lids", "eyes", "eyes closed", "eyes", (), "mm", LIDS_ON_MM, LIDS_OFF_MM, BLINK_MAX_S),
    Unit("lids left", "eyes", "left eye closed alone", "eyes", (), "mm", ONE_LID_ON_MM, ONE_LID_OFF_MM),
    Unit("lids right", "eyes", "right eye closed alone", "eyes", (), "mm", ONE_LID_ON_MM, ONE_LID_OFF_MM),
    *(Unit(name, "eyes", name, "eyes", (), "degrees", GAZE_ON_DEG, GAZE_OFF_DEG) for name in GAZE),
)
"""The displays of the eyes, beside the skin's; left and right are the subject's."""
