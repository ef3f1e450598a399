"""Training of tokenizers; torch is imported when :func:`train` is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dfe.training.config import LossWeights, TrainConfig
    from dfe.training.data import TrainingTable
    from dfe.training.loop import TrainResult, train

_HOME = {
    "LossWeights": "config",
    "TrainConfig": "config",
    "TrainResult": "loop",
    "TrainingTable": "data",
    "train": "loop",
}

__all__ = ["LossWeights", "TrainConfig", "TrainResult", "TrainingTable", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
