"""The displays that a coding of faces is made of: one contract of tokenizers, baselines and action units.

A coding chooses at each of its levels one of a few codes. :class:`Displays` tells what a code says of a face: which
display, and how much of it in millimetres. Everything that reads codings (atlas, events, studies, evaluation) knows
them by it and by the :class:`~dfe.displays.tokens.Tokens` that it makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray, DoubleArray, FloatArray, IntArray
from dfe.displays.describe import DisplayDescription, describe_displays
from dfe.displays.tokens import NO_FACE, NOTHING, Tokens, numbers
from dfe.space.base import ExpressionSpace

STILL_MM = 1e-6
"""A display that moves the face by no more than this moves nothing; it has no direction."""

_ROWS_AT_ONCE = 1024
_AS_SAID = 1e-5
"""A display whose length is within this of 1 mm has it: float32 cannot hold it more exactly."""


@dataclass(frozen=True, eq=False)
class Displays:
    """U displays, numbered from 1, and which of a coding's codes says which of them.

    The face that codes ``c`` stand for is ``base + sum over levels l of mm[l, c_l] * directions[number[l, c_l] - 1]``;
    of a coding whose decoder does more than add, that is a first-order picture. Made by :meth:`of`.
    """

    space: ExpressionSpace
    directions: FloatArray
    """``(U, D)``: what 1 mm of each display adds to a face, in units of the space; zero if it moves nothing."""
    usual_mm: FloatArray
    """``(U,)``: the intensity at which a display is shown, as its template."""
    number: IntArray
    """``(N, C)``: the display that code c says at level l; 0 where it says nothing, or where there is no such code."""
    mm: FloatArray
    """``(N, C)``: its intensity; 0 where there is none. Negative: the display turned round."""
    ordered: bool = True
    """True: the first m codes of a face are its best m. False: each level is a display of its own, in no order, and
    code 0 says nothing at every level, so that the best m codes are those that move the face most."""

    @classmethod
    def of(
        cls,
        space: ExpressionSpace,
        directions: NDArray[np.floating],
        row: IntArray,
        intensity: NDArray[np.floating],
        *,
        usual: ArrayLike = 1.0,
        ordered: bool = True,
    ) -> Displays:
        """Displays of any length, brought to 1 mm.

        Args:
            space: in which they live.
            directions: ``(U, D)``.
            row: ``(N, C)`` row of ``directions`` that each code says at each level, -1 nothing.
            intensity: ``(N, C)``: how many lengths of it.
            usual: ``(U,)`` lengths at which a display is shown.
            ordered: whether the first codes are the best.

        Raises:
            UsageError: the parts do not fit together or are not finite.
        """
        if directions.ndim != 2 or directions.shape[1] != space.dimension:
            raise UsageError(f"displays of shape {directions.shape} do not live in space {space.id!r}")
        if row.ndim != 2 or row.shape != intensity.shape or row.min() < -1 or row.max() >= len(directions):
            raise UsageError(f"the codes of a coding do not fit its {len(directions)} displays")
        if not (np.isfinite(directions).all() and np.isfinite(intensity).all()) or intensity[row < 0].any():
            raise UsageError("a code adds what is not finite, or adds something to nothing")
        row = np.where(intensity != 0, row, -1)
        length = length_mm(directions, space)
        length[np.abs(length - 1) < _AS_SAID] = 1.0
        length[length <= STILL_MM] = 0.0
        per_mm = directions / np.where(length > 0, length, np.inf)[:, None]
        mm = np.where(row >= 0, intensity * np.append(length, 0.0)[row], 0.0)
        shown = np.broadcast_to(np.asarray(usual, np.float64), length.shape) * length
        made = cls(
            space,
            np.asarray(per_mm, np.float32),
            np.asarray(shown, np.float32),
            np.asarray(row + 1, np.int64),
            np.asarray(mm, np.float32),
            ordered,
        )
        for array in (made.directions, made.usual_mm, made.number, made.mm):
            array.setflags(write=False)
        return made

    def __len__(self) -> int:
        """Number of displays, U."""
        return len(self.directions)

    @property
    def levels(self) -> int:
        """Codes of a face, N."""
        return len(self.number)

    @property
    def codes(self) -> int:
        """Length C of tables by code."""
        return int(self.number.shape[1])

    @cached_property
    def templates(self) -> FloatArray:
        """``(K, D)`` with K = U + 1: what each display adds to a face at its usual intensity; row 0, nothing."""
        return np.concatenate([np.zeros_like(self.directions[:1]), self.usual_mm[:, None] * self.directions])

    @cached_property
    def described(self) -> tuple[DisplayDescription, ...]:
        """Words, side and extent of each display by its number; place 0 is nothing."""
        return describe_displays(self.templates, self.space)

    @cached_property
    def steps_mm(self) -> FloatArray:
        """``(U, Q)``: the intensities at which each display can be said, rising; NaN after its last."""
        steps = [np.unique(self.mm[self.number == number]) for number in range(1, len(self) + 1)]
        widest = max((len(row) for row in steps), default=0)
        return np.stack([np.pad(row, (0, widest - len(row)), constant_values=np.nan) for row in steps])

    @cached_property
    def ladder_mm(self) -> tuple[float, ...]:
        """The intensities that all displays share; none where each has its own."""
        rows = self.steps_mm[~np.isnan(self.steps_mm).all(axis=1)]
        shared = len(rows) > 0 and not np.isnan(rows).any() and bool((np.abs(rows - rows[0]) < _AS_SAID).all())
        return tuple(rows[0].tolist()) if shared else ()

    def steps(self, tokens: Tokens) -> IntArray:
        """``(n, m)``: which of the intensities of its display a token has, from 0; 0 where nothing is said."""
        rows = np.where(np.isnan(self.steps_mm), np.inf, self.steps_mm)[np.maximum(numbers(tokens.display) - 1, 0)]
        away = np.abs(rows - np.where(tokens.says, tokens.mm, 0.0)[..., None])
        return np.where(tokens.says, away.argmin(axis=-1), 0)

    def tokens(self, codes: NDArray[np.integer]) -> Tokens:
        """What codes ``(n, m)`` of the first m levels say; rows with a -1 hold no face."""
        rows = np.maximum(np.asarray(codes, np.int64), 0)
        level = np.arange(rows.shape[1])
        display = self.number[level, rows].astype(np.int16)
        mm = np.where(display > NOTHING, self.mm[level, rows], np.float32(np.nan))
        absent = np.asarray(codes) == NO_FACE
        display[absent], mm[absent] = NO_FACE, np.nan
        return Tokens(display, mm)

    def codes_of(self, tokens: Tokens) -> CodeArray:
        """The codes ``(n, m)`` that say these tokens: those of the display, of them the one nearest in intensity.

        Raises:
            UsageError: more tokens than levels, or a display that is not said at its level.
        """
        display = np.asarray(tokens.display)
        if display.ndim != 2 or display.shape[1] > self.levels or tokens.mm.shape != display.shape:
            raise UsageError(f"tokens of shape {display.shape} do not fit {self.levels} levels")
        codes = np.where(display == NO_FACE, NO_FACE, 0).astype(np.int16)
        for level, column in enumerate(display.T):
            for number in np.unique(column[column >= 0]).tolist():
                saying = np.flatnonzero(self.number[level] == number) if number else np.zeros(1, np.int64)
                if not len(saying) or self.number[level, saying[0]] != number:
                    raise UsageError(f"display {number} is not said at level {level + 1}")
                mine = np.flatnonzero(column == number)
                away = np.abs(self.mm[level, saying] - tokens.mm[mine, level, None])
                codes[mine, level] = saying[away.argmin(axis=1)]
        return codes

    def added(self, tokens: Tokens, base: FloatArray) -> DoubleArray:
        """``(n, D)``: a base ``(D,)`` and what the displays of tokens ``(n, m)`` add to it; NaN where there is no face.

        The face that tokens stand for, where a coding does nothing but add.
        """
        x = np.tile(np.asarray(base, np.float64), (len(tokens.display), 1))
        display, mm = numbers(tokens.display), np.where(tokens.says, tokens.mm, 0.0).astype(np.float64)
        for start in range(0, len(x), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            for place in range(display.shape[1]):
                x[part] += mm[part, place, None] * self._rows.take(display[part, place], axis=0)
        x[(tokens.display == NO_FACE).any(axis=1)] = np.nan
        return x

    @cached_property
    def _rows(self) -> DoubleArray:
        return np.concatenate([np.zeros((1, self.directions.shape[1])), self.directions.astype(np.float64)])

    def decode(self, codes: ArrayLike, base: FloatArray, who: str) -> FloatArray:
        """Codes ``(n, m)`` of the first m levels to a base and what they add, ``(n, D)``; rows with a -1 become NaN.

        Args:
            codes: whole numbers.
            base: ``(D,)``.
            who: is asked, for messages.

        Raises:
            UsageError: more columns than levels, or a code that there is not.
        """
        rows = self.checked(codes, who)
        said = self.number[np.arange(rows.shape[1]), np.maximum(rows, 0)]
        if (nothing := np.argwhere((said == NOTHING) & (rows > 0))).size:
            row, level = nothing[0]
            raise UsageError(f"{who} has no code {rows[row, level]} at level {level + 1}")
        return self.added(self.tokens(rows), base).astype(np.float32)

    def checked(self, codes: ArrayLike, who: str) -> IntArray:
        """Codes ``(n, m)`` as whole numbers.

        Raises:
            UsageError: as :meth:`decode`.
        """
        rows = np.asarray(codes)
        if rows.ndim != 2 or rows.shape[1] > self.levels or not np.issubdtype(rows.dtype, np.integer):
            what = f"an array of shape {rows.shape} and type {rows.dtype}"
            raise UsageError(f"{who} decodes rows of up to {self.levels} codes, not {what}")
        if rows.size and (rows.min() < NO_FACE or rows.max() >= self.codes):
            raise UsageError(f"{who} has codes 0 to {self.codes - 1}, not {rows.min()} to {rows.max()}")
        return rows.astype(np.int64)

    def unknown(self, tokens: Tokens) -> IntArray:
        """Rows ``(k,)`` with a display that is not in the book, or with more tokens than the coding has levels."""
        if tokens.display.shape[1] > self.levels:
            return np.arange(len(tokens.display))
        return np.flatnonzero((tokens.display > len(self)).any(axis=1))


def length_mm(directions: NDArray[np.floating], space: ExpressionSpace) -> DoubleArray:
    """``(U,)``: root mean square displacement in mm of the moving vertices by each direction ``(U, D)``."""
    rows = directions.astype(np.float64)
    return np.asarray(np.sqrt(np.einsum("ud,de,ue->u", rows, space.gram, rows).clip(0)))


class WithDisplays(Protocol):
    """What has displays that can be counted, by its name."""

    @property
    def id(self) -> str:
        """Name under which results are reported."""
        ...

    def displays(self) -> Displays:
        """What its codes say."""
        ...


@runtime_checkable
class Coder(WithDisplays, Protocol):
    """A coding of expressions by a few codes, each saying a display: a tokenizer, a baseline, action units."""

    @property
    def space_id(self) -> str:
        """Identity of the :class:`~dfe.space.base.ExpressionSpace` whose vectors it codes."""
        ...

    @property
    def levels(self) -> int:
        """Codes of a face, N."""
        ...

    @property
    def size(self) -> int:
        """Codes at a level, or displays and silence, K."""
        ...

    def encode_codes(self, x: FloatArray) -> CodeArray:
        """Expressions ``(n, D)`` to codes ``(n, N)``; rows that are not finite become -1."""
        ...

    def decode_codes(self, codes: CodeArray) -> FloatArray:
        """Codes ``(n, m)`` of the first m levels to expressions ``(n, D)``."""
        ...
