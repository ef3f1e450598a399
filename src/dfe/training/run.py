"""The steps of a training run, from its start or its checkpoint to the last one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dfe.base.rows import Rows
from dfe.base.types import FloatArray, Progress
from dfe.quantizers.latent import latent_map
from dfe.quantizers.settings import Start
from dfe.quantizers.train.trainable import Output, Trainable, mesh_map
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training.checkpoint import load_checkpoint, save_checkpoint
from dfe.training.config import TrainConfig
from dfe.training.data import TrainingData
from dfe.training.distributed import Processes, share_search
from dfe.training.log import TrainingLog
from dfe.training.mix import Mixer
from dfe.training.neutral import neutral_of
from dfe.training.validation import Best, validate

_VALIDATION_ROWS = 4096
_RESEED_UNTIL = 0.8
_WARM_UP = 100


class Run:
    """Everything that changes from step to step.

    Args:
        data: rows.
        space: of the rows.
        config: settings.
        neutral: ``(D,)`` in place of ``config.neutral``.
        displays: ``(U, D)`` to begin from.
        folder: for the log and checkpoints.
        device: where to compute.
        among: the processes that train together.
    """

    def __init__(
        self,
        data: TrainingData,
        space: ExpressionSpace,
        config: TrainConfig,
        neutral: FloatArray | None,
        displays: FloatArray | None,
        folder: Path,
        device: torch.device,
        among: Processes,
    ) -> None:
        self.data, self.space, self.config, self.folder, self.among = data, space, config, folder, among
        # Everything is drawn on the CPU, so that a draw is the same wherever the rest is computed.
        self.generator = torch.Generator().manual_seed(config.seed)
        self.take = _taking(data.training, device)
        chances = np.cumsum(data.weights)
        chances /= data.weights.sum()
        self.chances = torch.from_numpy(chances)
        picked = np.random.default_rng(config.seed).permutation(len(data.validation))[:_VALIDATION_ROWS]
        self.validation = torch.from_numpy(data.validation.take(np.sort(picked))).to(device)
        self.model = first_model(data, space, config, neutral, displays).to(device)
        share_search(self.model.searcher(), among)
        self.mesh_map = mesh_map(space, latent_map(space)).to(device)
        self.mixer = Mixer(space, config.mixed)
        groups = config.quantizer.parameter_groups(self.model, config.learning_rate)
        self.optimiser = torch.optim.Adam(groups, betas=(0.9, 0.99))
        self.highest = [group["lr"] for group in groups]
        self.uses = torch.zeros(config.size, dtype=torch.int64)
        self.best, self.done = Best(config.patience), 0
        given = None if neutral is None else [float(v) for v in neutral]
        self.identity: dict[str, Any] = {
            "config": {k: v for k, v in config.to_json().items() if k not in ("name", "version")},
            "data": data.fingerprint,
            "space": space.hash,
            "neutral": given,
        }
        if displays is not None:
            self.identity["displays"] = [[float(v) for v in row] for row in displays]
        if device.type != "cpu":
            self.identity["device"] = device.type

    def finish(self, progress: Progress | None, tensorboard: bool) -> Tokenizer:
        """Take the steps that are left, and return the tokenizer."""
        config = self.config
        state: dict[str, Any] = {
            "model": self.model,
            "optimiser": self.optimiser,
            "generator": self.generator,
            "uses": self.uses,
            "best": self.best,
        }
        self.done = load_checkpoint(self.folder, run=self.identity, **state)
        self.among.check_alike("tables, settings or checkpoint", [self.done, self.identity])
        log = TrainingLog(self.folder, self.done, events=tensorboard) if self.among.first else None
        try:
            while self.done < config.steps and not self.best.stops:
                terms = self._step(self.done)
                self.done += 1
                if self.done % config.validate_every == 0 or self.done == config.steps:
                    entry = self._validate(terms)
                    if log is not None:
                        log.write(entry)
                if self.done % config.checkpoint_every == 0 and self.among.first:
                    save_checkpoint(self.folder, step=self.done, run=self.identity, **state)
                if progress is not None:
                    progress(self.done, config.steps)
        finally:
            if log is not None:
                log.close()
        self.best.restore(self.model)
        return Tokenizer(
            name=config.name,
            version=config.version,
            space=self.space,
            config=self.model.config,
            weights=self.model.weights(),
            subject_neutral=self.data.subject_neutral,
        )

    def stopped(self) -> dict[str, Any]:
        """For the card: when training stopped and of which step the weights are; nothing without patience."""
        if not self.config.patience:
            return {}
        early = self.done < self.config.steps
        return {"stopping": {"step": self.done, "kept_step": self.best.step, "stopped_early": early}}

    def _step(self, step: int) -> dict[str, float]:
        config = self.config
        for group, highest in zip(self.optimiser.param_groups, self.highest, strict=True):
            group["lr"] = highest * schedule(step, config.steps)
        draws = torch.rand(config.batch, generator=self.generator, dtype=torch.float64)
        chosen = torch.searchsorted(self.chances, draws).clamp(max=len(self.chances) - 1)
        x = self.mixer(self.take(chosen), self.generator)
        output: Output = self.model(self.model.batch(x))
        terms = self.model.losses(output, self.mesh_map, config.losses)
        loss = torch.stack([weight * value for weight, value in terms.values()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.model.settle()
        said = self.model.said(output.quantized.codes)
        self.uses += torch.bincount(said.flatten().cpu(), minlength=len(self.uses))
        after = step + 1
        if after % config.reseed_every == 0:
            if after <= config.steps * _RESEED_UNTIL:
                self.model.reseed(self.optimiser, self.uses, output, self.generator)
            self.uses.zero_()
        return {"loss": loss.item()} | {name: value.item() for name, (_, value) in terms.items()}

    def _validate(self, terms: Mapping[str, float]) -> dict[str, float]:
        """The log's entry after a step; all processes make the same one."""
        entry = {"step": self.done, **terms, **validate(self.model, self.validation)}
        self.among.check_alike("what they have computed", entry)
        self.best.take(self.done, entry["validation_error_mm"], self.model)
        if self.config.patience and (self.best.stops or self.done == self.config.steps):
            entry |= {"kept_step": self.best.step, "stopped_early": self.done < self.config.steps}
        return entry


def _taking(rows: Rows, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What gives the rows of a batch by their numbers: from the device itself where they are in memory anyway."""
    if device.type == "cpu" or not rows.in_memory:
        return lambda chosen: torch.from_numpy(rows.take(chosen.numpy())).to(device)
    there = torch.from_numpy(rows.whole()).to(device)
    return lambda chosen: there[chosen.to(device)]


def first_model(
    data: TrainingData,
    space: ExpressionSpace,
    config: TrainConfig,
    neutral: FloatArray | None = None,
    displays: FloatArray | None = None,
) -> Trainable:
    """The model before its first step.

    Args:
        data: rows to begin from.
        space: of the rows.
        config: settings.
        neutral: ``(D,)`` in place of ``config.neutral``.
        displays: ``(U, D)`` to begin from.
    """
    maps = latent_map(space)
    rest = neutral_of(data.training, data.weights, config.neutral, maps.to_latent) if neutral is None else neutral
    start = Start(
        data.training,
        data.weights,
        rest.astype(np.float64),
        space,
        maps,
        config.levels,
        config.size,
        config.seed,
        None if displays is None else displays.astype(np.float64),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return config.quantizer.begin(start)


def schedule(step: int, steps: int) -> float:
    """Share of the highest learning rate: a linear warm-up, then a cosine down to one hundredth."""
    warm = min(1.0, (step + 1) / _WARM_UP)
    return warm * (0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)
