"""Shape of a residual quantiser: everything that fixes which arrays it has, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from dfe.base.errors import ModelError
from dfe.quantizers.checks import MAX_LEVELS, MAX_SIZE, bounded, not_negative

MAX_WIDTH = 4096
MAX_BEAM = 1024


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
class RvqConfig:
    """Levels, codebook, encoder and decoder of a residual vector quantiser with one shared codebook.

    Args:
        regions: coefficient indices of each face region; every coefficient in exactly one of them.
        levels: tokens per face at most, N.
        size: codes in the codebook, K, the zero code included.
        threshold_mm2: a level speaks only if it lowers the squared mesh error by more than this, in mm^2.
        encoder: None for a direct search on the mesh coordinates of the face.
        beam: beginnings of a code sequence that the search keeps; 1 is greedy.
        decoder: None for a face that is exactly the sum of its templates.
    """

    kind: ClassVar[str] = "rvq"
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
        not_negative("threshold_mm2", self.threshold_mm2, "mm^2")
        members = sorted(index for region in self.regions for index in region)
        if not members or members != list(range(len(members))):
            raise ModelError("the regions do not hold every coefficient exactly once")

    @property
    def dimension(self) -> int:
        """Coefficients per expression, D; also the dimension of the latent."""
        return sum(len(region) for region in self.regions)

    def to_json(self) -> dict[str, Any]:
        """All fields as plain JSON values."""
        values = asdict(self)
        return values | {"regions": [list(region) for region in self.regions]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RvqConfig:
        """Read what :meth:`to_json` wrote.

        Raises:
            ModelError: a field is missing, unknown or out of bounds.
        """
        try:
            encoder, decoder = values["encoder"], values["decoder"]
            if odd := set(values) - {field.name for field in fields(cls)}:
                raise ModelError(f"unknown fields in its config: {', '.join(sorted(odd))}")
            return cls(
                regions=tuple(tuple(bounded("region index", i, 0, MAX_SIZE) for i in r) for r in values["regions"]),
                levels=values["levels"],
                size=values["size"],
                threshold_mm2=values["threshold_mm2"],
                encoder=None if encoder is None else EncoderConfig(**encoder),
                beam=values["beam"],
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
            "codebook": (self.size, d),
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
