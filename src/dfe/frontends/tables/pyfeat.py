"""Tables of py-feat 2 (``Fex``): its mesh, 52 coefficients, boxes, scores, head pose; no face is a failure.

Its mesh has our front end's 478 points, x and y in pixels, z in widths of the box: so the face model fits it best, to
0.41 mm (a fifth more or less leaves 0.5 to 0.65). The coefficients are those of the network that our default front end
asks, so they are brought to version 2 of ``arkit51/face41``: sigmoids back to logits, then a linear map that
``scripts/make_pyfeat_reading.py`` fits. Tables without coefficients (py-feat 0.x) are read by their 68 points. Its
action units are read by :mod:`dfe.facs.tables`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dfe.base.cells import Cells, header_of
from dfe.base.columns import Columns, read_columns
from dfe.base.errors import ModelError, TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray, IntArray, Progress
from dfe.clock.stamps import settle_times
from dfe.frontends.spec import FrontEndOptions, FrontEndSpec
from dfe.frontends.tables.names import find_names, lacking_names
from dfe.frontends.tables.openface import read_points
from dfe.frontends.tables.rows import box_of, failures, frame_order, whole_numbers
from dfe.recording.measured import Measured
from dfe.space.arkit import ARKIT_NAMES, BLINK_NAMES, GAZE_NAMES
from dfe.space.registry import load_space

if TYPE_CHECKING:
    from dfe.frontends.landmarks.reading import LinearMap

NO_FACE = "no face found (py-feat)"
POSE = ("Pitch", "Yaw", "Roll")
"""Radians; each has the sign opposite to ours, as its meshes show."""
BOX = ("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight")
USUAL_RATES = (12, 15, 20, 24, 25, 30, 48, 50, 60, 120)

_POINTS = tuple(f"{axis}_{i}" for i in range(68) for axis in "xy")
_MESH_POINTS = 478
_MESH = tuple(f"mesh_{axis}_{i}" for i in range(_MESH_POINTS) for axis in "xyz")
_SURE = 2.0**-9
"""Half of what the last bit of a bfloat16 just below 1 says; py-feat computes in those."""
_LEAST = 1e-9
_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif"}


class PyFeatReader:
    """Reads py-feat's tables into version 2 of ``arkit51/face41``.

    Args:
        options: ``rate`` (py-feat writes whole seconds only, so the rate is guessed without it), ``mirrored``.
    """

    def __init__(self, options: FrontEndOptions | None = None) -> None:
        self.options = options or FrontEndOptions()

    def read(self, path: Path, progress: Progress | None = None) -> Measured:
        """All rows of a table, in the order of their frames.

        Raises:
            TableError: it cannot be read, is none of py-feat's, or holds several videos; it names file and row.
        """
        header = Cells(path).header
        place = find_names(header)
        coded = len(place) == len(ARKIT_NAMES)
        if not coded and not set(_POINTS) <= set(header):
            raise TableError("has neither py-feat's 52 coefficients nor its 68 points", where=path)
        pose, box, score = _all(header, POSE), _all(header, BOX), _all(header, ("FaceScore",))
        mesh = _all(header, _MESH) if box else []
        measured = [header[place[name]] for name in ARKIT_NAMES] if coded else list(_POINTS)
        columns = read_columns(
            path,
            numbers=[*measured, *pose, *box, *score, *mesh],
            exact=_all(header, ("frame",)),
            words=[name for name in ("input", "approx_time") if name in header],
        )
        inputs = columns.words.get("input") or []
        pictures = bool(inputs) and all(Path(name).suffix.lower() in _PICTURES for name in inputs)
        frame = _frames(columns, inputs, pictures)
        order = frame_order(columns, frame, None)
        frame, warnings = frame[order], list(columns.notes)
        if pictures:
            time, stamps = np.full(len(frame), np.nan), "ok"
        else:
            rate = self.options.rate
            if rate is None:
                clock = columns.words.get("approx_time") or [""] * len(columns)
                rate, warning = _rate(frame, _clock([clock[row] for row in order], columns, order))
                warnings.append(warning)
            settled = settle_times(frame, np.full(len(frame), np.nan), str(path), rate=rate)
            time, stamps = settled.time_s, settled.time_stamps
        sizes = [len(measured), len(pose), len(box), len(score)]
        parts = np.split(columns.numbers[order], np.cumsum(sizes), axis=1)
        values, turned = parts[0], -parts[1].astype(np.float64)
        # A table that was cut to its coefficients has no pose; the faces are then taken to look ahead.
        expression, gaze, blink = _measure(values, turned if pose else np.zeros((len(values), 3)), coded)
        success: BoolArray = np.all(np.isfinite(expression), axis=1)
        for array in (expression, gaze, blink):
            if array is not None:
                array[~success] = np.nan
        if progress is not None:
            progress(len(success), len(success))
        return Measured(
            space=load_space("arkit51/face41"),
            frame=frame,
            time_s=time,
            expression=expression,
            success=success,
            reason=failures(success, NO_FACE),
            confidence=parts[3][:, 0].clip(0, 1) if score else None,
            box=parts[2] if box else (box_of(values.reshape(-1, 68, 2)) if not coded else None),
            pose=turned.astype(np.float32) if pose else None,
            gaze=gaze,
            blink=blink,
            points=_mesh(parts[4], parts[2]) if mesh else (None if coded else values.reshape(-1, 68, 2)),
            source=[inputs[row] for row in order] if pictures else None,
            about={"measured_by": "py-feat", "from": "52 coefficients" if coded else "68 points"},
            warnings=tuple(warnings),
            time_stamps=stamps,
        )


def recognises(path: Path) -> bool:
    """Whether a file is a table of py-feat with coefficients or points."""
    header = header_of(path)
    known = set(header)
    return set(BOX) <= known and (len(find_names(header)) == len(ARKIT_NAMES) or set(_POINTS) <= known)


def misses(path: Path) -> str | None:
    """Why a file that looks like a table of py-feat is not read as one."""
    header = header_of(path)
    box = [name for name in BOX if name not in header]
    found, points = find_names(header), [name for name in _POINTS if name not in header]
    if len(box) > 2 and "FaceScore" not in header:
        return None
    if box:
        return f"looks like py-feat, but has no column {lacking_names(box)}"
    coded = [name for name in ARKIT_NAMES if name not in found]
    if len(coded) < len(ARKIT_NAMES) / 2:
        return f"looks like py-feat, but has no column {lacking_names(coded)}" if coded else None
    if len(points) < len(_POINTS) / 2:
        return f"looks like py-feat, but has no column {lacking_names(points)}" if points else None
    return "looks like py-feat, but has neither its 52 coefficients nor its 68 points (x_0, y_0 ...)"


def to_logits(coefficients: FloatArray) -> DoubleArray:
    """Logits of the network's coefficients, bounded where their precision ends; NaN stays."""
    bounded = coefficients.astype(np.float64).clip(_LEAST, 1 - _SURE)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _measure(values: FloatArray, pose: DoubleArray, coded: bool) -> tuple[FloatArray, FloatArray | None, FloatArray]:
    if not coded:
        expression, blink, _ = read_points(values.reshape(-1, 68, 2), np.all(np.isfinite(values), axis=1))
        return expression, None, blink
    logits = np.concatenate([np.zeros((len(values), 1)), to_logits(values)], axis=1).astype(np.float32)
    gaze, blink = (values[:, [ARKIT_NAMES.index(name) for name in names]] for names in (GAZE_NAMES, BLINK_NAMES))
    return _reading()(logits, pose), gaze, blink


