"""Everything that decides what a training run gives, apart from the tables."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from dfe.errors import UsageError
from dfe.tokenizer.config import NAME, EncoderConfig


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
        penalty_mm, least_mm, iterations, sweeps: of the search (:class:`dfe.tokenizer.sparse.SparseConfig`).
        gains_learning_rate: of the logarithm of the ladder.
        faithful: only displays that agree with a face are said of it.
        mirrored: the book holds every display's mirror image.
        nonnegative: no display lowers a coefficient.

    The last three are switched off to measure what they bring (``dfe ablate``).
    """

    steps: int = 8
    lowest_mm: float = 0.15
    highest_mm: float = 2.5
    symmetric: float = 0.4
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


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run.

    Args:
        name: of the tokenizer.
        version: of the tokenizer.
        space: expression space that the tables must be in.
        levels: tokens per face at most, N.
        size: codes, K, the silent code 0 included.
        threshold_mm2: a level speaks only if it lowers the squared mesh error by more than this, in mm^2.
        encoder: None trains the book alone, for a direct search.
        beam: beginnings that the residual search keeps; 1 is greedy.
        gains: levels have gains of their own to learn; without, each says its codes at full size.
        graded: trains a sparse book of graded displays in place of a residual quantiser.
        neutral: expression that no token stands for: the commonest face of the tables ("mode"), their mean, or zero.
        steps: optimiser steps.
        batch: rows per step.
        learning_rate: of codes and gains, at its highest.
        encoder_learning_rate: of the encoder, at its highest.
        losses: weights of the loss terms.
        usable_only: leave out rows that are not marked usable (turned or small faces).
        group_pattern: regular expression whose first group, found in a row's source name, says who it is; people are
            kept together in training or validation. Names that do not match are groups of their own.
        reseed_every: steps between replacements of dead codes.
        validate_every: steps between entries of validation error in the log.
        checkpoint_every: steps between checkpoints, from which an interrupted run goes on.
        seed: of every random choice.
        threads: of torch; results are only repeatable at the same number.
    """

    name: str = "mine"
    version: str = "1"
    space: str = "arkit51/face41"
    levels: int = 8
    size: int = 64
    threshold_mm2: float = 0.01
    encoder: EncoderConfig | None = field(default_factory=EncoderConfig)
    beam: int = 1
    gains: bool = True
    graded: GradedConfig | None = None
    neutral: Literal["mode", "mean", "zero"] = "mode"
    steps: int = 6000
    batch: int = 512
    learning_rate: float = 1e-2
    encoder_learning_rate: float = 1e-3
    losses: LossWeights = field(default_factory=LossWeights)
    usable_only: bool = True
    group_pattern: str = ""
    reseed_every: int = 100
    validate_every: int = 500
    checkpoint_every: int = 500
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        if self.graded is not None and (self.encoder is not None or self.beam != 1):
            raise UsageError("graded displays are found all at once: they take no encoder and no beam")
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

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON values."""
        return asdict(self)


PRESETS: dict[str, TrainConfig] = {
    "displays": TrainConfig(
        encoder=None,
        graded=GradedConfig(),
        neutral="zero",
        steps=4000,
        batch=1024,
        learning_rate=6e-3,
        losses=LossWeights(
            distance=1.0,
            reconstruction=0.0,
            commitment=0.0,
            codebook=0.0,
            sparsity=2.5,
            orthogonality=0.5,
            coherence=1.0,
            usage=0.0,
        ),
    ),
    "fidelity": TrainConfig(
        encoder=None,
        beam=8,
        threshold_mm2=0.0,
        neutral="mean",
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
}
"""Settings by what the tokenizer is for: displays to look at and count, or faces told as exactly as can be."""


def preset(name: str) -> TrainConfig:
    """Settings by their name in :data:`PRESETS`.

    Raises:
        UsageError: there is no such preset.
    """
    if name not in PRESETS:
        raise UsageError(f"there is no preset {name!r}", advice=f"choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
