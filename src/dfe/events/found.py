"""What was found in a recording: its events, and the time in which they could be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, get_args, overload

from dfe.base.frames import data_frame
from dfe.base.types import DoubleArray
from dfe.displays.units import DisplayName, Unit
from dfe.events.config import EventConfig
from dfe.formats.event import Event, Kind
from dfe.recording.eyes import Usual

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class FaceTime:
    """When one face was seen, and when its owner spoke."""

    face_id: int
    seen: DoubleArray
    """``(k, 2)`` start and end of the time in which it was seen, seconds."""
    stretches: DoubleArray
    """``(s, 2)`` stretches between gaps, lost frames bridged: an event that begins with one may have begun before."""
    speech: DoubleArray | None = None
    """``(k, 2)`` stretches of speech; None where speech is not known."""
    gaze: bool = True
    """Whether the recording has the columns that shifts of its gaze are found in."""
    blinks: bool = True
    """Whether the recording has the closure of its eyes."""
    looks: bool = True
    """Whether the recording has the direction of its gaze."""

    def saw_begin(self, event: Event) -> bool:
        """Whether an event of this face began in sight: it was not under way already when a stretch began."""
        return event.onset_s not in self._starts

    @cached_property
    def _starts(self) -> frozenset[float]:
        return frozenset(self.stretches[:, 0].tolist())

    @property
    def exposure_s(self) -> float:
        """Seconds in which it was seen."""
        return float((self.seen[:, 1] - self.seen[:, 0]).sum())


@dataclass(frozen=True, eq=False)
class EventList(Sequence[Event]):
    """Events of a recording in order of onset, and all that rates need to know about it."""

    events: tuple[Event, ...]
    source: str
    """Name of the recording's video."""
    duration_s: float
    """From the first frame of the recording to the end of its last one."""
    faces: tuple[FaceTime, ...]
    config: EventConfig
    tokenizer: str = ""
    """``name@version`` of the tokenizer."""
    names: dict[int, DisplayName] = field(default_factory=dict)
    """Displays that were looked for, by their number."""
    groups: tuple[Unit, ...] = ()
    """Groups of displays that were looked for."""
    usual: dict[int, Usual] = field(default_factory=dict)
    """What is usual for the eyes of each face, and whose that is; empty where the eyes are not measured."""
    fleeting: dict[int, float] = field(default_factory=dict)
    """Seconds for which each face is seen that is seen for a moment only, by its number; left out, and often no face
    at all, unless the configuration takes them too."""
    resting: dict[int, str] = field(default_factory=dict)
    """Whose resting face each face was measured against, in the words of :mod:`dfe.recording.neutrals`."""
    notes: tuple[str, ...] = ()
    """What could not be looked for, and why: one line each."""

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | Sequence[Event]:
        return self.events[index]

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def to_pandas(self) -> pd.DataFrame:
        """A row for each event: face_id, kind, display, label, region, onset_s, apex_s, offset_s, duration_s, intensity
        (mm of displays, groups and lids, degrees of gaze, 0 to 1 of blinks and shifts), censored, speaking.

        Raises:
            DfeError: pandas is not installed.
        """
        names = [one.name for one in fields(Event)]
        rows = [asdict(event) | {"duration_s": event.duration_s} for event in self.events]
        return data_frame(
            rows, [*names[: names.index("offset_s") + 1], "duration_s", *names[names.index("intensity") :]]
        )

    def __repr__(self) -> str:
        kinds = ", ".join(f"{sum(e.kind == kind for e in self.events)} {kind}" for kind in get_args(Kind))
        faces = f"{len(self.faces)} face{'' if len(self.faces) == 1 else 's'}"
        return f"<EventList {self.source!r}: {kinds} events, {faces}, {self.tokenizer}>"

    def _repr_html_(self) -> str:
        from dfe.pages.notebook import notebook_table

        rows = [
            (
                e.face_id,
                e.label,
                e.kind,
                f"{e.onset_s:.2f}",
                f"{e.apex_s:.2f}",
                f"{e.offset_s:.2f}",
                f"{e.intensity:.2f}",
            )
            for e in self.events
        ]
        columns = ("face", "what", "kind", "onset, s", "apex, s", "offset, s", "intensity")
        return notebook_table(f"{len(rows)} events in {self.source}", columns, rows)
