"""State of an interrupted training run: one safetensors file, replaced as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as save_tensors
from torch import Tensor

from dfe.base.errors import ModelError
from dfe.base.files import replacing
from dfe.quantizers.train.trainable import Trainable
from dfe.training.validation import Best

CHECKPOINT = "checkpoint.safetensors"


def save_checkpoint(
    folder: Path,
    *,
    step: int,
    run: Mapping[str, Any],
    model: Trainable,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    uses: Tensor,
    best: Best,
) -> None:
    """Write all that the next step depends on; a kill at any moment leaves this checkpoint or the one before it.

    Args:
        folder: of the run.
        step: steps done.
        run: what the run is (settings, data); a checkpoint only continues the run it comes from.
        model: its parameters and buffers.
        optimiser: its running means.
        generator: source of the batches.
        uses: how often each code was used since dead codes were last replaced.
        best: the best validation so far.
    """
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in state.items()}
    tensors |= {f"best.{name}": tensor for name, tensor in best.state().items()}
    tensors |= {"generator": generator.get_state(), "uses": uses}
    metadata = {"step": str(step), "run": json.dumps(run, sort_keys=True)}
    data = save_tensors({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, metadata=metadata)
    with replacing(folder / CHECKPOINT, overwrite=True) as (file,):
        file.write(data)


def load_checkpoint(
    folder: Path,
    *,
    run: Mapping[str, Any],
    model: Trainable,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    uses: Tensor,
    best: Best,
) -> int:
    """Continue from a folder's checkpoint, filling everything that is given in place.

    Returns:
        Steps done; 0 where there is no checkpoint.

    Raises:
        ModelError: the checkpoint is damaged, or of another run.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return 0
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if json.loads(metadata["run"]) != json.loads(json.dumps(run)):
                raise ModelError(
                    "comes from a run with other settings or tables", where=path, advice="choose another folder"
                )
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model.load_state_dict({n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")})
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimiser."):
                _, index, key = name.split(".", 2)
                state.setdefault(int(index), {})[key] = tensor
        optimiser.load_state_dict(optimiser.state_dict() | {"state": state})
        generator.set_state(tensors["generator"])
        uses.copy_(tensors["uses"])
        best.load({n.removeprefix("best."): t for n, t in tensors.items() if n.startswith("best.")})
        return int(metadata["step"])
    except (SafetensorError, KeyError, ValueError, RuntimeError, OSError) as error:
        raise ModelError(f"is no checkpoint that can be read ({error})", where=path, advice="remove it") from None
