"""The log of a training: one JSON object a line, and TensorBoard's event files beside it where they are wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dfe.base.errors import DfeError
from dfe.base.files import replacing
from dfe.base.installing import how_to_install

LOG = "log.jsonl"
EVENTS = "events.out.tfevents.*"
"""Pattern of the names that TensorBoard gives its files."""


class TrainingLog:
    """Appends to a folder's log, after the entries of steps that are going to be taken again are dropped.

    Args:
        folder: of the run.
        done: steps done before.
        events: write every number to TensorBoard's event files too.

    Raises:
        DfeError: events are wanted, and the package tensorboard is missing.
    """

    def __init__(self, folder: Path, done: int, *, events: bool = False) -> None:
        _keep_until(folder / LOG, done)
        self._file = (folder / LOG).open("a", encoding="utf-8")
        self._events: Any = None
        if not done:
            for old in folder.glob(EVENTS):
                old.unlink()
        if events:
            self._events = _writer()(log_dir=str(folder), purge_step=done + 1 if done else None)

    def write(self, entry: Mapping[str, float]) -> None:
        """Add an entry; its ``step`` says when, everything else is a number under its name."""
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()
        if self._events is not None:
            for name, value in entry.items():
                if name != "step":
                    self._events.add_scalar(name, float(value), int(entry["step"]))
            self._events.flush()

    def close(self) -> None:
        """No more entries."""
        self._file.close()
        if self._events is not None:
            self._events.close()


def need_tensorboard() -> None:
    """Refuse event files at once, and not after the tables are read, where they cannot be written.

    Raises:
        DfeError: the package tensorboard is missing.
    """
    _writer()


def _writer() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise DfeError(
            "event files need the package tensorboard, which is not installed", advice=how_to_install("tensorboard")
        ) from error
    return SummaryWriter


def _keep_until(path: Path, step: int) -> None:
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
