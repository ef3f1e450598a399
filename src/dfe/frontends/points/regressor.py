"""Expressions from 68 points, by a small network of the package's own (``scripts/make_points.py``), in plain numpy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays

from dfe.base.errors import ModelError, TableError
from dfe.base.types import BoolArray, DoubleArray, FloatArray
from dfe.frontends.landmarks.coefficients import bounded
from dfe.frontends.points.alignment import Aligned, align_picture, align_space
from dfe.frontends.points.mapping import PARTNER, POINTS, RIGID
from dfe.frontends.points.result import PointsRead
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES, mirrored_name
from dfe.space.registry import load_space

WEIGHTS, METADATA = "points68.safetensors", "points68.json"
VARIANTS = {True: "space", False: "picture"}
"""The two regressors: of points in space, and of points in a picture."""

OUTPUTS: tuple[str, ...] = FACE_NAMES + BLINK_NAMES
SWAP = np.array([OUTPUTS.index(mirrored_name(name)) for name in OUTPUTS])
"""``(43,)``: the output that each becomes in a mirror image."""
_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "points"
_ROWS_AT_ONCE = 1024
_FARTHEST, _NEAREST = 1e9, 1e-6
_ADVICE = "install discrete-facial-encoding again"


class Arrays(NamedTuple):
    """What a regressor is made of."""

    reference: FloatArray
    """``(68, 3)`` cm: the face that others are laid on."""
    mean: FloatArray
    """``(68, 2 or 3)`` cm: mean of the training faces, symmetric."""
    rest: FloatArray
    """``(68, 2 or 3)`` cm: mean of those at rest, symmetric; where a person's own rest is brought to."""
    first: FloatArray
    """``(68 * k, h)``, from cm off the mean."""
    first_bias: FloatArray
    second: FloatArray
    """``(h, h)``."""
    second_bias: FloatArray
    last: FloatArray
    """``(h, 43)``: the expression, then the blinks."""
    last_bias: FloatArray
    pose: FloatArray
    """``(2, 3)``: slope and offset that bring the alignment's pitch, yaw and roll to the default front end's."""


class _Layers(NamedTuple):
    """The network's weights, as :class:`Arrays` has them, in float64."""

    first: DoubleArray
    first_bias: DoubleArray
    second: DoubleArray
    second_bias: DoubleArray
    last: DoubleArray
    last_bias: DoubleArray


