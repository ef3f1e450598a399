"""Training from beginning to end: tables of expressions in, a tokenizer with its card out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dfe.base.errors import OutputError, UsageError
from dfe.base.files import make_folders
from dfe.base.types import FloatArray, Progress
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space
from dfe.tokenizer.file import METADATA, save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.training.card import describe, faces_to_measure, measure
from dfe.training.checkpoint import CHECKPOINT
from dfe.training.config import DEFAULT_PRESET, TrainConfig, preset
from dfe.training.data import load_data, remarks
from dfe.training.device import choose_device, described, deterministic
from dfe.training.distributed import processes
from dfe.training.log import need_tensorboard
from dfe.training.run import Run
from dfe.training.tables import TableLike, space_of


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
    config: TrainConfig | str | None = None,
    progress: Progress | None = None,
    *,
    validation: Sequence[TableLike] = (),
    table_weights: Sequence[float] | None = None,
    neutral: FloatArray | None = None,
    displays: FloatArray | None = None,
    space: ExpressionSpace | None = None,
    card: Mapping[str, object] | None = None,
    overwrite: bool = False,
    tensorboard: bool = False,
    tell: Callable[[str], None] | None = None,
) -> TrainResult:
    """Train a tokenizer, or go on with a training that was interrupted in the same folder.

    The same tables and settings give the same tokenizer, bit for bit, interrupted or not. Several processes that
    torchrun has started train one tokenizer together, the same that one process trains; the first of them writes.

    Args:
        tables: recordings (or their paths) of expressions. They need not fit in memory: what is more than
            :data:`dfe.base.rows.HELD_BYTES` of numbers waits in a file in ``out_dir``, which is gone when the process
            is, however it ends.
        out_dir: folder for the tokenizer, the log and, meanwhile, a checkpoint.
        config: settings, or the name of a preset (``displays``, ``rvq``, ``paper``); ``displays`` if None.
        progress: called as ``progress(steps done, steps)``.
        validation: tables used for validation only; without them one person or source in ten is kept apart.
        table_weights: relative weight of a row of each table.
        neutral: ``(D,)`` expression that no token stands for, in place of ``config.neutral``.
        displays: ``(U, D)`` movements that the displays of a sparse codebook begin as, the most wanted first, in place
            of single coefficients. One that is not its own mirror image stands for a pair of left and right.
        space: the expression space, where it is none of the package's.
        card: statements added to the tokenizer's card (terms, limits, people); plain JSON values.
        overwrite: replace a finished tokenizer in the folder.
        tensorboard: write TensorBoard's event files beside the log.
        tell: called with single lines that somebody should read: what was left out, where it trains, when it stopped.

    Raises:
        TableError: the tables are damaged, of another space, or hold too little.
        OutputError: the folder holds a finished tokenizer, or cannot be written.
        ModelError: the folder holds the checkpoint of another run.
        UsageError: a neutral or displays of another width, or a device that is not there.
        DfeError: tensorboard is not installed, or the processes differ.
    """
    if not isinstance(config, TrainConfig):
        config = preset(config or DEFAULT_PRESET)
    folder = Path(out_dir)
    if tensorboard:
        need_tensorboard()
    if (folder / METADATA).exists() and not overwrite:
        raise OutputError("holds a tokenizer already", where=folder, advice="choose another folder or overwrite it")
    device = choose_device(config.device)
    if space is None:
        space = load_space(config.space or space_of(tables))
        # A learned space may be named by its folder, which is nothing to keep in a checkpoint or a card.
        config = replace(config, space=space.id)
    data = load_data(tables, space, config, validation=validation, table_weights=table_weights, scratch=folder)
    if neutral is not None and (neutral.shape != (space.dimension,) or not np.isfinite(neutral).all()):
        raise UsageError(f"the neutral has shape {neutral.shape}, not {space.dimension} finite numbers")
    if displays is not None and (displays.shape[1:] != (space.dimension,) or not np.isfinite(displays).all()):
        raise UsageError(f"displays of shape {displays.shape} are not rows of {space.dimension} finite numbers")
    with processes(device) as among:
        say = tell if tell is not None and among.first else _silent
        for remark in remarks(data, space):
            say(remark)
        say(f"training on {described(device)}" + (f" in {among.count} processes" if among.count > 1 else ""))
        try:
            make_folders(folder)
            with deterministic(config.threads, device):
                run = Run(data, space, config, neutral, displays, folder, device, among)
                tokenizer = run.finish(progress if among.first else None, tensorboard)

            def measured_and_saved() -> dict[str, Any]:
                measured = measure(tokenizer, faces_to_measure(data.validation), data.mean.astype(np.float32))
                about = describe(tokenizer, data, config, measured) | {"device": described(device)}
                tokenizer.card = about | run.stopped() | dict(card or {})
                save_tokenizer(tokenizer, folder, overwrite=True)
                (folder / CHECKPOINT).unlink(missing_ok=True)
                return tokenizer.card

            tokenizer.card = among.by_first(measured_and_saved)
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", where=folder) from None
        if run.best.stops:
            say(f"stopped at step {run.done}: validation was best at step {run.best.step}, and those weights are kept")
    return TrainResult(tokenizer, folder, tokenizer.card["validation"])


def _silent(line: str) -> None:
    """Somebody who does not want to be told."""
