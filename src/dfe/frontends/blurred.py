"""Faces whose picture is blurred throughout, or made of large squares, so that there is nothing to measure in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.defects import Defect
from dfe.base.types import FloatArray
from dfe.frontends.base import NO_DETAIL

_NAMED = 3
_WHY = (
    "(out of focus, enlarged from small pictures, or made unrecognisable by blurring or large squares): no more is "
    "seen than in a face of about 20 px, and movements are wrong by a millimetre and more; not usable"
)


def detail_of_rows(ids: ArrayLike, details: FloatArray, *, stills: bool) -> FloatArray:
    """How much detail counts for each row ``(n,)``: in films the median of its face, in pictures its own.

    So that a hand or a head that moves fast, which blurs a frame, decides nothing.

    Args:
        ids: of the faces ``(n,)``; negative where there is none.
        details: of each row ``(n,)``, as of :func:`dfe.frontends.landmarks.detail.find_detail`; NaN where not known.
        stills: the rows are of pictures that have nothing to do with each other.
    """
    if stills:
        return details
    face, out = np.asarray(ids, np.int64), np.full(len(details), NO_DETAIL, np.float32)
    for one in np.unique(face[face >= 0]).tolist():
        mine = (face == one) & np.isfinite(details)
        out[face == one] = np.median(details[mine]) if mine.any() else NO_DETAIL
    return out


def blurred_defect(ids: ArrayLike, details: FloatArray, least: float, *, stills: bool) -> tuple[Defect, ...]:
    """What is to be told of rows with less detail than ``least``; nothing where there are none.

    Args:
        ids: of the faces ``(n,)``.
        details: as of :func:`detail_of_rows`.
        least: the limit of usability.
        stills: as of the same.
    """
    face = np.asarray(ids, np.int64)
    rows = np.flatnonzero((details < least) & (face >= 0))
    if not len(rows):
        return ()
    if stills:
        whose = f"{len(rows)} faces are blurred" if len(rows) > 1 else "a face is blurred"
    else:
        faces = np.unique(face[rows]).tolist()
        named = ", ".join(map(str, faces[:_NAMED])) + (", ..." if len(faces) > _NAMED else "")
        whose = f"face{'s' * (len(faces) > 1)} {named} {'are' if len(faces) > 1 else 'is'} blurred throughout"
    return (Defect("blurred", f"{whose} {_WHY}"),)
