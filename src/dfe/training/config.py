"""Everything that decides what a training run gives, apart from the tables."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from dfe.base.errors import ModelError, UsageError
from dfe.quantizers.rvq.config import NAME, DecoderConfig, EncoderConfig, TokenizerConfig
from dfe.quantizers.sparse.search import SparseConfig

Device = Literal["auto", "cpu", "cuda"]
"""Where to train; ``auto`` is CUDA where there is one."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms.

    Reconstruction, commitment and codebook are in mm^2, distance in mm, the others without unit.
    """

    distance: float = 0.0
    reconstruction: float = 1.0
    commitment: float = 0.5
    codebook: float = 0.05
    sparsity: float = 0.05
    orthogonality: float = 0.2
    coherence: float = 0.0
    usage: float = 0.01

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            if not 0 <= weight < float("inf"):
                raise UsageError(f"the weight of {name} is {weight}, not a number from 0 up")


@dataclass(frozen=True)
class GradedConfig:
    """Settings of a sparse book of graded displays, apart from its size.

    Args:
        steps: intensities of the ladder.
        lowest_mm, highest_mm: ends of the ladder to begin from.
        symmetric: displays that are their own mirror image, as a share of the book; the others come in pairs.
        penalty_mm, least_mm, iterations, sweeps: of the search (:class:`dfe.quantizers.sparse.search.SparseConfig`).
        gains_learning_rate: of the logarithm of the ladder.
        faithful: only displays that agree with a face are said of it.
        mirrored: the book holds every display's mirror image.
        nonnegative: no display lowers a coefficient, in spaces whose coefficients begin at zero.

    The last three are switched off to measure what they bring (``dfe ablate``).
    """

    steps: int = 12
    lowest_mm: float = 0.1
    highest_mm: float = 2.8
    symmetric: float = 0.5
    penalty_mm: float = 0.06
    least_mm: float = 0.05
    iterations: int = 30
    sweeps: int = 2
    gains_learning_rate: float = 3e-3
    faithful: bool = True
    mirrored: bool = True
    nonnegative: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.symmetric <= 1:
            raise UsageError(f"symmetric is {self.symmetric}, not a share from 0 to 1")
        if not 0 < self.lowest_mm <= self.highest_mm < float("inf"):
            raise UsageError(f"a ladder from {self.lowest_mm} to {self.highest_mm} mm does not rise from above 0")
        if not 0 < self.gains_learning_rate < float("inf"):
            raise UsageError(f"gains_learning_rate is {self.gains_learning_rate}, not a positive number")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run.

    Args:
        name: of the tokenizer.
        version: of the tokenizer.
        space: expression space that the tables must be in: its id, or the folder of a learned one.
        levels: tokens per face at most, N.
        size: codes, K, the silent code 0 included.
        threshold_mm2: a level speaks only if it lowers the squared mesh error by more than this, in mm^2.
        encoder: None trains the book alone, for a direct search.
        decoder: a transformer that adds to the sum of the codes; None for faces that are that sum.
        beam: beginnings that the residual search keeps; 1 is greedy.
        gains: levels have gains of their own to learn; without, each says its codes at full size.
        graded: trains a sparse book of graded displays in place of a residual quantiser.
        neutral: expression that no token stands for: the commonest face of the tables ("mode"), their mean, or zero.
        steps: optimiser steps.
        batch: rows per step.
        learning_rate: of codes and gains, at its highest.
        encoder_learning_rate: of the transformers of encoder and decoder, at its highest.
        losses: weights of the loss terms.
        mixed: share of each batch's rows that are made of two faces, the brows, eyes and nose of one over the rest of
            another, both up to :data:`dfe.training.mix.STRETCH` times as strong: expressions that few people showed.
        usable_only: leave out rows that are not marked usable (turned or small faces).
        group_pattern: regular expression whose first group, found in a row's source name, says who it is; people are
            kept together in training or validation. Names that do not match are groups of their own.
        reseed_every: steps between replacements of dead codes.
        validate_every: steps between entries of validation error in the log.
        checkpoint_every: steps between checkpoints, from which an interrupted run goes on.
        seed: of every random choice.
        threads: of torch; results are only repeatable at the same number.
        patience: validations without a better one after which training stops; the weights of the best one are kept.
            0 takes every step and keeps the last weights.
        device: "cpu", "cuda", or "auto" for CUDA where there is one; results are only repeatable on the same.
    """

    name: str = "mine"
    version: str = "1"
    space: str = "arkit51/face41"
    levels: int = 8
    size: int = 64
    threshold_mm2: float = 0.01
    encoder: EncoderConfig | None = field(default_factory=EncoderConfig)
    decoder: DecoderConfig | None = None
    beam: int = 1
    gains: bool = True
    graded: GradedConfig | None = None
    neutral: Literal["mode", "mean", "zero"] = "mode"
    steps: int = 6000
    batch: int = 512
    learning_rate: float = 1e-2
    encoder_learning_rate: float = 1e-3
    losses: LossWeights = field(default_factory=LossWeights)
    mixed: float = 0.0
    usable_only: bool = True
    group_pattern: str = ""
    reseed_every: int = 100
    validate_every: int = 500
    checkpoint_every: int = 500
    seed: int = 0
    threads: int = 1
    patience: int = 0
    device: Device = "auto"

    def __post_init__(self) -> None:
        if self.graded is not None and (self.encoder is not None or self.decoder is not None or self.beam != 1):
            raise UsageError("graded displays are found all at once and added: they take no encoder, decoder or beam")
        if self.graded is not None and not self.gains:
            raise UsageError("graded displays always have gains", advice="give their ladder one step: steps=1")
        for part in (self.name, self.version):
            if not NAME.fullmatch(part):
                raise UsageError(f"{part!r} cannot name a tokenizer", advice="use letters, digits, '.', '_' and '-'")
        for name in (
            "levels",
            "beam",
            "steps",
            "batch",
            "reseed_every",
            "validate_every",
            "checkpoint_every",
            "threads",
        ):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}, not a number from 1 up")
        if self.size < 2:
            raise UsageError(f"size is {self.size}: a book has at least the silent code and one that speaks")
        if not 0 <= self.mixed <= 1:
            raise UsageError(f"mixed is {self.mixed}, not a share from 0 to 1")
        for name in ("learning_rate", "encoder_learning_rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise UsageError(f"{name} is {getattr(self, name)}, not a positive number")
        try:
            groups = re.compile(self.group_pattern).groups
        except re.error as error:
            raise UsageError(
                f"the pattern that says who a person is, {self.group_pattern!r}, is no regular expression ({error})"
            ) from None
        if self.group_pattern and not groups:
            raise UsageError(f"group_pattern {self.group_pattern!r} has no (group) that says who it is")
        if self.patience < 0:
            raise UsageError(f"patience is {self.patience}, not a number from 0 up")
        if self.device not in get_args(Device):
            raise UsageError(f"there is no device {self.device!r}", advice=f"choose {' or '.join(get_args(Device))}")
        self._check_shape()

    def _check_shape(self) -> None:
        """Let the tokenizer's own configuration refuse what it cannot be, before any table is read."""
        advice = "choose another value"
        try:
            if self.graded is None:
                TokenizerConfig(((0,),), self.levels, self.size, self.threshold_mm2, self.encoder, self.beam)
                return
            if self.levels >= self.size:
                advice = "ask for fewer levels or a larger size"
            elif self.size % 2 == 0 and self.graded.symmetric == 0:
                raise ModelError(f"{self.size - 1} displays cannot all come in pairs of left and right")
            names = ("steps", "penalty_mm", "least_mm", "iterations", "sweeps")
            SparseConfig(1, self.levels, self.size, **{name: getattr(self.graded, name) for name in names})
        except ModelError as error:
            raise UsageError(error.what, advice=advice) from None

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON values, but for the device; patience is left out where there is none.

        So checkpoints and cards from before there was patience are those of the same settings.
        """
        values = asdict(self)
        del values["device"]
        if not self.patience:
            del values["patience"]
        return values


PRESETS: dict[str, TrainConfig] = {
    "displays": TrainConfig(
        encoder=None,
        graded=GradedConfig(),
        neutral="zero",
        mixed=0.5,
        steps=4000,
        batch=1024,
        learning_rate=6e-3,
        losses=LossWeights(
            distance=1.0,
            reconstruction=0.0,
            commitment=0.0,
            codebook=0.0,
            sparsity=4.5,
            orthogonality=3.0,
            coherence=1.0,
            usage=0.0,
        ),
    ),
    "fidelity": TrainConfig(
        encoder=None,
        beam=8,
        threshold_mm2=0.0,
        neutral="mean",
        mixed=0.5,
        steps=6000,
        losses=LossWeights(
            distance=1.0,
            reconstruction=0.0,
            commitment=0.0,
            codebook=0.05,
            sparsity=0.0,
            orthogonality=0.0,
            coherence=0.0,
            usage=0.0,
        ),
    ),
    "paper": TrainConfig(decoder=DecoderConfig(), neutral="mean"),
}
"""Settings by what the tokenizer is for: displays to look at and count, faces told as exactly as can be, or comparison
with the architecture of arXiv 2510.01662: transformers on both sides of one shared book searched level by level, with
sparsity and orthogonality. Its sizes and weights are ours, since the paper's text was not at hand."""


DEFAULT_PRESET = "displays"


def preset(name: str) -> TrainConfig:
    """Settings by their name in :data:`PRESETS`.

    Raises:
        UsageError: there is no such preset.
    """
    if name not in PRESETS:
        raise UsageError(f"there is no preset {name!r}", advice=f"choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
