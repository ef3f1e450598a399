"""A recording whose parts are compared, with all that its parts have in common: worked out once, however many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray
from dfe.clock.clock import row_times
from dfe.displays.units import DisplayName
from dfe.displays.vocabulary import Vocabulary
from dfe.events.found import EventList
from dfe.recording.copies import whole_of
from dfe.recording.faces import sole_face
from dfe.recording.recording import Recording


class Shown(NamedTuple):
    """The main displays of one face."""

    main: IntArray
    """``(k,)`` of the rows that count and have tokens: the number of the display, 0 for nothing."""
    start_s: DoubleArray
    """``(k,)`` when the time that each row stands for begins."""
    end_s: DoubleArray


@dataclass(frozen=True, eq=False)
class Recorded:
    """A recording, and the events in it."""

    path: Path
    recording: Recording
    found: EventList
    words: Vocabulary

    @cached_property
    def whole(self) -> tuple[float, float]:
        """When it begins and ends, in seconds."""
        return whole_of(self.recording)

    @cached_property
    def sole_face(self) -> int:
        """Its only face.

        Raises:
            TableError: several faces last in it.
        """
        return sole_face(self.recording, self.path)

    @cached_property
    def expressions(self) -> FloatArray:
        """``(n, D)``."""
        return self.recording.expressions()

    @cached_property
    def frames(self) -> IntArray:
        """``(n,)``."""
        return np.asarray(self.recording.frames)

    @cached_property
    def times(self) -> DoubleArray:
        """``(n,)`` seconds."""
        return self.recording.times

    @cached_property
    def _counts(self) -> BoolArray:
        return self.recording.success if self.found.config.all_rows else self.recording.usable

    @cached_property
    def _face_ids(self) -> IntArray:
        return np.asarray(self.recording.face_ids)

    @cached_property
    def _main(self) -> IntArray:
        return self.words.merged(self.recording.tokens()).display[:, 0].astype(np.int64)

    @cached_property
    def _shown(self) -> dict[int, Shown]:
        return {}

    def counted(self, face: int) -> BoolArray:
        """``(n,)`` rows of a face that count."""
        return np.asarray(self._counts & (self._face_ids == face))

    def shown(self, face: int) -> Shown:
        """The main displays of a face, each that of the first token."""
        if face not in self._shown:
            known = self.counted(face) & (self._main >= 0)
            start, end = row_times(self.frames, self.times, self._face_ids, known)[known].T
            self._shown[face] = Shown(self._main[known], start, end)
        return self._shown[face]

    def by_region(self, numbers: dict[str, int]) -> EventList:
        """The events of displays, each under the number of its region, and no others.

        Args:
            numbers: of regions.
        """
        return replace(
            self.found,
            events=tuple(replace(e, display=numbers[e.region]) for e in self.found if e.kind == "display"),
            names={number: DisplayName(name, name) for name, number in numbers.items()},
            groups=(),
            faces=tuple(replace(face, blinks=False, gaze=False, looks=False) for face in self.found.faces),
        )
