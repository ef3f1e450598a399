"""Everything that decides what a training run gives, apart from the tables."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from dfe.base.errors import UsageError
from dfe.quantizers.rvq.config import DecoderConfig
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.settings import LossWeights, Settings
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.tokenizer.tokenizer import NAME
from dfe.training.neutral import Neutral

Device = Literal["auto", "cpu", "cuda"]
"""Where to train; ``auto`` is CUDA where there is one."""


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run.

    Args:
        name: of the tokenizer.
        version: of the tokenizer.
        space: expression space that the tables must be in: its id, or the folder of a learned one; empty: that of the
            first table.
        levels: tokens per face at most, N.
        size: K, displays and silence.
        quantizer: which quantiser is trained, with settings of its own.
        neutral: expression that no token stands for: the commonest face of the tables ("mode"), their mean, or zero.
        steps: optimiser steps.
        batch: rows per step.
        learning_rate: of the codebook, at its highest.
        losses: weights of the loss terms.
        mixed: share of each batch's rows that are made of two faces, the brows, eyes and nose of one over the rest of
            another, both up to :data:`dfe.training.mix.STRETCH` times as strong: expressions that few people showed.
        usable_only: leave out rows that are not marked usable (turned, small, covered, frozen or blurred faces).
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
    space: str = ""
    levels: int = 8
    size: int = 64
    quantizer: Settings = field(default_factory=RvqSettings)
    neutral: Neutral = "mode"
    steps: int = 6000
    batch: int = 512
    learning_rate: float = 1e-2
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
        for part in (self.name, self.version):
            if not NAME.fullmatch(part):
                raise UsageError(f"{part!r} cannot name a tokenizer", advice="use letters, digits, '.', '_' and '-'")
        for name in (
            "levels",
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
            raise UsageError(f"size is {self.size}: a codebook has at least silence and one display")
        if not 0 <= self.mixed <= 1:
            raise UsageError(f"mixed is {self.mixed}, not a share from 0 to 1")
        if not 0 < self.learning_rate < float("inf"):
            raise UsageError(f"learning_rate is {self.learning_rate}, not a positive number")
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
        self.quantizer.check(self.levels, self.size)

    def to_json(self) -> dict[str, Any]:
        """The settings as plain JSON values, but for the device."""
        values = asdict(self)
        del values["device"]
        return values | {"quantizer": {"kind": self.quantizer.kind, **values["quantizer"]}}


PRESETS: dict[str, TrainConfig] = {
    "displays": TrainConfig(
        quantizer=SparseSettings(
            steps=16, lowest_mm=0.12, highest_mm=12.0, penalty_mm=0.1, emphasis={"brow": 4.0, "eyes": 6.0}
        ),
        neutral="zero",
        mixed=0.5,
        steps=2500,
        batch=1024,
        learning_rate=6e-3,
        losses=LossWeights(
            distance=1.0,
            reconstruction=0.0,
            commitment=0.0,
            codebook=0.0,
            sparsity=2.0,
            orthogonality=1.5,
            coherence=2.0,
            usage=0.0,
        ),
    ),
    "coefficients": TrainConfig(
        quantizer=SparseSettings(),
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
    "rvq": TrainConfig(
        quantizer=RvqSettings(
            encoder=None, beam=16, threshold_mm2=0.0, emphasis={"brow": 5.0, "eyes": 2.0}, mirrored=True
        ),
        neutral="mean",
        mixed=0.3,
        steps=1500,
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
    "paper": TrainConfig(quantizer=RvqSettings(decoder=DecoderConfig()), neutral="mean"),
}
"""Settings by what the tokenizer is for: displays to look at and count, faces told as exactly as can be, or comparison
with the architecture of arXiv 2510.01662: transformers on both sides of one shared codebook searched level by level,
with sparsity and orthogonality. Its sizes and weights are ours, since the paper's text was not at hand."""


DEFAULT_PRESET = "displays"


def preset(name: str) -> TrainConfig:
    """Settings by their name in :data:`PRESETS`.

    Raises:
        UsageError: there is no such preset.
    """
    if name not in PRESETS:
        raise UsageError(f"there is no preset {name!r}", advice=f"choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
