"""The AU proxy as a coding of faces, with a fitted decoder, so that it can be judged beside any other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.types import BoolArray, CodeArray, FloatArray
from dfe.displays.displays import Displays
from dfe.facs.decoder import Decoder, fit_decoder, unit_displays
from dfe.facs.proxy import LEVEL_VALUES, LEVELS, au_codes, au_intensities, units_in
from dfe.facs.units import VERSION
from dfe.space.base import ExpressionSpace


@dataclass(frozen=True, eq=False)
class AuProxyCoder:
    """Codes a face as the intensity, 0 to 5, of each action unit's proxy; a face is the base plus what each unit adds.

    A code k adds ``LEVEL_VALUES[k]`` of what its AU adds at the top of E, the middle of its band:
    FACS letters are no equal steps, and a decoder that takes them for such has 1.4 to 1.5 times the error. Always an
    "AU proxy", never FACS.

    Args:
        space: of the faces that it gives back.
        decoder: fitted by :func:`fit_au_proxy`.
        silent: units that no training face showed at all; they have no evidence, and comparisons leave them out.
        reads: space of the numbers that it codes: the same, or ARKit's, whose coefficients stand beside the face
            model's in recordings.
    """

    space: ExpressionSpace
    decoder: Decoder
    silent: tuple[str, ...]
    reads: ExpressionSpace

    @property
    def id(self) -> str:
        """``au-proxy@<version of the table>``."""
        return f"au-proxy@{VERSION}"

    @property
    def space_id(self) -> str:
        """Identity of the space whose vectors it gives back."""
        return self.space.id

    @property
    def levels(self) -> int:
        """Number of AU units, sides counted apart, N."""
        return len(self.names)

    @property
    def size(self) -> int:
        """Codes of a unit: nothing and A to E, K = 6."""
        return LEVELS

    @cached_property
    def names(self) -> tuple[str, ...]:
        """``(N,)``: the unit of each column of codes, as in ``AU12L``."""
        return tuple(unit.id for unit in units_in(self.reads))

    @property
    def base(self) -> FloatArray:
        """``(D,)``: the face without any action unit."""
        return self.decoder.base

    def encode_codes(self, x: ArrayLike) -> CodeArray:
        """Numbers of the space that it reads to whole intensities ``(n, N)``; rows that are not finite become -1.

        Raises:
            UsageError: the rows do not have D columns.
        """
        return au_codes(au_intensities(x, self.reads))

    def decode_codes(self, codes: ArrayLike) -> FloatArray:
        """Intensities ``(n, m)`` of the first m units to expressions ``(n, D)``; rows with a -1 become NaN.

        Raises:
            UsageError: more columns than units, or an intensity outside 0 to 5.
        """
        return self._displays.decode(codes, self.base, self.id)

    def displays(self) -> Displays:
        """One display for each unit, in no order."""
        return self._displays

    @cached_property
    def _displays(self) -> Displays:
        return unit_displays(self.decoder.directions, LEVEL_VALUES, self.space)


def fit_au_proxy(
    train: ArrayLike,
    space: ExpressionSpace,
    seed: int = 0,
    groups: ArrayLike | None = None,
    beside: tuple[ArrayLike, ExpressionSpace] | None = None,
) -> AuProxyCoder:
    """The AU proxy with the decoder that gives the training faces back best.

    Args:
        train: ``(n, D)`` expressions; rows that are not finite are left out.
        space: of the rows.
        seed: of the folds on which the ridge penalty is chosen.
        groups: ``(n,)`` person of each row, kept together in a fold.
        beside: ARKit coefficients of the same faces, and their space, where ``space`` has no AU proxy of its own.

    Raises:
        UsageError: no AU proxy in this space, or too few rows.
    """
    rows = np.asarray(train, np.float32)
    numbers, reads = (rows, space) if beside is None else (np.asarray(beside[0], np.float32), beside[1])
    codes = au_codes(au_intensities(numbers, reads))
    found: BoolArray = np.all(codes >= 0, axis=1)
    values = np.where(found[:, None], LEVEL_VALUES[codes], np.nan)
    decoder = fit_decoder(values, rows, space, seed, groups)
    shown = np.any(codes[found] > 0, axis=0).tolist()
    names = [unit.id for unit in units_in(reads)]
    silent = tuple(name for name, seen in zip(names, shown, strict=True) if not seen)
    return AuProxyCoder(space, decoder, silent, reads)
