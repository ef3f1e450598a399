"""Faithfulness: whether the displays that a face is said to show are there in the face."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, CodeArray, DoubleArray, FloatArray, IntArray
from dfe.judge.units import SILENT, Units, of_said
from dfe.space.regions import own_images
from dfe.stats.bootstrap import Estimate, SubjectBootstrap


class Faithfulness(NamedTuple):
    """Share of the displays said that agree with the face; by level, NaN where a level never speaks.

    A display agrees if its displacement and the face's, both from the base, have a positive inner product in mm². One
    that does not corrects what another level said, and is no display of the face.
    """

    own_region: Estimate
    """Inner product over the display's own region of the face; the measure to go by."""
    whole_face: Estimate
    """Inner product over all moving vertices."""
    own_region_by_level: tuple[Estimate, ...]
    whole_face_by_level: tuple[Estimate, ...]


def faithfulness(
    units: Units, x: FloatArray, codes: CodeArray, base: FloatArray, bootstrap: SubjectBootstrap
) -> Faithfulness:
    """Agreement of displays with faces.

    Args:
        units: the displays of a coding.
        x: ``(n, D)`` finite expressions.
        codes: ``(n, N)`` of these expressions.
        base: ``(D,)``, the expression that no display at all stands for.
        bootstrap: of these faces.
    """
    said = units.said(codes)
    speaks = said != SILENT
    face = x.astype(np.float64) - base
    own = _agree(face, own_images(units.directions, units.space), said)
    whole = _agree(face, units.directions @ units.space.gram, said)
    used = speaks.sum(axis=1)
    return Faithfulness(
        own_region=bootstrap.ratio(own.sum(axis=1), used),
        whole_face=bootstrap.ratio(whole.sum(axis=1), used),
        own_region_by_level=tuple(bootstrap.mean_of_columns(np.where(speaks, own, np.nan))),
        whole_face_by_level=tuple(bootstrap.mean_of_columns(np.where(speaks, whole, np.nan))),
    )


def _agree(face: DoubleArray, images: DoubleArray, said: IntArray) -> BoolArray:
    """``(n, N)``; False where a level is silent."""
    levels = [np.einsum("nd,nd->n", face, of_said(images, display)) for display in said.T]
    return np.asarray(np.stack(levels, axis=1) > 0)