class PointRegressor:
    """Reads version 2 expressions off 68 points.

    Args:
        arrays: its weights.
        absent: coefficients that 68 points cannot give (r below 0.4 with a real tracker's points); always 0.
        weak: coefficients that they hardly give (r below 0.5).
        card: on what it was trained, and what it is worth.

    Raises:
        ModelError: arrays that do not fit together.
    """

    def __init__(
        self,
        arrays: Arrays,
        absent: tuple[str, ...] = (),
        weak: tuple[str, ...] = (),
        card: Mapping[str, Any] | None = None,
    ) -> None:
        self.arrays, self.absent, self.weak, self.card = arrays, absent, weak, dict(card or {})
        wide, hidden = arrays.first.shape
        shapes = [(POINTS, 3), (POINTS, wide // POINTS), (POINTS, wide // POINTS), (wide, hidden), (hidden,)]
        shapes += [(hidden, hidden), (hidden,), (hidden, len(OUTPUTS)), (len(OUTPUTS),), (2, 3)]
        if wide not in (2 * POINTS, 3 * POINTS) or [array.shape for array in arrays] != shapes:
            raise ModelError("the arrays of the point regressor do not fit together", advice=_ADVICE)
        if unknown := {*absent, *weak} - set(FACE_NAMES):
            raise ModelError(f"no coefficient is called {sorted(unknown)[0]!r}", advice=_ADVICE)
        self.silent: BoolArray = np.array([name in absent for name in OUTPUTS])
        self._exact = _Layers(*(array.astype(np.float64) for array in arrays[3:9]))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a table made from 68 points should say of itself, one line each."""
        lines = ["ARKit coefficients and blinks come from 68 points by regression; there is no gaze (docs/points.md)"]
        if self.weak:
            lines.append(f"of the ARKit coefficients, 68 points hardly measure {', '.join(self.weak)}")
        if self.absent:
            lines.append(f"of the ARKit coefficients, 68 points do not measure {', '.join(self.absent)}: always 0")
        return tuple(lines)

    @property
    def depth(self) -> bool:
        """Whether it reads points in space."""
        return bool(self.arrays.mean.shape[1] == 3)

    def align(self, points: ArrayLike) -> Aligned:
        """Points ``(n, 68, 2 or 3)`` laid on the reference face.

        Raises:
            TableError: not 68 points, or points in a picture where those in space are wanted.
        """
        rows, reference = self._checked(points), self.arrays.reference.astype(np.float64)
        shape, pose = np.empty(rows.shape), np.empty((len(rows), 3))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            block = slice(start, start + _ROWS_AT_ONCE)
            shape[block], pose[block] = (align_space if self.depth else align_picture)(rows[block], reference)
        slope, offset = self.arrays.pose.astype(np.float64)
        return Aligned(shape, pose * slope + offset)

    def read(self, points: ArrayLike, *, person: ArrayLike | None = None) -> PointsRead:
        """Expressions, blinks and head pose of faces; no gaze, since 68 points hold no irises.

        Args:
            points: ``(n, 68, 2 or 3)`` in iBUG's order: x to the picture's right, y down, z away from the camera, in
                pixels or millimetres; size and place do not matter. Rows that are not finite give NaN.
            person: ``(n,)`` who each row shows. Each person's median shape is then taken for the face at rest, which
                also takes out how a tracker places its points. For recordings of minutes; a single frame, or a
                recording that is one long smile, has no rest in it.

        Raises:
            TableError: not 68 points, or another number of people than of rows.
        """
        rows = self._checked(points)
        whole = _whole(rows)
        found = self.align(rows[whole])
        shape = found.shape
        if person is not None:
            shape = shape + self._own(shape, np.asarray(person), whole)
        out = np.full((len(rows), len(OUTPUTS)), np.nan, np.float32)
        pose = np.full((len(rows), 3), np.nan, np.float32)
        out[whole], pose[whole] = self.predict(shape), found.pose
        return PointsRead(out[:, : len(FACE_NAMES)], None, out[:, len(FACE_NAMES) :], pose)

    def predict(self, shape: DoubleArray) -> FloatArray:
        """Aligned shapes ``(n, 68, k)`` to expressions and blinks ``(n, 43)``, left and right treated alike."""
        offset = (shape - self.arrays.mean).astype(np.float32)
        flip = np.array([-1, 1, 1], np.float32)[: offset.shape[2]]
        values: FloatArray = np.asarray(self._run(offset) + self._run(offset[:, PARTNER] * flip)[:, SWAP], np.float32)
        values = (values / 2).clip(0, 1)
        values[:, self.silent] = 0
        faces = len(FACE_NAMES)
        values[:, :faces] = bounded(values[:, :faces])
        return values

    def _checked(self, points: ArrayLike) -> DoubleArray:
        """As doubles, without depth where none is wanted."""
        rows = np.asarray(points, np.float64)
        axes = 3 if self.depth else 2
        if rows.ndim != 3 or rows.shape[1] != POINTS or not axes <= rows.shape[2] <= 3:
            raise TableError(f"points of shape {rows.shape}, not (n, {POINTS}, {axes})")
        return rows[:, :, :axes]

    def _own(self, shape: DoubleArray, person: NDArray[Any], whole: BoolArray) -> DoubleArray:
        """What brings each person's median shape to the shape at rest, ``(n, 68, k)``."""
        if person.shape != whole.shape:
            raise TableError(f"{person.size} people for {len(whole)} rows of points")
        names, number = np.unique(person[whole], return_inverse=True)
        medians = [np.median(shape[number == i], axis=0) for i in range(len(names))]
        return np.asarray(self.arrays.rest - np.array(medians)[number]) if len(medians) else shape

    def _run(self, offset: FloatArray) -> FloatArray:
        """The network on blocks of one fixed size, so that a row does not depend on how many others there are.

        In float64: some processors' float32 products give a row other last digits at another place in its block.
        """
        a, flat = self._exact, offset.reshape(len(offset), self.arrays.mean.size)
        out = np.empty((len(flat), len(OUTPUTS)), np.float32)
        block = np.zeros((_ROWS_AT_ONCE, flat.shape[1]))
        for start in range(0, len(flat), _ROWS_AT_ONCE):
            some = flat[start : start + _ROWS_AT_ONCE]
            block[: len(some)] = some
            hidden = _swish(block @ a.first + a.first_bias)
            hidden = _swish(hidden @ a.second + a.second_bias)
            out[start : start + len(some)] = (hidden @ a.last + a.last_bias)[: len(some)]
        return out


def _whole(rows: DoubleArray) -> BoolArray:
    """``(n,)``: which rows hold a face: finite, and not filled with one number as some tools do where there is none."""
    finite = (np.abs(rows).max(axis=(1, 2)) < _FARTHEST) if len(rows) else np.zeros(0, bool)
    apart = np.ptp(np.where(finite[:, None, None], rows[:, RIGID, :2], 0), axis=1).min(axis=1)
    return np.asarray(finite & (apart > _NEAREST))


def _swish(x: DoubleArray) -> DoubleArray:
    """``x * sigmoid(x)``, without overflow."""
    return np.asarray(x / (1 + np.exp(-np.clip(x, -30, None))))


def read_points68(points: ArrayLike, *, depth: bool, person: ArrayLike | None = None) -> PointsRead:
    """:meth:`PointRegressor.read` of the packaged regressor for points in space (``depth``) or in a picture.

    Raises:
        ModelError: its files are missing or damaged.
        TableError: points of another shape.
    """
    return load_points68(depth).read(points, person=person)


def load_points68(depth: bool = True, folder: Path | None = None) -> PointRegressor:
    """The packaged regressor of points in space, or of points in a picture.

    Args:
        depth: which of the two.
        folder: another place of the two files.

    Raises:
        ModelError: the files are missing, damaged, or made for another version of the space.
    """
    return _load(depth, folder or _FOLDER)


@cache
def _load(depth: bool, folder: Path) -> PointRegressor:
    path = folder / METADATA
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        data = (folder / WEIGHTS).read_bytes()
        if hashlib.sha256(data).hexdigest() != about["sha256"]:
            raise ModelError("the file is damaged: its SHA-256 is another", where=folder / WEIGHTS, advice=_ADVICE)
        space, variant = load_space("arkit51/face41"), about["variants"][VARIANTS[depth]]
        if about["space"]["hash"] != space.hash or about["outputs"] != list(OUTPUTS):
            raise ModelError("was made for another version of the space", where=path, advice=_ADVICE)
        arrays = load_arrays(data)
        parts = [arrays[f"{VARIANTS[depth]}.{name}"].astype(np.float32) for name in Arrays._fields]
        return PointRegressor(Arrays(*parts), tuple(variant["absent"]), tuple(variant["weak"]), variant["card"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as problem:
        raise ModelError("the point regressor cannot be read", where=path, advice=_ADVICE) from problem
