"""Which face is which: ids that hold over a recording, from the boxes and from what the faces look like.

Pure functions of both. Boxes of successive frames are joined into tracklets where they overlap the place to which the
face was moving, unless the face there is another at once. Then the end of a tracklet is joined to the start of a later
one: within half a second, wherever it is, if both look all but the same; after a short loss by even motion (so that two
people who cross keep their ids), after a long one only in the same place at the same size. A cut of the film ends all
tracklets, and nothing leads across it but looks that are all but the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.clock.clock import usual_step
from dfe.frontends.assignment import FORBIDDEN, best_pairs
from dfe.frontends.evidence import Evidence, faces_that_change
from dfe.frontends.looks import LookArray
from dfe.frontends.losses import LossConfig, link_over_losses, same_size

NO_ID = -1


@dataclass(frozen=True)
class TrackConfig:
    """When two boxes are the same face."""

    min_overlap: float = 0.3
    """Least intersection over union of a box and where its face was expected, from one frame to the next."""
    max_growth: float = 1.6
    """Largest ratio of sizes between two boxes of one face in successive frames."""
    losses: LossConfig = field(default_factory=LossConfig)
    """When a face that was lost and one that is found are the same."""


Box = tuple[float, float, float, float]


@dataclass(slots=True)
class _Tracklet:
    """Rows of one face in successive frames."""

    rows: list[int] = field(default_factory=list)
    time: float = 0.0
    box: Box = (0.0, 0.0, 0.0, 0.0)
    speed: tuple[float, float] = (0.0, 0.0)

    def expected(self, time: float) -> Box:
        x, y, w, h = self.box
        dt = time - self.time
        return x + self.speed[0] * dt, y + self.speed[1] * dt, w, h

    def add(self, row: int, time: float, box: Box) -> None:
        dt = time - self.time
        if self.rows and dt > 0:
            # Half old, half new: one noisy box does not throw the expectation off.
            share = 0.5 if len(self.rows) > 1 else 1.0
            dx = (box[0] + box[2] / 2 - self.box[0] - self.box[2] / 2) / dt
            dy = (box[1] + box[3] / 2 - self.box[1] - self.box[3] / 2) / dt
            self.speed = (
                self.speed[0] + share * (dx - self.speed[0]),
                self.speed[1] + share * (dy - self.speed[1]),
            )
        self.rows.append(row)
        self.time, self.box = time, box


def identify(
    frame: ArrayLike,
    time_s: ArrayLike,
    boxes: ArrayLike,
    config: TrackConfig | None = None,
    *,
    looks: LookArray | None = None,
    cuts: ArrayLike = (),
) -> IntArray:
    """Face id of each row ``(n,)``, -1 for a row without a box.

    0 is the face with the largest sum of area times time, then 1, 2 ... In still pictures (times NaN) ids are ranks by
    area within the picture.

    Args:
        frame: frame number of each row ``(n,)``, rows of a frame one after the other, frames in order of time.
        time_s: presentation time ``(n,)`` in seconds; NaN for still pictures.
        boxes: x, y, width, height in pixels ``(n, 4)``; NaN for a row without a face.
        config: when two boxes are the same face.
        looks: what each face looks like ``(n, 16, 16)`` (:mod:`dfe.frontends.looks`); zeros where that is not known.
        cuts: numbers of the frames with which a new scene begins, rising.
    """
    config = config or TrackConfig()
    frames = np.asarray(frame, np.int64)
    times = np.asarray(time_s, np.float64)
    corners = np.array(boxes, np.float64).reshape(len(frames), 4)
    corners[:, 2:] = np.maximum(corners[:, 2:], 1e-3)
    has_box = np.isfinite(corners.sum(axis=1))
    ids = np.full(len(frames), NO_ID, np.int64)
    if not has_box.any():
        return ids
    if np.isnan(times).all():
        return _ranks(frames, corners, has_box)
    ordinal = np.cumsum(np.diff(frames, prepend=frames[0]) != 0)
    clock = _clock(ordinal, times)
    evidence = Evidence(looks, _places_of(cuts, frames, ordinal))
    chains = [t.rows for t in _tracklets(ordinal, clock, corners, has_box, config, evidence)]
    chains = evidence.join_alike(chains, ordinal, clock)
    chains = link_over_losses(chains, ordinal, clock, corners, config.losses, evidence)
    # Every frame is listed here, so that a slow stretch of the video is no gap: each is shown until the next one.
    lengths = np.append(np.diff(clock), usual_step(clock))
    area_time = corners[:, 2] * corners[:, 3] * lengths[ordinal]
    weight = [-math.fsum(area_time[rows].tolist()) for rows in chains]
    # Ties go to the face that came first, then to the one on the left: never to the order within a frame.
    keys = [(w, int(ordinal[c[0]]), *corners[c[0]].tolist()) for w, c in zip(weight, chains, strict=True)]
    for rank, place in enumerate(sorted(range(len(chains)), key=keys.__getitem__)):
        ids[chains[place]] = rank
    return ids


def only_largest(ids: IntArray) -> IntArray:
    """Ids ``(n,)`` as :func:`identify` gives them, with -1 for every face but face 0."""
    return np.where(ids == 0, ids, NO_ID)


def changed_faces(frame: ArrayLike, boxes: ArrayLike, looks: LookArray) -> IntArray:
    """Numbers of the frames ``(c,)`` in which a box holds another face than in the frame before, in the same place.

    Args:
        frame: as in :func:`identify`, like all arrays here.
        boxes: NaN for a row without a face.
        looks: of each face.
    """
    frames = np.asarray(frame, np.int64)
    ordinal = np.cumsum(np.diff(frames, prepend=frames[:1]) != 0)
    places = faces_that_change(ordinal, np.nan_to_num(np.asarray(boxes, np.float64)), Evidence(looks))
    return frames[np.searchsorted(ordinal, places)]


def _places_of(cuts: ArrayLike, frames: IntArray, ordinal: IntArray) -> list[int]:
    """Places in the list of frames of those with these numbers, or of the next ones that are listed."""
    rows = np.searchsorted(frames, np.asarray(cuts, np.int64))
    return [int(place) for place in ordinal[rows[rows < len(frames)]]]


def _places(frames: IntArray) -> IntArray:
    """Place of each row among the rows of its frame, from 0; rows of a frame stand together."""
    starts = np.flatnonzero(np.diff(frames, prepend=frames[:1] - 1))
    return np.arange(len(frames)) - np.repeat(starts, np.diff(np.append(starts, len(frames))))


def _ranks(frames: IntArray, boxes: DoubleArray, has_box: BoolArray) -> IntArray:
    ids = np.full(len(frames), NO_ID, np.int64)
    rows = np.flatnonzero(has_box)
    rows = rows[np.lexsort((boxes[rows, 1], boxes[rows, 0], -boxes[rows, 2] * boxes[rows, 3], frames[rows]))]
    ids[rows] = _places(frames[rows])
    return ids


def _clock(ordinal: IntArray, times: DoubleArray) -> DoubleArray:
    """Time of each listed frame, without a hole and never backwards."""
    first = np.flatnonzero(np.diff(ordinal, prepend=-1))
    clock = times[first]
    known = np.isfinite(clock)
    places = np.arange(len(clock))
    return np.maximum.accumulate(np.interp(places, places[known], clock[known]))


def _tracklets(
    ordinal: IntArray,
    clock: DoubleArray,
    boxes: DoubleArray,
    has_box: BoolArray,
    config: TrackConfig,
    evidence: Evidence,
) -> list[_Tracklet]:
    starts = np.searchsorted(ordinal, np.arange(len(clock) + 1)).tolist()
    all_boxes: list[Box] = [(x, y, w, h) for x, y, w, h in boxes.tolist()]
    present, times = has_box.tolist(), clock.tolist()
    active: list[_Tracklet] = []
    out: list[_Tracklet] = []
    for place, time in enumerate(times):
        rows = [row for row in range(starts[place], starts[place + 1]) if present[row]]
        if active and evidence.cut_between(place - 1, place):
            active = []
        expected = [t.expected(time) for t in active]
        scores = [
            [_overlap(e, t.box, all_boxes[row], config) for row in rows] for e, t in zip(expected, active, strict=True)
        ]
        for known, of_one in zip(active, scores, strict=True):
            for j, row in enumerate(rows):
                if of_one[j] > 0 and evidence.forbids(known.rows[-1], row, time - known.time):
                    of_one[j] = FORBIDDEN
        owner: dict[int, _Tracklet] = {rows[j]: active[i] for i, j in best_pairs(scores)}
        following = []
        for row in rows:
            tracklet = owner.get(row)
            if tracklet is None:
                tracklet = _Tracklet()
                out.append(tracklet)
            tracklet.add(row, time, all_boxes[row])
            following.append(tracklet)
        active = following
    return out


def _overlap(expected: Box, last: Box, box: Box, config: TrackConfig) -> float:
    """Intersection over union with the expected box; forbidden where it is too small or the size has jumped."""
    ex, ey, ew, eh = expected
    x, y, w, h = box
    width = min(ex + ew, x + w) - max(ex, x)
    height = min(ey + eh, y + h) - max(ey, y)
    if width <= 0 or height <= 0:
        return FORBIDDEN
    common = width * height
    share = common / (ew * eh + w * h - common)
    if share < config.min_overlap or not same_size(math.sqrt(last[2] * last[3]), math.sqrt(w * h), config.max_growth):
        return FORBIDDEN
    return share
