"""Checkpoints as named tensors: torch's zip and older format, Lightning's, safetensors; never with their code."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from dfe.base.errors import ModelError
from dfe.frontends.encoders.networks.unpickler import tensor_pickle

_DEEPEST = 6
_NAMED = 3
_COUNTER = "num_batches_tracked"
"""Only training needs it, and the oldest checkpoints lack it."""


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """All tensors of a checkpoint, on the CPU, by their dotted names; what else it holds is passed over.

    Raises:
        ModelError: the file is missing, damaged, or no checkpoint.
    """
    try:
        content = _read(path)
    except FileNotFoundError as error:
        raise ModelError("there is no such file", where=path) from error
    except Exception as error:  # damaged files fail in ways that torch does not list
        words = " ".join(str(error).split())
        reason = f"{type(error).__name__}: {words[:120]}" if words else type(error).__name__
        what = f"cannot be read as a checkpoint ({reason})"
        raise ModelError(what, where=path, advice="download it again") from error
    tensors: dict[str, Tensor] = {}
    _flatten(content, "", tensors, _DEEPEST)
    if not tensors:
        raise ModelError("holds no named tensors", where=path, advice="give the checkpoint of the encoder")
    return tensors


def _read(path: Path) -> object:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    # What optimisers and decoders have stored stays on disk.
    mapped = zipfile.is_zipfile(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
        except pickle.UnpicklingError:
            # A damaged file comes here too, and fails again with its own words.
            reader = tensor_pickle()
            return torch.load(path, map_location="cpu", weights_only=False, pickle_module=reader, mmap=mapped)


def _flatten(content: object, name: str, into: dict[str, Tensor], depth: int) -> None:
    if isinstance(content, Tensor):
        into[name] = content
    elif isinstance(content, Mapping) and depth:
        for key, value in content.items():
            if isinstance(key, str):
                _flatten(value, f"{name}.{key}" if name else key, into, depth - 1)


def part_of(tensors: Mapping[str, Tensor], part: str, prefixes: tuple[str, ...]) -> dict[str, Tensor]:
    """The tensors of one module, by their names in it; empty if the checkpoint has none.

    Args:
        tensors: of the whole checkpoint.
        part: the module's name, as in ``E_flame``.
        prefixes: what may stand before that name; the first that does is taken.
    """
    for prefix in prefixes:
        head = f"{prefix}{part}."
        found = {name[len(head) :]: value for name, value in tensors.items() if name.startswith(head)}
        if found:
            return found
    return {}


def fill(module: nn.Module, tensors: Mapping[str, Tensor], part: str, where: Path) -> None:
    """Put the tensors into the module, which must want exactly these.

    Raises:
        ModelError: tensors are missing, unknown, of another shape, or not finite; the error names the first few.
    """
    wanted = module.state_dict()
    missing = [name for name in wanted if name not in tensors and not name.endswith(_COUNTER)]
    unknown = [name for name in tensors if name not in wanted]
    shared = [name for name in wanted if name in tensors]
    other = [
        f"{n} {_shape(tensors[n])}, not {_shape(wanted[n])}" for n in shared if tensors[n].shape != wanted[n].shape
    ]
    for problem, names in (("lacks", missing), ("holds unknown", unknown), ("has another shape of", other)):
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            what = f"{part} {problem} {', '.join(names[:_NAMED])}{more}"
            raise ModelError(what, where=where, advice="this is another network; check --frontend and --weights")
    bad = [name for name in shared if not bool(torch.isfinite(tensors[name]).all())]
    if bad:
        raise ModelError(f"{part}: {bad[0]} holds values that are not finite", where=where, advice="download it again")
    with torch.no_grad():
        for name in shared:
            wanted[name].copy_(tensors[name])


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar"
