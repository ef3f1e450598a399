"""Displays of the eyes from a recording's own columns: lids closing in mm, gaze in degrees.

Both are told against the person's usual opening and usual direction of gaze. What both lids do is ``lids``; what one
does beyond the other is ``lids left`` or ``lids right``, so that a blink is no wink. Looking down lowers the lids, by
2 to 3 mm; the threshold of ``lids`` lies above that. While both eyes are shut there is no gaze.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.displays.units import EYES, LIDS_ON_MM
from dfe.recording.recording import Recording

OPEN_MM = 7.7
"""Usual opening of an adult's eye, by the face model (median of 9,744 photographs: 7.6 to 7.8 mm)."""
LOOKS_UP_DEG = 9.0
"""Pitch of the gaze that the face model measures of people who look into the camera (the same photographs)."""
MM_PER_BLINK = 12.2
DEG_PER_LOOK = (26.6, 19.4)
"""Slopes of lids in mm on the coefficient ``eyeBlink``, and of gaze in degrees (sideways, up) on those of gaze; they
stand in where a recording holds coefficients alone (regressed within persons; r 0.96, 0.94 and 0.90)."""
OPEN_BLINK = 0.15
"""Coefficient of an eye that is open as usual."""
OWN_S = 2.0
"""Fewer seconds do not tell what is usual for a person."""
_OPEN_SHARE = 0.5
"""Rows count as eyes open where the opening is at least this share of the person's widest (90th percentile)."""

Whose = Literal["own", "population"]


class Usual(NamedTuple):
    """What is usual for a face, and how it is known."""

    opening_mm: tuple[float, float]
    """Of the left and the right eye."""
    gaze_deg: tuple[float, float]
    """To the subject's left, and up."""
    whose: Whose
    """``own``: from the face's own rows; ``population``: everybody's, since there are too few, or still pictures."""


class EyeSignals(NamedTuple):
    """How much of each display of the eyes each row shows."""

    amount: DoubleArray
    """``(n, 7)`` in the order of :data:`~dfe.displays.units.EYES`, mm and degrees; NaN where it is not known."""
    closed: DoubleArray
    """``(n, 2)``: left and right lid, 0 at the usual opening, 1 where nothing is left of it."""
    usual: dict[int, Usual]
    """By face."""
    measured: bool
    """True: from lids and irises in mm and degrees; False: from coefficients, scaled to them."""

    @property
    def says(self) -> BoolArray:
        """``(n, 7)``: rows that show the display: at or above its threshold."""
        return np.asarray(self.amount >= np.array([unit.on for unit in EYES]))


class Looking(NamedTuple):
    """Lids and gaze of ``n`` rows; NaN where they are not known."""

    opening_mm: DoubleArray
    """``(n, 2)``: left and right."""
    gaze_deg: DoubleArray
    """``(n, 2)``: to the subject's left, and up; the mean of both eyes."""
    measured: bool


def looking(recording: Recording) -> Looking | None:
    """Lids and gaze of each row, measured in mm and degrees if the table has that, else from coefficients.

    None where it holds neither.
    """
    if recording.layout.face_model:
        opening = recording.columns(("lids_left_mm", "lids_right_mm")).astype(np.float64)
        eyes = recording.columns([f"gaze_{s}_{a}_deg" for s in ("left", "right") for a in ("yaw", "pitch")])
        found = Looking(opening, _mean(eyes.astype(np.float64).reshape(len(eyes), 2, 2)), True)
        if np.isfinite(opening).any():
            return found
    blinks, looks = recording.blinks().astype(np.float64), gaze_angles(recording.gaze().astype(np.float64))
    if not (np.isfinite(blinks).any() or np.isfinite(looks).any()):
        return None
    opening = OPEN_MM - MM_PER_BLINK * (blinks - OPEN_BLINK)
    slope, ahead = np.array(DEG_PER_LOOK), np.array([0.0, LOOKS_UP_DEG])
    return Looking(opening, slope * looks + ahead, False)


def gaze_angles(gaze: DoubleArray) -> DoubleArray:
    """Columns ``gaze_`` ``(n, 8)`` to ``(n, 2)``: towards the subject's left, and up; both -1 to 1.

    The order of the columns is that of :data:`dfe.space.arkit.GAZE_NAMES`: down, in, out, up, each left then right.
    The left eye looks left when it looks out, the right eye when it looks in.
    """
    down_l, down_r, in_l, in_r, out_l, out_r, up_l, up_r = gaze.T
    return np.column_stack([(out_l - in_l + in_r - out_r) / 2, (up_l - down_l + up_r - down_r) / 2])


def eye_signals(recording: Recording, counted: BoolArray) -> EyeSignals | None:
    """The displays of the eyes in each row; None where the recording measures neither lids nor gaze.

    Args:
        recording: of any space.
        counted: ``(n,)`` rows from which a person's usual opening and gaze are taken.
    """
    found = looking(recording)
    if found is None:
        return None
    ids, seconds = recording.face_ids, recording.seconds(counted)
    stills = not np.isfinite(recording.times).any()
    amount, closed = np.full((len(recording), len(EYES)), np.nan), np.full((len(recording), 2), np.nan)
    usual: dict[int, Usual] = {}
    for face in np.unique(ids[recording.success]).tolist():
        mine = recording.success & (ids == face)
        own = mine & counted
        enough = not stills and float(seconds[own].sum()) >= OWN_S
        usual[face] = _usual(Looking(found.opening_mm[own], found.gaze_deg[own], found.measured), enough)
        amount[mine] = amounts(Looking(found.opening_mm[mine], found.gaze_deg[mine], found.measured), usual[face])
        closed[mine] = np.clip(1 - found.opening_mm[mine] / np.asarray(usual[face].opening_mm), 0, 1)
    return EyeSignals(amount, closed, usual, found.measured)


def amounts(rows: Looking, usual: Usual) -> DoubleArray:
    """``(n, 7)``: the displays of the eyes against what is usual, none below 0."""
    closed = np.maximum(np.asarray(usual.opening_mm) - rows.opening_mm, 0.0)
    both = closed.min(axis=1)
    away = rows.gaze_deg - np.asarray(usual.gaze_deg)
    shut = both >= LIDS_ON_MM
    gaze = np.stack([away[:, 0], -away[:, 0], away[:, 1], -away[:, 1]], axis=1)
    gaze = np.where(shut[:, None] & np.isfinite(gaze), 0.0, np.maximum(gaze, 0.0))
    return np.column_stack([both, closed - both[:, None], gaze])


def _usual(rows: Looking, enough: bool) -> Usual:
    """Median over rows with open eyes."""
    known = np.isfinite(rows.opening_mm).all(axis=1)
    if not (enough and known.any()):
        return Usual((OPEN_MM, OPEN_MM), (0.0, LOOKS_UP_DEG), "population")
    opening = rows.opening_mm[known]
    mean = opening.mean(axis=1)
    wide = mean >= _OPEN_SHARE * np.percentile(mean, 90)
    left, right = np.median(opening[wide], axis=0).tolist()
    gaze = rows.gaze_deg[known][wide]
    gaze = gaze[np.isfinite(gaze).all(axis=1)]
    yaw, pitch = np.median(gaze, axis=0).tolist() if len(gaze) else (0.0, LOOKS_UP_DEG)
    return Usual((left, right), (yaw, pitch), "own")


def _mean(eyes: DoubleArray) -> DoubleArray:
    """Mean over the eyes ``(n, 2 eyes, 2)`` that are known, ``(n, 2)``."""
    known = np.isfinite(eyes)
    count = known.sum(axis=1)
    total = np.where(known, eyes, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))
