"""Motion told on a bench: what a coding says of the movement that the landmarks of its faces measured, in mm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import UsageError
from dfe.base.types import FloatArray, IntArray
from dfe.judge.bench import Bench
from dfe.judge.faces import Faces
from dfe.judge.motion import MotionMap, motion_told_over_people
from dfe.judge.result import NotMeasured
from dfe.judge.steadiness import changed_share, turn_share
from dfe.space.registry import FACE_MODEL_ID
from dfe.stats.bootstrap import Estimate, SubjectBootstrap

AHEAD = 0.15
"""Radians of pitch and yaw: a head that is turned further moves the measured face by itself."""
REST, SMILE = ("neutral",), ("happiness", "happy", "joy", "smile", "smiling")
"""Labels of faces at rest and of smiles."""
NO_LANDMARKS = "the tables hold no landmarks (dfe encode --landmarks keeps them)"
NO_MAP = "no faces of other people, with landmarks, to fit a linear map of its numbers to (--fit gives them)"

Mover = Callable[[NDArray[np.floating]], FloatArray]


@dataclass(frozen=True, eq=False)
class Moving:
    """What landmarks measured on a bench; made once for all codings.

    Args:
        rows: of the faces to judge on, those that look ahead and whose person is on two or more of them.
        person: ``(n,)`` of these rows.
        motion: ``(n, 468, 3)`` mm.
        uncoded: what expressions tell before they are coded.
    """

    rows: IntArray
    person: IntArray
    motion: FloatArray
    uncoded: Mapping[str, Any]


def measure_moving(bench: Bench) -> Moving | NotMeasured:
    """The rows to judge on, and what uncoded expressions tell of them."""
    faces = bench.faces
    if faces.shape_mm is None:
        return NotMeasured(NO_LANDMARKS)
    rows, person = _movers(faces)
    if not len(rows):
        return NotMeasured("no person looks ahead in two of the faces: there is no movement to tell")
    found = Moving(rows, person, faces.shape_mm[rows], {})
    mover = mover_of(bench, None if bench.fit is None else bench.fit.x)
    if isinstance(mover, NotMeasured):
        return mover
    return Moving(rows, person, found.motion, told(bench, found, faces.x, mover, _sets(bench)))


def mover_of(bench: Bench, fit: FloatArray | None, *, draws_face: bool = True) -> Mover | NotMeasured:
    """From a coding's numbers to the movement of the 468 points, in mm.

    Args:
        bench: whose faces for fitting the map is fitted on, where one is needed.
        fit: ``(m, D)`` numbers of the coding for them.
        draws_face: the numbers are expressions of the bench's space.
    """
    if draws_face and bench.faces.space.id == FACE_MODEL_ID:
        return bench.faces.space.displace
    if fit is None or bench.fit is None or bench.fit.shape_mm is None:
        return NotMeasured(NO_MAP)
    rows, person = _movers(bench.fit)
    if not len(rows):
        return NotMeasured(NO_MAP)
    return MotionMap.fit(fit[rows], bench.fit.shape_mm[rows], person)


def told(bench: Bench, moving: Moving, x: FloatArray, mover: Mover, others: Mapping[str, FloatArray]) -> dict[str, Any]:
    """Motion told by part, and how much the coding moves when the head turns and when pictures change.

    Args:
        bench: the faces.
        moving: what was measured.
        x: ``(n, D)`` numbers of the coding for all faces.
        mover: from them to movement.
        others: the same of the sets ``turned`` and ``perturbed NAME``.
    """
    return {
        "told": told_by(bench, moving, x, mover),
        "turned": _turned(bench, x, mover, others.get("turned")),
        "changed": _changed(bench, moving, x, mover, others),
    }


def told_by(bench: Bench, moving: Moving, x: NDArray[np.floating], mover: Mover) -> Mapping[str, Estimate]:
    """Motion told by numbers ``(n, D)`` of all faces, whole and by part."""
    draws = SubjectBootstrap(moving.person, bench.draws, bench.seed)
    return motion_told_over_people(moving.motion, mover(x[moving.rows]), moving.person, draws)


def _sets(bench: Bench) -> dict[str, FloatArray]:
    sets = {f"perturbed {name}": faces.x for name, faces in bench.perturbed.items()}
    return sets if bench.turned is None else {**sets, "turned": bench.turned.x}


def _turned(bench: Bench, x: FloatArray, mover: Mover, turned: FloatArray | None) -> Estimate | NotMeasured:
    if bench.turned is None or turned is None:
        return NotMeasured("no faces of people who turn their heads (--turned gives them)")
    parts = [(bench.turned, turned), (bench.faces, x)]
    said, person, label, ahead = [], [], [], []
    for at, (faces, values) in enumerate(parts):
        if faces.label is None or faces.subject is None or faces.pose is None:
            return NotMeasured("turned heads need subjects and labels 'neutral' and 'happiness' (--about gives them)")
        # Of the faces to judge on, the smiles alone: their neutral faces may be other pictures.
        kept = np.isin(faces.label, SMILE if at else (*SMILE, *REST)) & (faces.subject >= 0)
        said.append(mover(values[kept]))
        person.append(faces.subject[kept])
        label.append(faces.label[kept])
        ahead.append(np.abs(faces.pose[kept, :2]).max(axis=1, initial=0) < AHEAD / 2)
    try:
        smiling = np.isin(np.concatenate(label), SMILE)
        arrays = np.concatenate(said), np.concatenate(person), smiling, np.concatenate(ahead)
        return turn_share(*arrays, draws=bench.draws, seed=bench.seed)
    except UsageError as error:
        return NotMeasured(f"{error.what} (subjects and labels of --about tell)")


def _changed(
    bench: Bench, moving: Moving, x: FloatArray, mover: Mover, others: Mapping[str, FloatArray]
) -> dict[str, Estimate] | NotMeasured:
    if not bench.perturbed:
        return NotMeasured("no pictures that were changed (--perturbed NAME=TABLE gives them)")
    whose = np.full(len(bench.faces), -1)
    whose[moving.rows] = moving.person
    found = {}
    for name, pairs in bench.pairs.items():
        kept = whose[pairs.before] >= 0
        before, after = mover(x[pairs.before[kept]]), mover(others[f"perturbed {name}"][pairs.after[kept]])
        found[name] = changed_share(before, after, whose[pairs.before[kept]], bench.draws, bench.seed)
    return found


def _movers(faces: Faces) -> tuple[IntArray, IntArray]:
    """Rows that look ahead, of people who have two or more such, and whose they are."""
    ahead = np.ones(len(faces), bool)
    if faces.pose is not None:
        ahead = np.abs(faces.pose[:, :2]).max(axis=1) < AHEAD
    person = faces.who
    often = np.bincount(person[ahead], minlength=int(person.max(initial=0)) + 1) > 1
    rows = np.flatnonzero(ahead & often[person])
    return rows, person[rows]
