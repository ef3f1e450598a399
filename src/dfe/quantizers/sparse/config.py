"""Shape of a sparse quantiser, and its codes: a display and a step of intensity in one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np

from dfe.base.errors import ModelError
from dfe.base.types import CodeArray, IntArray
from dfe.quantizers.checks import MAX_LEVELS, MAX_SIZE, bounded, not_negative


@dataclass(frozen=True)
class SparseConfig:
    """Shape of a codebook of displays, and how they are found.

    Args:
        dimension: coefficients per expression, D.
        levels: displays a face at most, N.
        size: K, the displays and silence.
        steps: intensities of the ladder that all displays share, Q.
        penalty_mm: of the lasso; a display must explain more than this of the face to have any strength.
        least_mm: strength below which a display is not said.
        iterations: of FISTA.
        sweeps: over the intensities of a face's displays.
        faithful: only displays that agree with the face may be said; False is for ablations.
        closed: every display's mirror image is in the codebook; False is for ablations.
        emphasis: how much a vertex counts, by its region of the face; 1 where none is named. Brows and lids move less
            than the mouth, and are looked at as much. Lengths in the search, of displays and steps of the ladder, are
            then weighted by it: a display of the brows has finer steps in plain mm than one of the mouth.
    """

    kind: ClassVar[str] = "sparse"
    dimension: int
    levels: int = 8
    size: int = 64
    steps: int = 12
    penalty_mm: float = 0.06
    least_mm: float = 0.05
    iterations: int = 30
    sweeps: int = 2
    faithful: bool = True
    closed: bool = True
    emphasis: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bounded("dimension", self.dimension, 1, 100_000)
        bounded("levels", self.levels, 1, MAX_LEVELS)
        bounded("size", self.size, 2, MAX_SIZE)
        bounded("steps", self.steps, 1, MAX_SIZE)
        bounded("codes, displays times steps,", self.codes - 1, 1, MAX_SIZE - 1)
        bounded("iterations", self.iterations, 1, 10_000)
        bounded("sweeps", self.sweeps, 0, 1000)
        if self.levels >= self.size:
            raise ModelError(f"{self.levels} displays a face are more than the {self.size - 1} of the codebook")
        for name in ("penalty_mm", "least_mm"):
            not_negative(name, getattr(self, name), "mm")
        for name in ("faithful", "closed"):
            if not isinstance(getattr(self, name), bool):
                raise ModelError(f"{name} is {getattr(self, name)!r}, neither true nor false")
        for region, weight in self.emphasis.items():
            not_negative(f"the emphasis of {region!r}", weight, "times")

    @property
    def codes(self) -> int:
        """Codes of a level, C: every display at every step, and silence, code 0."""
        return (self.size - 1) * self.steps + 1

    def code(self, display: IntArray, step: IntArray) -> CodeArray:
        """Codes of displays (0 nothing) at steps from 1."""
        return np.where(display > 0, (display - 1) * self.steps + step, 0).astype(np.int16)

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON values; emphasis only where there is any."""
        values = asdict(self) | {"emphasis": dict(self.emphasis)}
        if not self.emphasis:
            del values["emphasis"]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SparseConfig:
        """Read what :meth:`to_json` wrote.

        Raises:
            ModelError: a field is missing, unknown or out of bounds.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ModelError(f"its config is incomplete or malformed ({error})") from None

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every array in the tokenizer's file.

        ``codebook`` holds the displays in units of the space at a root mean square of 1 mm, weighted by ``emphasis``,
        row 0 being silence; ``images`` give the agreement of a face with each; ``ladder`` is the intensities in such
        mm, rising.
        """
        book = (self.size, self.dimension)
        return {"neutral": (self.dimension,), "codebook": book, "images": book, "ladder": (self.steps,)}
