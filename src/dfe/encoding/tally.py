"""Frames done and to do over all sources of a run, for a remaining time that can be believed."""

from __future__ import annotations

from collections.abc import Sequence

from dfe.base.types import Progress


class Tally:
    """Counts as tasks go on; what is to do is put right as sources turn out longer or shorter.

    Args:
        progress: told of every change.
        expected: frames of each source, None where they are not known.
    """

    def __init__(self, progress: Progress | None, expected: Sequence[int | None]) -> None:
        self._progress, self._expected = progress, expected
        self._unknown = sum(frames is None for frames in expected)
        self._total = sum(frames or 0 for frames in expected)
        self._ready: dict[int, int] = {}
        self._under_way: dict[tuple[int, int], int] = {}
        self._done = 0
        """Frames of tasks that are ready or under way, all told."""
        self._tell()

    def within(self, source: int, part: int, done: int) -> None:
        """So many frames of a part of a source that is under way."""
        key = source, part
        self._done += done - self._under_way.get(key, 0)
        self._under_way[key] = done
        self._tell()

    def finish(self, source: int, part: int, frames: int) -> None:
        """A part is done."""
        self._done += frames - self._under_way.pop((source, part), 0)
        self._ready[source] = self._ready.get(source, 0) + frames
        self._tell()

    def settle(self, source: int) -> None:
        """No more is to come of a source, however much was expected."""
        for key in [key for key in self._under_way if key[0] == source]:
            self._done -= self._under_way.pop(key)
        expected = self._expected[source]
        self._unknown -= expected is None
        self._total += self._ready.pop(source, 0) - (expected or 0)
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done, None if self._unknown else max(self._total, self._done))
