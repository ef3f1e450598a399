"""How good the model is on people that it is not trained on, and which of its states was the best."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from dfe.quantizers.train.trainable import Trainable
from dfe.training.card import effective_displays

_WEIGHTS = "weights."


@torch.no_grad()
def validate(model: Trainable, x: Tensor) -> dict[str, float]:
    """Figures for the log on validation rows ``(n, D)``."""
    output = model(x)
    error = ((output.x - x) @ model.to_latent).norm(dim=1).mean().item()
    numbers = model.said(output.quantized.codes).cpu().numpy()
    return {
        "validation_error_mm": error,
        "tokens_per_face": float((numbers > 0).sum(axis=1).mean()),
        "perplexity": effective_displays(numbers),
        "displays_used": len(np.unique(numbers[numbers > 0])),
    }


class Best:
    """The best validation so far and the weights it was of; tells when waiting for a better one is over.

    Args:
        patience: validations without a better one after which training stops; 0 never stops and keeps nothing.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.error, self.step, self.waited = math.inf, 0, 0
        self._weights: dict[str, Tensor] = {}

    @property
    def stops(self) -> bool:
        """Whether patience is at its end."""
        return 0 < self.patience <= self.waited

    def take(self, step: int, error: float, model: Trainable) -> None:
        """Look at one more validation; the model's weights are copied if it is the best."""
        if not self.patience:
            return
        if error < self.error:
            self.error, self.step, self.waited = error, step, 0
            self._weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        else:
            self.waited += 1

    def restore(self, model: Trainable) -> None:
        """Give the model the weights of the best validation, if any were kept."""
        if self._weights:
            model.load_state_dict(self._weights)

    def state(self) -> dict[str, Tensor]:
        """Everything as tensors, for a checkpoint; nothing without patience."""
        if not self.patience:
            return {}
        record = torch.tensor([self.error, self.step, self.waited], dtype=torch.float64)
        return {"record": record} | {_WEIGHTS + name: tensor for name, tensor in self._weights.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what :meth:`state` gave.

        Raises:
            KeyError: there is patience, and the state has no record.
        """
        if not self.patience:
            return
        error, step, waited = state["record"].tolist()
        self.error, self.step, self.waited = error, int(step), int(waited)
        self._weights = {n.removeprefix(_WEIGHTS): t for n, t in state.items() if n.startswith(_WEIGHTS)}
