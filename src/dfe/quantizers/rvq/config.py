"""Shape of a residual tokenizer: everything that fixes which arrays it has, and how large they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dfe.base.errors import ModelError

MAX_LEVELS = 64
MAX_SIZE = 32767
MAX_WIDTH = 4096
MAX_BEAM = 1024
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What may name a tokenizer or its version: it becomes part of a folder's name."""


@dataclass(frozen=True)
class TransformerConfig:
    """Size of a transformer.

    Args:
        width: channels per token.
        layers: pre-norm blocks.
        heads: attention heads; divides ``width``.
        hidden: channels inside the ReLU MLP of a block.
    """

    width: int = 64
    layers: int = 2
    heads: int = 4
    hidden: int = 128

    def __post_init__(self) -> None:
        for name in ("width", "layers", "heads", "hidden"):
            bounded(name, getattr(self, name), 1, MAX_WIDTH)
        if self.width % self.heads:
            raise ModelError(f"transformer width {self.width} is no multiple of its {self.heads} heads")

    def weight_shapes(self, name: str) -> dict[str, tuple[int, ...]]:
        """Name and shape of the arrays of its blocks and of the norm after them, all under ``name``."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(self.layers):
            for part, (rows, columns) in {
                "qkv": (3 * self.width, self.width),
                "out": (self.width, self.width),
                "up": (self.hidden, self.width),
                "down": (self.width, self.hidden),
            }.items():
                shapes[f"{name}.layers.{layer}.{part}.weight"] = (rows, columns)
                shapes[f"{name}.layers.{layer}.{part}.bias"] = (rows,)
            for norm in ("norm1", "norm2"):
                shapes[f"{name}.layers.{layer}.{norm}.weight"] = (self.width,)
                shapes[f"{name}.layers.{layer}.{norm}.bias"] = (self.width,)
        shapes[f"{name}.norm.weight"] = shapes[f"{name}.norm.bias"] = (self.width,)
        return shapes


@dataclass(frozen=True)
class EncoderConfig(TransformerConfig):
    """Transformer over one token per face region."""


@dataclass(frozen=True)
class DecoderConfig(TransformerConfig):
    """Transformer over one token per level."""


@dataclass(frozen=True)
class TokenizerConfig:
    """Levels, book, encoder and decoder of a residual vector quantiser with one shared book.

    Args:
        regions: coefficient indices of each face region; every coefficient in exactly one of them.
        levels: tokens per face at most, N.
        size: codes in the book, K, the zero code included.
        threshold_mm2: a level speaks only if it lowers the squared mesh error by more than this, in mm^2.
        encoder: None for a direct search on the mesh coordinates of the face.
        beam: beginnings of a code sequence that the search keeps; 1 is greedy.
        decoder: None for a face that is exactly the sum of its templates.
    """

    regions: tuple[tuple[int, ...], ...]
    levels: int = 8
    size: int = 64
    threshold_mm2: float = 0.01
    encoder: EncoderConfig | None = field(default_factory=EncoderConfig)
    beam: int = 1
    decoder: DecoderConfig | None = None

    def __post_init__(self) -> None:
        bounded("beam", self.beam, 1, MAX_BEAM)
        bounded("levels", self.levels, 1, MAX_LEVELS)
        bounded("size", self.size, 2, MAX_SIZE)
        threshold = self.threshold_mm2
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0 <= threshold < float("inf"):
            raise ModelError(f"threshold_mm2 is {threshold!r}, not a number of mm^2 from 0 up")
        members = sorted(index for region in self.regions for index in region)
        if not members or members != list(range(len(members))):
            raise ModelError("the regions do not hold every coefficient exactly once")

    @property
    def dimension(self) -> int:
        """Coefficients per expression, D; also the dimension of the latent."""
        return sum(len(region) for region in self.regions)

    def to_json(self) -> dict[str, Any]:
        """The configuration as plain JSON values; what is as it always was is left out, so that hashes stay."""
        values: dict[str, Any] = {
            "regions": [list(region) for region in self.regions],
            "levels": self.levels,
            "size": self.size,
            "threshold_mm2": float(self.threshold_mm2),
            "encoder": None if self.encoder is None else asdict(self.encoder),
        }
        if self.beam != 1:
            values["beam"] = self.beam
        if self.decoder is not None:
            values["decoder"] = asdict(self.decoder)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TokenizerConfig:
        """Read what :meth:`to_json` wrote.

        Raises:
            ModelError: a field is missing, unknown or out of bounds.
        """
        try:
            encoder, decoder = values["encoder"], values.get("decoder")
            known = {"regions", "levels", "size", "threshold_mm2", "encoder"}
            if odd := set(values) - known - {"beam", "decoder"}:
                raise ModelError(f"unknown fields in its config: {', '.join(sorted(odd))}")
            return cls(
                regions=tuple(tuple(bounded("region index", i, 0, MAX_SIZE) for i in r) for r in values["regions"]),
                levels=values["levels"],
                size=values["size"],
                threshold_mm2=values["threshold_mm2"],
                encoder=None if encoder is None else EncoderConfig(**encoder),
                beam=values.get("beam", 1),
                decoder=None if decoder is None else DecoderConfig(**decoder),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"its config is incomplete or malformed ({error})") from None

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every array in the tokenizer's file.

        ``to_latent`` and ``from_latent`` are the ``(D, D)`` map to mesh coordinates in mm and its inverse.
        """
        d = self.dimension
        shapes: dict[str, tuple[int, ...]] = {
            "neutral": (d,),
            "to_latent": (d, d),
            "from_latent": (d, d),
            "book": (self.size, d),
            "gains": (self.levels,),
        }
        if self.encoder is not None:
            shapes["encoder.coefficients"] = (d, self.encoder.width)
            shapes["encoder.regions"] = (len(self.regions), self.encoder.width)
            shapes |= self.encoder.weight_shapes("encoder")
            shapes |= {"encoder.head.weight": (d, self.encoder.width), "encoder.head.bias": (d,)}
        if self.decoder is not None:
            shapes["decoder.codes"] = (d, self.decoder.width)
            shapes["decoder.levels"] = (self.levels, self.decoder.width)
            shapes |= self.decoder.weight_shapes("decoder")
            shapes |= {"decoder.head.weight": (d, self.decoder.width), "decoder.head.bias": (d,)}
        return shapes


def bounded(name: str, value: Any, low: int, high: int) -> int:
    """The value, if it is a whole number within bounds.

    Raises:
        ModelError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ModelError(f"{name} is {value!r}, not a whole number from {low} to {high}")
    return value
