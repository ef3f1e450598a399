"""What counts as an event: thresholds in mm, times in seconds; nothing depends on the camera's frame rate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from dfe.base.errors import UsageError

RestingChoice = Literal["recorded", "population"]
"""Against whose resting face displays count: the one that the recording was measured against, or everybody's."""


@dataclass(frozen=True)
class EventConfig:
    """How displays, blinks and shifts of gaze are found; see ``docs/decisions/0010-events.md`` for the defaults.

    The defaults hold wherever events are found: for their table, for rates of groups, for reliability, for bags.

    Raises:
        UsageError: a value that makes no sense.
    """

    rate: float = 25.0
    """Samples per second that everything is brought to."""
    smoothing_s: float = 0.08
    """Standard deviation of the Gaussian that smooths displays, seconds; 0: none."""
    on_mm: float = 0.3
    """An event reaches at least this at its apex."""
    off_mm: float = 0.1
    """An event lasts while the display stays at or above this."""
    group_factor: float = 2.0
    """A group of several displays has thresholds so many times as high: it sums them, and so does their noise."""
    min_s: float = 0.2
    """Shorter displays are no events."""
    merge_s: float = 0.2
    """Two events of a display with less than this between them are one."""
    all_rows: bool = False
    """Take rows that are not usable (turned, small, covered, frozen, blurred faces) too; else they count as no face."""
    unsteady: bool = False
    """Look also at displays that come and go with the picture's noise, as the tokenizer's card says."""
    fleeting: bool = False
    """Take faces that are seen for a moment only too; they are often no faces (cartoons, patterns)."""
    resting_face: RestingChoice = "recorded"
    """``population``: as if everybody's resting face were each person's own, to see what the own one changes."""
    blink_on: float = 0.25
    """Closure over the eyes' usual opening that a blink reaches, 0 to 1."""
    blink_min_s: float = 0.05
    blink_max_s: float = 0.5
    """A longer closure is no blink."""
    gaze_on: float = 0.15
    """Size of the smallest shift of gaze, in the units of the gaze columns, 0 to 1."""
    gaze_window_s: float = 0.16
    """A shift of gaze happens within about this time; slower drifts are none."""

    @property
    def counted(self) -> str:
        """Which rows and displays count, in words for reports."""
        every = "all rows with a face, turned, small, covered, frozen and blurred ones too"
        rows = every if self.all_rows else "usable rows only"
        steady = (
            f"{'with' if self.unsteady else 'without'} unsteady displays, which come and go with the picture's noise"
        )
        moment = ", faces for a moment too" if self.fleeting else ""
        everybodys = ", against everybody's resting face" if self.resting_face == "population" else ""
        return f"{rows}, {steady}{moment}{everybodys}"

    def __post_init__(self) -> None:
        if self.resting_face not in get_args(RestingChoice):
            raise UsageError(f"resting_face is {self.resting_face!r}, neither recorded nor population", where="events")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "resting_face":
                continue
            if isinstance(field.default, bool):
                if not isinstance(value, bool):
                    raise UsageError(f"{field.name} is {value!r}, neither true nor false", where="events")
            elif isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
                raise UsageError(f"{field.name} is {value!r}, not a number from 0 up", where="events")
        if not 10 <= self.rate <= 1000:
            raise UsageError(f"rate is {self.rate:g}, not between 10 and 1000 samples a second", where="events")
        if not 0 < self.off_mm <= self.on_mm:
            raise UsageError("off_mm must lie above 0 and not above on_mm", where="events")
        if self.group_factor < 1:
            raise UsageError("group_factor is below 1", where="events")
        if not self.blink_on > 0 or self.blink_min_s > self.blink_max_s:
            raise UsageError("blink_on must be above 0, and blink_min_s not above blink_max_s", where="events")
        if not (self.gaze_on > 0 and 0 < self.gaze_window_s <= 1):
            raise UsageError("gaze_on and gaze_window_s (at most a second) must be above 0", where="events")
        if self.smoothing_s > 2:
            raise UsageError("smoothing_s is over 2 seconds", where="events")
