"""What is noticed while a recording's pictures are looked at: sizes, scenes, treatment, and the looks of faces."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.defects import Defect
from dfe.base.types import DoubleArray, FloatArray, Frame, IntArray
from dfe.frontends.base import NO_DETAIL, Face, FrameFaces
from dfe.frontends.looks import LOOK_SHAPE, LookArray
from dfe.frontends.repeats import UNKNOWN, Thin, change_within, thinned
from dfe.media.combing import COMBED, ENOUGH, EVERY, combed_share
from dfe.media.dissolves import find_dissolves
from dfe.media.probe import INTERLACED
from dfe.media.scenes import SCENE_SHAPE, find_cuts, scene_of

_NO_LOOK = bytes(int(np.prod(LOOK_SHAPE)))
_NAMED = 3
_ARRAYS, _BYTES = ("_frame", "_time", "_size", "_details", "_changes"), ("_scenes", "_looks")
_COUNTS = ("_deinterlaced", "_combed", "_combs_sought", "_crowded", "_looked_at", "_damaged", "_first_pages")


class Watch:
    """Fills as frames pass through it; about 210 bytes a frame and 265 a row. Parts are put together in their order.

    Args:
        mirrored: boxes of faces are those of the picture flipped.
    """

    def __init__(self, *, mirrored: bool = False) -> None:
        self._mirrored = mirrored
        self._frame, self._time = array("i"), array("d")
        self._size, self._details, self._changes = array("i"), array("f"), array("f")
        self._passed: deque[tuple[int, Thin | None]] = deque()
        self._scenes = bytearray()
        self._looks = bytearray()
        self._deinterlaced = 0
        self._combed, self._combs_sought = 0, 0
        self._crowded = 0
        self._looked_at = 0
        self._damaged = 0
        self._first_pages = 0

    def passing(self, frames: Iterator[Frame], first: int) -> Iterator[Frame]:
        """The same frames; those from number ``first`` on are noted."""
        for frame in frames:
            self._looked_at += frame.index >= first
            self._pass(frame, first)
            self._damaged += frame.index >= first and (frame.image is None or frame.reason is not None)
            if frame.index >= first and frame.image is not None:
                self._frame.append(frame.index)
                self._time.append(frame.time_s)
                self._size.extend(frame.image.shape[1::-1])
                self._scenes += scene_of(frame.image).tobytes()
                self._deinterlaced += "deinterlaced" in frame.treated
                self._first_pages += "first_page" in frame.treated
                if frame.index % EVERY == 0 and "deinterlaced" not in frame.treated:
                    self._combs_sought += 1
                    self._combed += combed_share(frame.image) >= COMBED
            yield frame

    def note(self, seen: FrameFaces) -> None:
        """Note the faces of a frame, a look and a detail for each row that it makes."""
        self._crowded += seen.more
        before, now = self._pair(seen.frame)
        for face in seen.faces:
            self._looks += _NO_LOOK if face.look is None else face.look.tobytes()
            self._details.append(NO_DETAIL if face.detail is None else face.detail)
            self._changes.append(self._change(before, now, face))
        if not seen.faces:
            self._looks += _NO_LOOK
            self._details.append(NO_DETAIL)
            self._changes.append(UNKNOWN)

    def _pass(self, frame: Frame, first: int) -> None:
        """Keep a thin picture until its faces are noted, and those of the next frame."""
        if frame.index < first:
            self._passed.clear()
        timed = frame.image is not None and np.isfinite(frame.time_s)
        self._passed.append((frame.index, thinned(frame.image) if timed and frame.image is not None else None))

    def _pair(self, number: int) -> tuple[Thin | None, Thin | None]:
        """The pictures of the frame before the one of this number, and of that one."""
        before = None
        while self._passed and self._passed[0][0] < number:
            before = self._passed.popleft()[1]
        return before, self._passed[0][1] if self._passed else None

    def _change(self, before: Thin | None, now: Thin | None, face: Face) -> float:
        if before is None or now is None:
            return UNKNOWN
        x, y, width, height = face.box
        return change_within(before, now, (now.size[1] - x - width if self._mirrored else x, y, width, height))

    def extend(self, later: Watch) -> None:
        """Add what was noted in the part after this one."""
        for name in (*_ARRAYS, *_BYTES):
            getattr(self, name).extend(getattr(later, name))
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(later, name))

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """All that was noted as arrays, from which :meth:`of_arrays` makes the same."""
        found = {name: np.array(getattr(self, name)) for name in _ARRAYS}
        found |= {name: np.frombuffer(bytes(getattr(self, name)), np.uint8) for name in _BYTES}
        return found | {"counts": np.array([getattr(self, name) for name in _COUNTS], np.int64)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Watch:
        """What :meth:`as_arrays` told of.

        Raises:
            KeyError: an array is missing.
            ValueError: one is not like the rest.
        """
        made = cls()
        for name in _ARRAYS:
            getattr(made, name).frombytes(arrays[name].tobytes())
        for name in _BYTES:
            getattr(made, name).extend(arrays[name].tobytes())
        for name, count in zip(_COUNTS, arrays["counts"].tolist(), strict=True):
            setattr(made, name, count)
        return made

    def pictures(self) -> WatchedPictures:
        """What came of it."""
        time = np.array(self._time)
        scenes = np.frombuffer(self._scenes, np.uint8).reshape(-1, *SCENE_SHAPE)
        frame = np.array(self._frame, np.int64)
        timed = len(time) > 0 and bool(np.isfinite(time).all())
        dissolves = frame[find_dissolves(scenes, time)] if timed else np.empty((0, 2), np.int64)
        return WatchedPictures(
            frames=frame,
            times=time,
            sizes=np.array(self._size, np.int64).reshape(-1, 2),
            cuts=frame[find_cuts(scenes, time)] if timed else frame[:0],
            looks=np.frombuffer(self._looks, np.uint8).reshape(-1, *LOOK_SHAPE),
            details=np.array(self._details, np.float32),
            changes=np.array(self._changes, np.float32),
            dissolves=dissolves,
            deinterlaced=self._deinterlaced,
            combed=(self._combed, self._combs_sought),
            crowded=self._crowded,
            first_pages=self._first_pages,
            looked_at=self._looked_at,
            damaged=self._damaged,
        )


@dataclass(frozen=True, eq=False)
class WatchedPictures:
    """What the pictures of a recording were like."""

    frames: IntArray
    """Numbers of the frames that could be decoded ``(f,)``."""
    times: DoubleArray
    """When each is shown, in seconds ``(f,)``; NaN for pictures."""
    sizes: IntArray
    """Width and height of each in pixels ``(f, 2)``."""
    cuts: IntArray
    """Numbers of the frames with which a new scene begins."""
    looks: LookArray
    """Of each row ``(n, 16, 16)``."""
    details: FloatArray
    """Of each row: how much fine detail the picture of its face holds ``(n,)``; NaN where that is not known."""
    changes: FloatArray
    """Of each row: how much the picture of its face differs from that of the frame before ``(n,)``, in grey levels; NaN
    where that is not known."""
    dissolves: IntArray
    """Numbers of the last frame before and the first one after each dissolve from one scene to another ``(d, 2)``."""
    deinterlaced: int = 0
    combed: tuple[int, int] = (0, 0)
    """Pictures in which every second line stands apart, and pictures that were looked at for that."""
    crowded: int = 0
    """Frames with more faces than were looked for."""
    first_pages: int = 0
    """Pictures in files of which further pages were not read."""
    looked_at: int = 0
    damaged: int = 0
    """Frames that could not be decoded, or only in part."""

    @property
    def begins(self) -> IntArray:
        """Numbers of the frames with which a scene begins, or the dissolve to one: no face is followed across."""
        inside = np.searchsorted(self.frames, self.dissolves[:, 0]) + 1
        return np.unique(np.concatenate([self.cuts, self.frames[inside], self.dissolves[:, 1]]))

    def looks_of(self, frame: IntArray) -> LookArray:
        """The look of each row in these frames ``(n,)``; none inside a dissolve, where faces are mixtures of two."""
        if not len(self.dissolves):
            return self.looks
        mixed = np.any([(frame > first) & (frame < last) for first, last in self.dissolves.tolist()], axis=0)
        return np.where(mixed[:, None, None], 0, self.looks).astype(np.uint8)

    def one_size(self, frame: IntArray, boxes: FloatArray) -> DoubleArray:
        """Boxes ``(n, 4)`` of rows in these frames, in pixels of a picture of the first one's size.

        So that a face keeps its place where a film changes its size and shows the same.
        """
        own = boxes.astype(np.float64)
        if not len(self.sizes) or (self.sizes == self.sizes[0]).all():
            return own
        place = np.searchsorted(self.frames, frame).clip(0, len(self.frames) - 1)
        scale = self.sizes[0] / self.sizes[place]
        return np.asarray(own * np.hstack([scale, scale]))

    def defects(
        self, known: Sequence[Defect], *, max_faces: int, changes: IntArray, stills: bool
    ) -> tuple[Defect, ...]:
        """What a reader of the rows should know, beyond what is known already of the file as a whole.

        Args:
            known: defects of the file as a whole.
            max_faces: faces looked for.
            changes: numbers of the frames in which a box held another face at once.
            stills: the pictures are no film, so they may differ in size.
        """
        found = []
        if not stills:
            found += self._size_change()
            found += self._cuts(changes)
            found += self._combing()
        if self.damaged:
            what = "pictures" if stills else "frames"
            words = f"{self.damaged} of {self.looked_at} {what} are damaged or could not be read"
            found.append(Defect("damage", words))
        kinds = {defect.kind for defect in known}
        if self.deinterlaced and "interlaced" not in kinds:
            found.append(Defect("interlaced", f"{INTERLACED} ({self.deinterlaced} of {len(self.frames)} frames)"))
        if self.first_pages:
            of = "a file holds" if self.first_pages == 1 else f"{self.first_pages} files hold"
            advice = "save a stack of pictures as single files, or as a film"
            found.append(Defect("pages", f"{of} several pages, of which only the first was read: {advice}"))
        if self.crowded:
            what = "picture" if stills else "frame"
            words = (
                f"more faces than the {max_faces} looked for, in {self.crowded} {what}{'s' * (self.crowded > 1)}: "
                "which ones were measured is chance (--max-faces looks for more)"
            )
            found.append(Defect("face_limit", words))
        return tuple(found)

    def _size_change(self) -> list[Defect]:
        at = np.flatnonzero((self.sizes[1:] != self.sizes[:-1]).any(axis=1)) + 1
        if not len(at):
            return []
        places = ", ".join(f"{self.sizes[i][0]} x {self.sizes[i][1]} from frame {self.frames[i]}" for i in at[:_NAMED])
        more = f" and {len(at) - _NAMED} changes more" if len(at) > _NAMED else ""
        first = f"{self.sizes[0][0]} x {self.sizes[0][1]}"
        words = f"the size of the pictures changes: {first}, then {places}{more}; boxes are in pixels of their frame"
        return [Defect("size_change", words)]

    def _cuts(self, changes: IntArray) -> list[Defect]:
        if len(self.dissolves):
            inside = np.any([(changes > a) & (changes <= b) for a, b in self.dissolves.tolist()], axis=0)
            changes = changes[~inside]
        at = np.union1d(self.cuts, _apart(changes, self.cuts))
        found = [] if not len(self.dissolves) else [self._dissolved()]
        if not len(at):
            return found
        times = self.times[np.searchsorted(self.frames, at).clip(0, len(self.times) - 1)]
        places = ", ".join(f"{time:.2f} s" for time in times[:_NAMED]) + (", ..." if len(at) > _NAMED else "")
        number = "a cut" if len(at) == 1 else f"{len(at)} cuts"
        words = f"{number} ({places}): a face keeps its id there only where it looks the same on both sides"
        return [Defect("cuts", words), *found]

    def _dissolved(self) -> Defect:
        times = self.times[np.searchsorted(self.frames, self.dissolves)]
        places = ", ".join(f"{first:.2f} to {last:.2f} s" for first, last in times[:_NAMED].tolist())
        number = "a scene dissolves" if len(times) == 1 else f"{len(times)} scenes dissolve"
        more = ", ..." if len(times) > _NAMED else ""
        return Defect("cuts", f"{number} into another ({places}{more}): faces there are mixtures, and ids end")

    def _combing(self) -> list[Defect]:
        combed, sought = self.combed
        if combed < 2 or combed < ENOUGH * sought:
            return []
        words = (
            f"it looks interlaced and does not say so ({combed / sought:.0%} of the pictures looked at): every second "
            "line is of another moment; deinterlace it first (docs/how-to.md)"
        )
        return [Defect("combed", words)]


def changed_defect(files: Sequence[Path], called: Mapping[str, str] | None = None) -> tuple[Defect, ...]:
    """The defect of files that changed while they were read; none where there are no such files.

    Args:
        files: that changed.
        called: what they are called in results, where not by their names.
    """
    if not files:
        return ()
    known = called or {}
    names = ", ".join(known.get(path.name, path.name) for path in files[:_NAMED]) + (
        ", ..." if len(files) > _NAMED else ""
    )
    return (Defect("changed", f"changed while it was read, so that rows may be of either state: {names}"),)


def _apart(changes: IntArray, cuts: IntArray) -> IntArray:
    """Changes of faces that are no part of a cut, and of those in successive frames the first."""
    alone = np.array([c for c in changes.tolist() if not (np.abs(cuts - c) <= 1).any()], np.int64)
    return np.array([b for a, b in pairwise([-2, *alone.tolist()]) if b > a + 1], np.int64)
