"""Real detectors' action units beside a tokenizer's codes: of the same faces, with a decoder fitted to them.

A detector sees pictures, not expression vectors, so it is no :class:`~dfe.base.types.Coder`: where its table of the
same faces is missing, it is not compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import CodeArray, FloatArray
from dfe.displays.displays import Displays
from dfe.facs.decoder import Decoder, fit_decoder, unit_displays
from dfe.facs.tables import HIGHEST, AuTable
from dfe.space.base import ExpressionSpace

STEPS = 5
"""Codes of a value above 0: FACS intensities, or fifths of a detector's 0 to 1, which is no intensity."""


def detector_codes(table: AuTable) -> CodeArray:
    """A detector's values as codes ``(n, A)``: 0 to 5, or 0 and 1 of a table of presence; -1 where it failed."""
    steps = 1 if table.kind == "binary" else STEPS
    scaled = table.values.astype(np.float64) * (steps / HIGHEST[table.kind])
    codes = np.full(scaled.shape, -1, np.int16)
    codes[table.success] = np.clip(np.floor(scaled[table.success] + 0.5), 0, steps).astype(np.int16)
    return codes


@dataclass(frozen=True, eq=False)
class DetectorDecoder:
    """Faces from a detector's codes.

    Args:
        size: codes of a unit, K.
        decoder: fitted to codes scaled to 0..1.
        space: of the faces.
    """

    size: int
    decoder: Decoder
    space: ExpressionSpace

    @property
    def base(self) -> FloatArray:
        """``(D,)``: the face without any action unit."""
        return self.decoder.base

    def decode_codes(self, codes: ArrayLike) -> FloatArray:
        """Codes ``(n, m)`` of the first m units to expressions ``(n, D)``; rows with a -1 become NaN.

        Raises:
            UsageError: more columns than units, or a code that does not exist.
        """
        return self._displays.decode(codes, self.base, "the detector")

    def displays(self) -> Displays:
        """One display for each unit, in no order; shown as its AU at the highest code."""
        return self._displays

    @cached_property
    def _displays(self) -> Displays:
        return unit_displays(self.decoder.directions, np.linspace(0, 1, self.size), self.space)


def fit_detector_decoder(
    codes: ArrayLike,
    x: ArrayLike,
    space: ExpressionSpace,
    *,
    size: int = STEPS + 1,
    seed: int = 0,
    groups: ArrayLike | None = None,
) -> DetectorDecoder:
    """The decoder that gives expressions back best from a detector's codes of the same faces.

    Args:
        codes: ``(n, A)`` of :func:`detector_codes`.
        x: ``(n, D)`` the same faces; rows that either side lacks are left out.
        space: of ``x``.
        size: codes of a unit; 2 for presence.
        seed: of the folds on which the ridge penalty is chosen.
        groups: ``(n,)`` person or recording of each row, kept together in a fold.

    Raises:
        UsageError: rows that do not match, or too few.
    """
    rows = np.asarray(codes)
    values = np.where(rows < 0, np.nan, rows / (size - 1))
    return DetectorDecoder(size, fit_decoder(values, x, space, seed, groups), space)
