"""What each token means: in words, in numbers and in pictures.

>>> import dfe
>>> from dfe.atlas import build_atlas
>>> atlas = build_atlas(dfe.load_tokenizer("default"))   # doctest: +SKIP
>>> atlas.to_tables()["tokens"].to_pandas()               # doctest: +SKIP
>>> atlas.write("atlas.html")                             # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

_HOMES = {
    "Atlas": "dfe.atlas.atlas",
    "AtlasToken": "dfe.atlas.atlas",
    "Names": "dfe.displays.names",
    "build_atlas": "dfe.atlas.atlas",
    "load_names": "dfe.displays.names",
}

__all__ = [*_HOMES]

if TYPE_CHECKING:
    from dfe.atlas.atlas import Atlas as Atlas
    from dfe.atlas.atlas import AtlasToken as AtlasToken
    from dfe.atlas.atlas import build_atlas as build_atlas
    from dfe.displays.names import Names as Names
    from dfe.displays.names import load_names as load_names


def __getattr__(name: str) -> object:
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'dfe.atlas' has no attribute {name!r}")
