"""How a residual quantiser is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from dfe.base.errors import ModelError, UsageError
from dfe.quantizers.rvq.config import DecoderConfig, EncoderConfig, RvqConfig
from dfe.quantizers.settings import Start

if TYPE_CHECKING:
    from dfe.quantizers.rvq.train.model import RvqModel


@dataclass(frozen=True)
class RvqSettings:
    """Settings of a residual quantiser with one shared codebook, apart from its size.

    Args:
        threshold_mm2: a level speaks only if it lowers the squared mesh error by more than this, in mm^2.
        encoder: None trains the codebook alone, for a direct search.
        decoder: a transformer that adds to the sum of the codes; None for faces that are that sum.
        beam: beginnings that the search keeps; 1 is greedy.
        gains: levels have gains of their own to learn; without, each says its codes at full size.
        transformer_learning_rate: of the transformers of encoder and decoder, at its highest.
        emphasis: how much a vertex counts in search and losses of distance, by its region of the face; 1 where none is
            named, and regions that a space lacks are passed over. Brows and lids move less than the mouth, and are
            looked at as much. Errors are told without it.
        mirrored: every other row of a step is mirrored, in spaces that have a left-right flip.
    """

    kind: ClassVar[str] = "rvq"
    threshold_mm2: float = 0.01
    encoder: EncoderConfig | None = field(default_factory=EncoderConfig)
    decoder: DecoderConfig | None = None
    beam: int = 1
    gains: bool = True
    transformer_learning_rate: float = 1e-3
    emphasis: Mapping[str, float] = field(default_factory=dict, hash=False)
    mirrored: bool = False

    def __post_init__(self) -> None:
        rate = self.transformer_learning_rate
        if not 0 < rate < float("inf"):
            raise UsageError(f"transformer_learning_rate is {rate}, not a positive number")

    def config(self, regions: tuple[tuple[int, ...], ...], levels: int, size: int) -> RvqConfig:
        """The quantiser's own configuration.

        Raises:
            ModelError: it cannot be.
        """
        return RvqConfig(regions, levels, size, self.threshold_mm2, self.encoder, self.beam, self.decoder)

    def check(self, levels: int, size: int) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: a size, threshold or beam out of bounds.
        """
        try:
            self.config(((0,),), levels, size)
        except ModelError as error:
            raise UsageError(error.what, advice="choose another value") from None

    def begin(self, start: Start) -> RvqModel:
        """The model before its first step: first codebook and gains; transformers that change nothing."""
        from dfe.quantizers.rvq.train.initialise import first_model

        return first_model(self, start)

    def parameter_groups(self, model: RvqModel, learning_rate: float) -> list[dict[str, Any]]:
        """Codes and gains at one rate, transformers at another."""
        quantizer = model.quantizer
        groups: list[dict[str, Any]] = [{"params": [quantizer.codes, quantizer.log_gains], "lr": learning_rate}]
        for transformer in (model.encoder, model.transformer):
            if transformer is not None:
                groups.append({"params": list(transformer.parameters()), "lr": self.transformer_learning_rate})
        return groups
