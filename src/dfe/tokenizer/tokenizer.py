"""A trained tokenizer: expression vectors to a few codes and back.

A code says a display at an intensity. In a residual tokenizer every code of the book is a display and the level gives
the intensity; in a sparse one the code itself holds both (:data:`dfe.quantizers.sparse.search.STEP_PLACES`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import ModelError, UsageError
from dfe.base.types import CodeArray, Displays, DoubleArray, FloatArray, IntArray
from dfe.quantizers.rvq.config import TokenizerConfig
from dfe.quantizers.rvq.search import Search
from dfe.quantizers.sparse.search import SparseConfig
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.coding import Coding, ResidualCoding, SparseCoding

AnyConfig = TokenizerConfig | SparseConfig

FORMAT_VERSION = 1

SILENT = 0
"""The code that says nothing."""

NO_FACE = -1
"""Stands in place of a code where there is no expression to encode."""


class Tokenizer:
    """Codes an expression as at most N of K templates; a face is the neutral plus the sum of its templates.

    With a transformer in the decoder (then :attr:`additive` is False) templates and displays show what a code does by
    itself, and :meth:`decode` alone says what codes stand for together.

    Its identity, :attr:`hash`, covers everything that decides codes and decoded faces, and not the card.

    Args:
        name: of the tokenizer, as in ``dfe-face41``.
        version: of the tokenizer; a tokenizer that codes differently is another version.
        space: in which its expressions live.
        config: levels, book, encoder, decoder.
        weights: float32 arrays named and shaped as :meth:`TokenizerConfig.weight_shapes` says.
        subject_neutral: what was done about each person's own neutral face before coding, as in a recording's
            provenance; ``none``: nothing.
        card: what it was trained on, what it can do, measured figures; plain JSON values.

    Raises:
        ModelError: arrays are missing, superfluous, of another shape or not finite, or the space has other dimensions.
    """

    def __init__(
        self,
        *,
        name: str,
        version: str,
        space: ExpressionSpace,
        config: AnyConfig,
        weights: Mapping[str, NDArray[Any]],
        subject_neutral: str = "none",
        card: Mapping[str, Any] | None = None,
    ) -> None:
        _check(config, weights, space)
        self.name, self.version, self.space, self.config = name, version, space, config
        self.subject_neutral = subject_neutral
        self.card: dict[str, Any] = dict(card or {})
        self.folder: Path | None = None
        """Where :func:`~dfe.tokenizer.file.load_tokenizer` found it; names of its displays may lie there."""
        self.weights = {key: np.ascontiguousarray(weights[key], dtype=np.float32) for key in config.weight_shapes()}
        for array in self.weights.values():
            array.setflags(write=False)
        self._coding: Coding
        if isinstance(config, SparseConfig):
            self._coding = SparseCoding(config, self.weights, space)
        else:
            self._coding = ResidualCoding(config, self.weights, space)

    def __repr__(self) -> str:
        return f"<Tokenizer {self.id}: {self.levels} of {self.size} codes, {self.space_id}>"

    def _repr_html_(self) -> str:
        from dfe.tokenizer.notebook import tokenizer_summary

        return tokenizer_summary(self)

    @property
    def id(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"

    @property
    def space_id(self) -> str:
        """Identity of the space whose vectors it codes."""
        return self.space.id

    @property
    def levels(self) -> int:
        """Tokens per face at most, N."""
        return self.config.levels

    @property
    def size(self) -> int:
        """Displays in the book and silence, K."""
        return self.config.size

    @property
    def neutral(self) -> FloatArray:
        """``(D,)``: the expression that no token at all stands for."""
        return self.weights["neutral"]

    @property
    def gains(self) -> FloatArray:
        """Intensities: of each level ``(N,)``, the first being 1, or of the ladder of a sparse book ``(Q,)``, in mm."""
        return self.weights["gains"]

    @property
    def graded(self) -> bool:
        """True where a token holds its own intensity, and no display is said twice of a face: a sparse book."""
        return isinstance(self.config, SparseConfig)

    @property
    def additive(self) -> bool:
        """True where a face is exactly the neutral plus the sum of its displays."""
        return isinstance(self.config, SparseConfig) or self.config.decoder is None

    @property
    def agreeing(self) -> bool:
        """True where no display is said that points away from the face in the display's own region."""
        return isinstance(self.config, SparseConfig) and self.config.faithful

    @property
    def unsteady(self) -> tuple[int, ...]:
        """Displays that small changes of a picture make come and go, as its card says: decode them, do not count them.

        Empty where nobody has measured it.
        """
        return tuple(int(display) for display in self.card.get("unsteady", ()))

    def identity(self) -> dict[str, Any]:
        """All that decides codes and decoded faces, apart from the arrays; plain JSON values."""
        return {
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "version": self.version,
            "space": {"id": self.space.id, "version": self.space.version, "hash": self.space.hash},
            "subject_neutral": self.subject_neutral,
            "config": self.config.to_json(),
        }

    @cached_property
    def hash(self) -> str:
        """SHA-256 in hex over :meth:`identity` and the arrays."""
        digest = hashlib.sha256(json.dumps(self.identity(), sort_keys=True, separators=(",", ":")).encode())
        for key in sorted(self.weights):
            digest.update(key.encode() + b"\0" + self.weights[key].astype("<f4").tobytes())
        return digest.hexdigest()

    def provenance(self) -> dict[str, str]:
        """What a recording keeps of the tokenizer that made its codes."""
        return {"name": self.name, "version": self.version, "hash": self.hash}

    def encode(self, x: ArrayLike) -> CodeArray:
        """Expressions ``(n, D)`` to codes ``(n, N)``; 0 says nothing, and only zeros follow the first one.

        A row that is not finite (no face) becomes -1 throughout. A row's codes depend on nothing but the row: they are
        those of float64 arithmetic, ties going to the lowest index, whatever the batch, the machine or the library.

        Raises:
            UsageError: the rows do not have D columns.
        """
        return self.encode_with_info(x).codes

    def encode_with_info(self, x: ArrayLike) -> Search:
        """As :meth:`encode`, and which rows were close calls.

        Residual: rows that had to be computed again in float64. Sparse: rows where equally strong displays stood at the
        cut to N, and were left out together.
        """
        rows = self._rows(x)
        finite = np.isfinite(rows).all(axis=1)
        codes = np.full((len(rows), self.levels), NO_FACE, dtype=np.int16)
        doubt = np.zeros(len(rows), dtype=bool)
        codes[finite], doubt[finite] = self._coding.encode(rows[finite])
        return Search(codes, doubt)

    def encode_direct(self, x: ArrayLike) -> CodeArray:
        """Codes ``(n, N)`` of finite expressions ``(n, D)`` with the encoder left out: the floor to judge it by."""
        return self._coding.encode_direct(self._rows(x))

    def decode(self, codes: ArrayLike) -> FloatArray:
        """Codes ``(n, m)`` of the first m levels, m at most N, to expressions ``(n, D)``; rows with a -1 become NaN.

        Raises:
            UsageError: more columns than levels, or a code that the book does not have.
        """
        rows = np.asarray(codes)
        if rows.ndim != 2 or rows.shape[1] > self.levels or not np.issubdtype(rows.dtype, np.integer):
            raise UsageError(f"tokenizer {self.id} decodes rows of up to {self.levels} codes, not {_described(rows)}")
        count = self.displays().unit.shape[1]
        if rows.size and (rows.min() < NO_FACE or rows.max() >= count):
            raise UsageError(f"tokenizer {self.id} has codes 0 to {count - 1}, not {rows.min()} to {rows.max()}")
        x = self._coding.decode(np.maximum(rows, SILENT).astype(np.int64))
        x[(rows == NO_FACE).any(axis=1)] = np.nan
        return x.astype(np.float32)

    def displays(self) -> Displays:
        """Every display but silence, and the intensity at which each code says it.

        Not :attr:`additive`: a first-order picture, the direction of decode(code alone at level 1) - neutral and how
        far the code alone at each level goes that way, in mm on the mesh; :meth:`decode` is what counts.
        """
        return self._coding.displays

    def templates(self) -> FloatArray:
        """``(K, D)``: what each display adds to a face, in units of the space, without the neutral; row 0 nothing.

        Residual: decode(code alone at level 1) - neutral. Sparse: at the middle step of the ladder.
        """
        directions = self.displays().directions
        usual = self.gains[len(self.gains) // 2] if self.graded else np.float32(1)
        return np.concatenate([np.zeros_like(directions[:1]), usual * directions])

    def said(self, codes: ArrayLike) -> IntArray:
        """Which display each code says, ``(n, m)`` of the first m levels; 0 nothing, -1 no face."""
        rows = np.asarray(codes, np.int64)
        unit = self.displays().unit[np.arange(rows.shape[1]), np.maximum(rows, 0)]
        return np.where(rows == NO_FACE, NO_FACE, unit + 1)

    def error_mm(self, x: ArrayLike, codes: ArrayLike) -> DoubleArray:
        """Mesh error in mm of each decoded row, ``(n,)``; NaN where there is no face."""
        return self.space.error_mm(self._rows(x), self.decode(codes))

    def _rows(self, x: ArrayLike) -> FloatArray:
        rows = np.asarray(x)
        if rows.ndim != 2 or rows.shape[1] != self.config.dimension or not np.issubdtype(rows.dtype, np.number):
            raise UsageError(
                f"tokenizer {self.id} codes rows of {self.config.dimension} coefficients of {self.space_id}, "
                f"not {_described(rows)}"
            )
        return rows.astype(np.float32)


def _described(rows: NDArray[Any]) -> str:
    return f"an array of shape {rows.shape} and type {rows.dtype}"


def _check(config: AnyConfig, weights: Mapping[str, NDArray[Any]], space: ExpressionSpace) -> None:
    if config.dimension != space.dimension:
        raise ModelError(f"it codes {config.dimension} coefficients, but space {space.id} has {space.dimension}")
    shapes = config.weight_shapes()
    if odd := sorted(set(shapes) ^ set(weights)):
        raise ModelError(f"its arrays are not those of its config: {odd[0]} is {_presence(odd[0], weights)}")
    for key, shape in shapes.items():
        array = weights[key]
        if array.shape != shape or array.dtype != np.float32:
            raise ModelError(f"array {key} is {array.dtype} {array.shape}, not float32 {shape}")
        if not np.isfinite(array).all():
            raise ModelError(f"array {key} holds numbers that are not finite")


def _presence(key: str, weights: Mapping[str, NDArray[Any]]) -> str:
    return "superfluous" if key in weights else "missing"
