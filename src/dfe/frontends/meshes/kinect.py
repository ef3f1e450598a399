"""Face points of a Kinect's tracker as text: x and y in pixels of the picture, z in millimetres.

The layout is that of the UCI set "Grammatical Facial Expressions" (F. A. Freitas et al., FLAIRS 2014): a header
``0x 0y 0z 1x ...`` (in some files behind a ``0.0`` that stands for the time) and a line a frame, a time in seconds and
then the points. Three things about these files are known from the data alone:

- What stands after the decimal point of a time is a number of milliseconds WITHOUT its leading zeros: ``453.97`` is
  0.097 s after ``453``. Read so, the times of all files rise throughout, at 16 to 19 frames per second; read as written
  they jump back up to 0.8 s at every new second.
- A depth of 0 says that the sensor had none; and where a point slips off the edge of the face its depth is the
  wall's. Points without depth, or more than :data:`DEEPEST_MM` from the middle depth of the face, are missing.
- x and y fit a picture of 640 x 480 pixels and the nominal focal length that Kinect's own software gives for it.

Points in millimetres come of it, seen by a camera at zero, +y up and +z towards the camera. All x and y of a frame are
scaled by its middle depth (weak perspective), so that the noise of a point's depth does not shake the point sideways.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray, FloatArray

FOCAL_PX = 531.15
"""``NUI_CAMERA_COLOR_NOMINAL_FOCAL_LENGTH_IN_PIXELS`` of the Kinect for Windows SDK 1.8, for 640 x 480 pixels."""
CENTRE_PX = (320.0, 240.0)
DEEPEST_MM = 150.0
"""No part of a face lies farther than this behind or before the middle of its points."""

_HEADER = re.compile(rb"\s*(?:[0.]+\s+)?0x\s+0y\s+0z(?:\s+\d+[xyz])*\s*")


class KinectPoints(NamedTuple):
    """What such a file holds."""

    points: FloatArray
    """``(T, V, 3)`` mm; NaN where a point is missing."""
    time_s: DoubleArray
    """``(T,)`` from the first frame."""
    repaired: bool
    """Times were put right."""
    warnings: tuple[str, ...]


def is_kinect(first_line: bytes) -> bool:
    """Whether a file with this first line is of the kind."""
    return _HEADER.fullmatch(first_line[:65536].rstrip(b"\r\n")) is not None


def read_kinect(data: bytes, where: str) -> KinectPoints:
    """Points and times in such a file's bytes.

    Raises:
        TableError: another header, a line with other than the header's number of fields, or a word that is no number.
    """
    lines = data.split(b"\n")
    if not is_kinect(lines[0]):
        raise TableError("does not begin with a header 0x 0y 0z 1x ...", where=where)
    names = re.findall(rb"(\d+)([xyz])", lines[0])
    count = len(names) // 3
    if [(int(n), a) for n, a in names] != [(i, bytes([a])) for i in range(count) for a in b"xyz"]:
        raise TableError("its header does not count the points 0x 0y 0z 1x 1y 1z ...", where=f"{where}, line 1")
    rows, seconds, written = [], [], []
    for number, line in enumerate(lines[1:], 2):
        words = line.split()
        if not words:
            continue
        if len(words) != 1 + 3 * count:
            what = f"{len(words)} fields, not a time and 3 x {count} coordinates"
            raise TableError(what, where=f"{where}, line {number}")
        try:
            rows.append(np.array(words[1:], np.float64))
            written.append(float(words[0]))
            seconds.append(_seconds(words[0]))
        except (ValueError, OverflowError):
            raise TableError("a word that is no number", where=f"{where}, line {number}") from None
    if not rows:
        raise TableError("holds no frame", where=where)
    raw = np.stack(rows).reshape(len(rows), count, 3)
    time_s, repaired, said = _times(np.array(written), np.array(seconds))
    points, lost = _millimetres(raw)
    if lost:
        said = (*said, f"{lost:.1%} of the points have no depth, or that of the wall: they are missing")
    return KinectPoints(points, time_s, repaired, said)


def _seconds(word: bytes) -> float:
    """A time whose fraction is a number of milliseconds; NaN where it cannot be one."""
    whole, _, fraction = word.partition(b".")
    if len(fraction) > 3 or not whole.isdigit() or (fraction and not fraction.isdigit()):
        return np.nan
    return int(whole) + int(fraction or b"0") / 1000


def _times(written: DoubleArray, unpadded: DoubleArray) -> tuple[DoubleArray, bool, tuple[str, ...]]:
    if np.isfinite(written).all() and (np.diff(written) > 0).all():
        return written - written[0], False, ()
    if np.isfinite(unpadded).all() and (np.diff(unpadded) > 0).all():
        said = "times read with the fraction as milliseconds without leading zeros: as written they jump back"
        return unpadded - unpadded[0], True, (said,)
    return np.arange(len(written)) / 30, True, ("the times do not rise: 30 frames per second are assumed",)


def _millimetres(raw: DoubleArray) -> tuple[FloatArray, float]:
    """Points in mm, and the share of them that is missing."""
    depth = np.where(np.isfinite(raw[..., 2]) & (raw[..., 2] > 0), raw[..., 2], np.nan)
    faces = np.isfinite(depth).any(axis=1)
    middle = np.full(len(raw), np.nan)
    middle[faces] = np.nanmedian(depth[faces], axis=1)
    with np.errstate(invalid="ignore"):
        missing = ~(np.abs(depth - middle[:, None]) <= DEEPEST_MM) | ~np.isfinite(raw).all(axis=2)
    points = np.empty(raw.shape)
    points[..., 0] = (raw[..., 0] - CENTRE_PX[0]) * (middle / FOCAL_PX)[:, None]
    points[..., 1] = (CENTRE_PX[1] - raw[..., 1]) * (middle / FOCAL_PX)[:, None]
    points[..., 2] = -depth
    points[missing] = np.nan
    with np.errstate(over="ignore"):
        return points.astype(np.float32), float(missing.mean())