@cache
def _reading() -> LinearMap:
    from dfe.frontends.landmarks.reading import LinearMap

    path = resources.files("dfe") / "assets" / "pyfeat" / "reading.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return LinearMap(*(arrays[part].astype(np.float64) for part in LinearMap._fields))
    except (OSError, ValueError, KeyError) as error:
        advice = "install discrete-facial-encoding again"
        raise ModelError("the map of py-feat's coefficients cannot be read", where=str(path), advice=advice) from error


def _mesh(values: FloatArray, box: FloatArray) -> FloatArray:
    """The mesh ``(n, 478, 3)`` in pixels."""
    points = values.reshape(-1, _MESH_POINTS, 3).copy()
    points[:, :, 2] *= box[:, 2:3]
    return points


def _all(header: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names, if the header has every one of them."""
    return list(names) if set(names) <= set(header) else []


def _frames(columns: Columns, inputs: Sequence[str], pictures: bool) -> IntArray:
    if pictures:
        # py-feat numbers pictures in the batch as it likes; a picture is a frame here, in the order of the table.
        return np.cumsum([0] + [int(a != b) for a, b in pairwise(inputs)])
    several = sorted({name for name in inputs if name})
    if len(several) > 1:
        what = f"holds {len(several)} videos, {several[0]} and {several[1]} among them"
        raise TableError(what, where=columns.path, advice="give a table for each video")
    if "frame" not in columns.exact:
        return np.arange(len(columns))
    return whole_numbers(columns, "frame")


def _clock(words: list[str], columns: Columns, order: IntArray) -> DoubleArray:
    """Whole seconds of ``mm:ss`` or ``hh:mm:ss``; NaN where there are none."""
    seconds = {"": np.nan, "nan": np.nan, "NaN": np.nan}
    for row, word in enumerate(words):
        if word not in seconds:
            parts = word.split(":")
            if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
                raise TableError(f"{word[:40]!r} is no time", where=columns.where(int(order[row])))
            seconds[word] = float(sum(int(part) * 60**power for power, part in enumerate(reversed(parts))))
    return np.array([seconds[word] for word in words])


def _rate(frame: IntArray, seconds: DoubleArray) -> tuple[float, str]:
    """Frames per second, from whole seconds: that frame f is shown in second s bounds it to f / (s + 1) ... f / s."""
    told = np.isfinite(seconds)
    f, s = frame[told].astype(np.float64), seconds[told]
    low, high = _bounds(f, s)
    if high < low and not (s % 60).any():
        # A spreadsheet takes mm:ss for hh:mm, and writes 00:05 as 00:05:00.
        low, high = _bounds(f, s / 60)
    if not np.isfinite(high) or high < low * 0.98 or high <= 0:
        return (
            30.0,
            "py-feat's times are too coarse for a frame rate: 30 a second is assumed; give the rate if it is another",
        )
    inside = [rate for rate in USUAL_RATES if low < rate <= high]
    near = inside or [rate for rate in USUAL_RATES if low * 0.99 <= rate <= high * 1.01]
    rate = min(near, key=lambda usual: abs(usual - (low + high) / 2), default=(low + high) / 2)
    return rate, f"py-feat gives whole seconds only: taken to be {rate:g} frames a second ({low:.4g} to {high:.4g} fit)"


def _bounds(frame: DoubleArray, second: DoubleArray) -> tuple[float, float]:
    low = float((frame / (second + 1)).max(initial=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return low, float(np.where(second > 0, frame / second, np.inf).min(initial=np.inf))


PYFEAT = FrontEndSpec(
    name="pyfeat",
    kind="table",
    title="tables of py-feat 2: its mesh and 52 coefficients (or 68 points, of older ones)",
    space="dfe-face from meshes and points; arkit51/face41 from coefficients alone, or with --space arkit51/face41",
    licence="MIT (py-feat); your own tables",
    verified="on real tables of py-feat 2, against their own meshes",
    make=PyFeatReader,
    uses=("rate",),
    face_points=True,
    recognises=recognises,
    misses=misses,
)
