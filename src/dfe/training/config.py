"""Everything that decides what a training run gives, apart from the tables."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from dfe.errors import UsageError
from dfe.tokenizer.config import NAME, EncoderConfig


@dataclass(frozen=True)
class LossWeights:
    """Weights of the loss terms; reconstruction, commitment and codebook are in mm^2, the others without unit."""

    reconstruction: float = 1.0
    commitment: float = 0.5
    codebook: float = 0.05
    sparsity: float = 0.05
    orthogonality: float = 0.2
    usage: float = 0.01

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            if not 0 <= weight < float("inf"):
                raise UsageError(f"the weight of {name} is {weight}, not a number from 0 up")


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
        for part in (self.name, self.version):
            if not NAME.fullmatch(part):
                raise UsageError(f"{part!r} cannot name a tokenizer", advice="use letters, digits, '.', '_' and '-'")
        for name in ("levels", "steps", "batch", "reseed_every", "validate_every", "checkpoint_every", "threads"):
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
