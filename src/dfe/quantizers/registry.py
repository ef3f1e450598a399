"""The quantisers there are: a line for each, imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from dfe.base.errors import ModelError
from dfe.quantizers.quantizer import QuantizerKind

QUANTIZERS: dict[str, str] = {
    "rvq": "dfe.quantizers.rvq.quantizer",
    "sparse": "dfe.quantizers.sparse.quantizer",
}
"""Module of each quantiser by its name; the module has a :class:`QuantizerKind` called ``KIND``."""


def quantizer_kind(name: str) -> QuantizerKind:
    """A quantiser by its name.

    Raises:
        ModelError: there is none of that name.
    """
    if name not in QUANTIZERS:
        raise ModelError(f"its quantizer {name!r} is not known here", advice="update dfe")
    kind: QuantizerKind = import_module(QUANTIZERS[name]).KIND
    return kind
