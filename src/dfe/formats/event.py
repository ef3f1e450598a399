"""One display of one face, from its onset to its offset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["display", "group", "eyes", "blink", "gaze"]


@dataclass(frozen=True, slots=True)
class Event:
    """A display, a group of displays or a display of the eyes that comes and goes, a blink, or a shift of gaze.

    Times are seconds from the start of the recording.
    """

    face_id: int
    kind: Kind
    display: int
    """Number of the display in its tokenizer; 0 for all but displays."""
    label: str
    """Name of the display (the user's own, if there is one), of the group or of the display of the eyes, ``blink``, or
    ``gaze shift left`` and the like."""
    region: str
    """Region of the face that it moves most; ``eyes`` for all that the eyes do."""
    onset_s: float
    apex_s: float
    offset_s: float
    intensity: float
    """At the apex: mm of displays, groups and lids, degrees of gaze; 0 to 1 for blinks and shifts of gaze."""
    censored: bool = False
    """True where it touches a gap or the end of the recording, so that its true duration is not known."""
    speaking: bool | None = None
    """Whether the face's owner speaks at the apex; None where speech is not known."""

    @property
    def duration_s(self) -> float:
        """From onset to offset."""
        return self.offset_s - self.onset_s
