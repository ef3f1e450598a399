"""A reader of pickles that makes tensors and nothing else: no foreign code is imported or called.

A checkpoint of Lightning names classes of its own (callbacks, configurations) beside the tensors. Here every name but
a few of torch's stands for an inert object that takes whatever the pickle does to it and does nothing.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from types import ModuleType
from typing import Any

import torch


class Inert:
    """Stands for an object of an unknown class, or for the result of calling an unknown function."""

    def __new__(cls, *_arguments: object, **_named: object) -> Inert:
        return object.__new__(cls)

    def __init__(self, *_arguments: object, **_named: object) -> None:
        pass

    def __call__(self, *_arguments: object, **_named: object) -> Inert:
        return self

    def __setstate__(self, _state: object) -> None:
        pass

    def __setitem__(self, _key: object, _value: object) -> None:
        pass

    def append(self, _item: object) -> None:
        """Nothing."""

    def extend(self, _items: object) -> None:
        """Nothing."""

    def add(self, _item: object) -> None:
        """Nothing."""

    def update(self, *_items: object) -> None:
        """Nothing."""


# These build tensors out of the file's own bytes, and check that the bytes suffice.
_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor"): torch._utils._rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): torch._utils._rebuild_tensor_v2,
    ("torch._utils", "_rebuild_parameter"): torch._utils._rebuild_parameter,
    ("torch", "Size"): torch.Size,
}


class TensorUnpickler(pickle.Unpickler):
    """Unpickles tensors, plain containers, numbers and text; all else becomes :class:`Inert`."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._stubs: dict[tuple[str, str], type[Inert]] = {}

    def find_class(self, module: str, name: str) -> Any:
        """One of the few allowed objects, or an inert class; never an import."""
        key = (module, name)
        if key in _ALLOWED:
            return _ALLOWED[key]
        if key not in self._stubs:
            self._stubs[key] = type("Inert", (Inert,), {"__doc__": f"In the place of {module}.{name}."})
        return self._stubs[key]


def tensor_pickle() -> ModuleType:
    """A module that ``torch.load(pickle_module=...)`` takes in place of :mod:`pickle`."""
    module = ModuleType("dfe_tensor_pickle")
    module.Unpickler = TensorUnpickler  # type: ignore[attr-defined]
    module.UnpicklingError = pickle.UnpicklingError  # type: ignore[attr-defined]
    module.load = lambda file, **named: TensorUnpickler(file, **named).load()  # type: ignore[attr-defined]
    module.loads = lambda content, **named: TensorUnpickler(io.BytesIO(content), **named).load()  # type: ignore[attr-defined]
    return module
