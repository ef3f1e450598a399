"""A trained tokenizer: expressions to tokens and back. What it does is done by its quantiser."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import ModelError, UsageError
from dfe.base.types import CodeArray, DoubleArray, FloatArray
from dfe.displays.displays import Displays
from dfe.displays.tokens import NO_FACE, Tokens
from dfe.quantizers.quantizer import Found, Quantizer, QuantizerConfig
from dfe.quantizers.registry import quantizer_kind
from dfe.space.base import ExpressionSpace

FORMAT_VERSION = 2

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What may name a tokenizer or its version: it becomes part of a folder's name."""


class Tokenizer:
    """Says of an expression at most N displays, each with its intensity; a face is the neutral plus their sum.

    With a transformer in the decoder (then :attr:`additive` is False) displays show what each does by itself, and
    :meth:`decode` alone says what tokens stand for together.

    Its identity, :attr:`hash`, covers everything that decides tokens and decoded faces, and not the card.

    Args:
        name: of the tokenizer, as in ``dfe-face41``.
        version: of the tokenizer; a tokenizer that codes differently is another version.
        space: in which its expressions live.
        config: of its quantiser.
        weights: float32 arrays named and shaped as ``config.weight_shapes()`` says.
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
        config: QuantizerConfig,
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
        self.quantizer: Quantizer = quantizer_kind(config.kind).make(config, self.weights, space)

    def __repr__(self) -> str:
        return f"<Tokenizer {self.id}: {self.levels} of {self.size - 1} displays, {self.space_id}>"

    def _repr_html_(self) -> str:
        from dfe.tokenizer.notebook import tokenizer_summary

        facts: dict[str, object] = {
            "displays": f"{self.size - 1}, {self.quantizer.says}",
            "tokens a face": f"up to {self.levels}",
            "space": f"{self.space.id} version {self.space.version}",
            "unsteady displays": ", ".join(str(display) for display in self.unsteady) or "none listed",
            "hash": self.hash[:16],
        }
        # The most used are told by the card; a display that is not in the codebook any more is passed over.
        listed = [d for d in self.card.get("most_used", ()) if isinstance(d, int) and 1 <= d < self.size]
        return tokenizer_summary(f"Tokenizer {self.id}", facts, self.displays(), listed)

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
        """Displays and silence, K."""
        return self.config.size

    @property
    def neutral(self) -> FloatArray:
        """``(D,)``: the expression that no token at all stands for."""
        return self.weights["neutral"]

    @property
    def additive(self) -> bool:
        """True where a face is exactly the neutral plus the sum of its displays."""
        return self.quantizer.additive

    @property
    def agreeing(self) -> bool:
        """True where no display is said that points away from the face in the display's own region."""
        return self.quantizer.agreeing

    @property
    def unsteady(self) -> tuple[int, ...]:
        """Displays that small changes of a picture make come and go, as its card says: decode them, do not count them.

        Empty where nobody has measured it.
        """
        return tuple(int(display) for display in self.card.get("unsteady", ()))

    def identity(self) -> dict[str, Any]:
        """All that decides tokens and decoded faces, apart from the arrays; plain JSON values."""
        return {
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "version": self.version,
            "space": {"id": self.space.id, "version": self.space.version, "hash": self.space.hash},
            "subject_neutral": self.subject_neutral,
            "quantizer": self.config.kind,
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
        """What a recording keeps of the tokenizer that made its tokens."""
        return {"name": self.name, "version": self.version, "hash": self.hash}

    def encode(self, x: ArrayLike) -> Tokens:
        """Expressions ``(n, D)`` to tokens ``(n, N)``: displays and their intensities in mm.

        A row that is not finite (no face) is -1 throughout. A row's tokens depend on nothing but the row: they are
        those of float64 arithmetic, ties going to the lowest number, whatever the batch, the machine or the library.

        Raises:
            UsageError: the rows do not have D columns.
        """
        return self.displays().tokens(self.encode_codes(x))

    def decode(self, tokens: Tokens) -> FloatArray:
        """Tokens ``(n, m)``, m at most N, to expressions ``(n, D)``; rows without a face become NaN.

        Raises:
            UsageError: more tokens than levels, or a display that there is not.
        """
        display, mm = np.asarray(tokens.display), np.asarray(tokens.mm)
        if display.ndim != 2 or display.shape != mm.shape or not np.issubdtype(display.dtype, np.integer):
            raise UsageError(f"tokenizer {self.id} decodes displays and their mm, not {_described(display)}")
        given = Tokens(display, mm)
        if display.size and (display.min() < NO_FACE or len(self.displays().unknown(given))):
            what = f"up to {self.levels} displays from 1 to {self.size - 1}"
            raise UsageError(f"tokenizer {self.id} says {what}, not {_described(display)} up to {display.max()}")
        if self.additive:
            return self.displays().added(given, self.neutral).astype(np.float32)
        return self.decode_codes(self.displays().codes_of(given))

    def find_codes(self, x: ArrayLike) -> Found:
        """The quantiser's own codes ``(n, N)``, and which rows were close calls: for who judges the quantiser.

        Raises:
            UsageError: the rows do not have D columns.
        """
        rows = self._rows(x)
        finite = np.isfinite(rows).all(axis=1)
        codes = np.full((len(rows), self.levels), NO_FACE, dtype=np.int16)
        doubt = np.zeros(len(rows), dtype=bool)
        codes[finite], doubt[finite] = self.quantizer.encode(rows[finite])
        return Found(codes, doubt)

    def encode_codes(self, x: ArrayLike) -> CodeArray:
        """The quantiser's own codes ``(n, N)``; 0 says nothing, -1 there is no face."""
        return self.find_codes(x).codes

    def encode_direct(self, x: ArrayLike) -> CodeArray:
        """Codes ``(n, N)`` of finite expressions ``(n, D)`` with the encoder left out: the floor to judge it by."""
        return self.quantizer.encode_direct(self._rows(x))

    def decode_codes(self, codes: ArrayLike) -> FloatArray:
        """Codes ``(n, m)`` of the first m levels, m at most N, to expressions ``(n, D)``; rows with a -1 become NaN.

        Raises:
            UsageError: more columns than levels, or a code that there is not.
        """
        rows = self.displays().checked(codes, f"tokenizer {self.id}")
        x = self.quantizer.decode(np.maximum(rows, 0))
        x[(rows == NO_FACE).any(axis=1)] = np.nan
        return x.astype(np.float32)

    def displays(self) -> Displays:
        """Its displays, their words and templates, and the intensities at which its codes say them.

        Not :attr:`additive`: a first-order picture, the direction of decode(code alone at level 1) - neutral and how
        far the code alone at each level goes that way, in mm on the mesh; :meth:`decode` is what counts.
        """
        return self.quantizer.displays

    def templates(self) -> FloatArray:
        """``(K, D)``: what each display adds to a face at its usual intensity, without the neutral; row 0 nothing."""
        return self.displays().templates

    def error_mm(self, x: ArrayLike, tokens: Tokens) -> DoubleArray:
        """Mesh error in mm of each decoded row, ``(n,)``; NaN where there is no face."""
        return self.space.error_mm(self._rows(x), self.decode(tokens))

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


def _check(config: QuantizerConfig, weights: Mapping[str, NDArray[Any]], space: ExpressionSpace) -> None:
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
