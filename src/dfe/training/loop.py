"""The training loop: tables of expressions in, a tokenizer with its card out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dfe.errors import OutputError, UsageError
from dfe.recording.output import replacing
from dfe.space.arkit import load_space
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.file import METADATA, save_tokenizer
from dfe.tokenizer.graded import GradedDisplays
from dfe.tokenizer.model import Output
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training import losses
from dfe.training.card import describe, measure, perplexity
from dfe.training.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from dfe.training.config import LossWeights, TrainConfig
from dfe.training.data import TableLike, TrainingData, load_data
from dfe.training.initialise import latent_map
from dfe.training.mix import Mixer
from dfe.training.reseed import reseed_dead_codes, reseed_dead_displays
from dfe.training.start import Model, mesh_map, start_model
from dfe.types import FloatArray, Progress

LOG = "log.jsonl"

_VALIDATION_ROWS = 4096
_WARM_UP = 100
_RESEED_UNTIL = 0.8


class TrainResult(NamedTuple):
    """A finished training run."""

    tokenizer: Tokenizer
    folder: Path
    """Holds the tokenizer's two files and ``log.jsonl``."""
    measured: dict[str, Any]
    """Figures on the validation rows, as in the card."""


def train(
    tables: Sequence[TableLike],
    out_dir: str | PathLike[str],
    config: TrainConfig | None = None,
    progress: Progress | None = None,
    *,
    validation: Sequence[TableLike] = (),
    table_weights: Sequence[float] | None = None,
    neutral: FloatArray | None = None,
    space: ExpressionSpace | None = None,
    card: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> TrainResult:
    """Train a tokenizer, or go on with a training that was interrupted in the same folder.

    The same tables and settings give the same tokenizer, bit for bit, interrupted or not.

    Args:
        tables: recordings (or their paths) of expressions.
        out_dir: folder for the tokenizer, the log and, meanwhile, a checkpoint.
        config: settings; the defaults if None.
        progress: called as ``progress(steps done, steps)``.
        validation: tables used for validation only; without them one person or source in ten is kept apart.
        table_weights: relative weight of a row of each table.
        neutral: ``(D,)`` expression that no token stands for, in place of ``config.neutral``.
        space: the expression space, where it is none of the package's.
        card: statements added to the tokenizer's card (terms, limits, people); plain JSON values.
        overwrite: replace a finished tokenizer in the folder.

    Raises:
        TableError: the tables are damaged, of another space, or hold too little.
        OutputError: the folder holds a finished tokenizer, or cannot be written.
        ModelError: the folder holds the checkpoint of another run.
        UsageError: a neutral of another width.
    """
    config = config or TrainConfig()
    folder = Path(out_dir)
    if (folder / METADATA).exists() and not overwrite:
        raise OutputError("holds a tokenizer already", where=folder, advice="choose another folder or overwrite it")
    space = space or load_space(config.space)
    data = load_data(tables, space, config, validation=validation, table_weights=table_weights)
    if neutral is not None and (neutral.shape != (space.dimension,) or not np.isfinite(neutral).all()):
        raise UsageError(f"the neutral has shape {neutral.shape}, not {space.dimension} finite numbers")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _deterministic(config.threads):
            tokenizer = _Run(data, space, config, neutral, folder).finish(progress)
            measured = measure(tokenizer, data.validation, data.training.mean(axis=0))
            tokenizer.card = describe(tokenizer, data, config, measured) | dict(card or {})
            save_tokenizer(tokenizer, folder, overwrite=True)
            (folder / CHECKPOINT).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", where=folder) from None
    return TrainResult(tokenizer, folder, measured)


@contextmanager
def _deterministic(threads: int) -> Iterator[None]:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


class _Run:
    """Everything that changes from step to step."""

    def __init__(
        self,
        data: TrainingData,
        space: ExpressionSpace,
        config: TrainConfig,
        neutral: FloatArray | None,
        folder: Path,
    ) -> None:
        self.data, self.space, self.config, self.folder = data, space, config, folder
        self.generator = torch.Generator().manual_seed(config.seed)
        self.rows = torch.from_numpy(data.training)
        self.chances = torch.from_numpy(np.cumsum(data.weights) / data.weights.sum())
        picked = np.random.default_rng(config.seed).permutation(len(data.validation))[:_VALIDATION_ROWS]
        self.validation = torch.from_numpy(data.validation[np.sort(picked)])
        maps = latent_map(space)
        self.model: Model = start_model(data, space, config, maps, neutral)
        self.mesh_map = mesh_map(space, maps)
        self.mixer = Mixer(space, config.mixed)
        self.mirror = torch.tensor(np.asarray(space.partner), dtype=torch.long)
        groups = _parameter_groups(self.model, config)
        self.optimiser = torch.optim.Adam(groups, betas=(0.9, 0.99))
        self.highest = [group["lr"] for group in groups]
        self.uses = torch.zeros(_code_count(self.model), dtype=torch.int64)
        given = None if neutral is None else [float(v) for v in neutral]
        self.identity = {
            "config": {k: v for k, v in config.to_json().items() if k not in ("name", "version")},
            "data": data.fingerprint,
            "space": space.hash,
            "neutral": given,
        }

    def finish(self, progress: Progress | None) -> Tokenizer:
        """Take the steps that are left, and return the tokenizer."""
        config = self.config
        state = {"model": self.model, "optimiser": self.optimiser, "generator": self.generator, "uses": self.uses}
        done = load_checkpoint(self.folder, run=self.identity, **state)  # type: ignore[arg-type]
        _keep_log_until(self.folder / LOG, done)
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            for step in range(done, config.steps):
                terms = self._step(step)
                after = step + 1
                if after % config.validate_every == 0 or after == config.steps:
                    log.write(json.dumps({"step": after, **terms, **self._validate()}) + "\n")
                    log.flush()
                if after % config.checkpoint_every == 0:
                    save_checkpoint(self.folder, step=after, run=self.identity, **state)  # type: ignore[arg-type]
                if progress is not None:
                    progress(after, config.steps)
        return Tokenizer(
            name=config.name,
            version=config.version,
            space=self.space,
            config=self.model.config,
            weights=self.model.weights(),
            subject_neutral=self.data.subject_neutral,
        )

    def _step(self, step: int) -> dict[str, float]:
        config = self.config
        for group, highest in zip(self.optimiser.param_groups, self.highest, strict=True):
            group["lr"] = highest * _schedule(step, config.steps)
        draws = torch.rand(config.batch, generator=self.generator, dtype=torch.float64)
        chosen = torch.searchsorted(self.chances, draws).clamp(max=len(self.rows) - 1)
        x = self.mixer(self.rows[chosen], self.generator)
        if isinstance(self.model, GradedDisplays):
            half = len(x) // 2
            x = torch.cat([x[:half], x[half:][:, self.mirror]])
        output: Output = self.model(x)
        terms = _terms(self.model, x, output, self.mesh_map, config.losses)
        loss = torch.stack([weight * value for weight, value in terms.values()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.optimiser.step()
        self.model.settle()
        self.uses += torch.bincount(output.quantized.codes.flatten(), minlength=len(self.uses))
        after = step + 1
        if after % config.reseed_every == 0:
            if after <= config.steps * _RESEED_UNTIL:
                self._reseed(x, output)
            self.uses.zero_()
        return {"loss": loss.item()} | {name: value.item() for name, (_, value) in terms.items()}

    def _reseed(self, x: Tensor, output: Output) -> None:
        if isinstance(self.model, GradedDisplays):
            reseed_dead_displays(self.model, self.optimiser, self.uses, x, output.x.detach(), self.generator)
        else:
            reseed_dead_codes(self.model.quantizer, self.optimiser, self.uses, output.quantized, self.generator)

    @torch.no_grad()
    def _validate(self) -> dict[str, float]:
        output = self.model(self.validation)
        error = ((output.x - self.validation) @ self.model.to_latent).norm(dim=1).mean().item()
        numbers = self.model.said(output.quantized.codes).numpy()
        return {
            "validation_error_mm": error,
            "tokens_per_face": float((numbers > 0).sum(axis=1).mean()),
            "perplexity_without_zero": perplexity(numbers, self.config.size),
            "codes_used": len(np.unique(numbers[numbers > 0])),
        }


def _parameter_groups(model: Model, config: TrainConfig) -> list[dict[str, Any]]:
    """What is learned, and how fast at most."""
    if isinstance(model, GradedDisplays):
        assert config.graded is not None
        return [
            {"params": [model.symmetric, model.left], "lr": config.learning_rate},
            {"params": [model.log_gains], "lr": config.graded.gains_learning_rate},
        ]
    quantizer = model.quantizer
    groups: list[dict[str, Any]] = [{"params": [quantizer.codes, quantizer.log_gains], "lr": config.learning_rate}]
    for transformer in (model.encoder, model.transformer):
        if transformer is not None:
            groups.append({"params": list(transformer.parameters()), "lr": config.encoder_learning_rate})
    return groups


def _code_count(model: Model) -> int:
    return model.config.codes if isinstance(model, GradedDisplays) else model.config.size


def _terms(
    model: Model, x: Tensor, output: Output, mesh_map: Tensor, weights: LossWeights
) -> dict[str, tuple[float, Tensor]]:
    """Weight and value of every loss term that counts."""
    quantized, codes = output.quantized, model.templates()
    every: dict[str, tuple[float, Callable[[], Tensor]]] = {
        "distance": (weights.distance, lambda: losses.distance(output.x, x, model.to_latent)),
        "reconstruction": (weights.reconstruction, lambda: losses.reconstruction(output.x, x, model.to_latent)),
        "commitment": (weights.commitment, lambda: losses.commitment(quantized.residuals, quantized.spoken)),
        "codebook": (weights.codebook, lambda: losses.codebook(quantized.residuals, quantized.spoken)),
        "sparsity": (weights.sparsity, lambda: losses.sparsity(codes, mesh_map, _importance(model, output))),
        "orthogonality": (weights.orthogonality, lambda: losses.orthogonality(codes)),
        "coherence": (weights.coherence, lambda: losses.coherence(codes)),
        "usage": (weights.usage, lambda: losses.usage(quantized.residuals, model.searched(), model.gains())),
    }
    return {name: (weight, term()) for name, (weight, term) in every.items() if weight > 0}


def _importance(model: Model, output: Output) -> Tensor | None:
    """How much the extent of each graded display counts: half of it alike, half by how often the batch says it."""
    if not isinstance(model, GradedDisplays):
        return None
    said = model.said(output.quantized.codes).flatten()
    uses = torch.bincount(said, minlength=model.config.size)[1:].to(output.x)
    return (uses / uses.sum().clamp(min=1) + 1 / len(uses)) / 2


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to one hundredth."""
    warm = min(1.0, (step + 1) / _WARM_UP)
    return warm * (0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)


def _keep_log_until(path: Path, step: int) -> None:
    """Drop the log's entries of steps that are going to be taken again."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line + "\n")
        except (ValueError, KeyError, TypeError):
            break
    with replacing(path, overwrite=True) as (file,):
        file.write("".join(kept).encode())
