"""What each token means: in words, in numbers and in pictures.

>>> import dfe
>>> from dfe.atlas import build_atlas, write_atlas
>>> atlas = build_atlas(dfe.load_tokenizer("default"))   # doctest: +SKIP
>>> atlas.to_table().to_pandas()                          # doctest: +SKIP
>>> write_atlas(atlas, "atlas.html")                      # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

_HOMES = {
    "Atlas": "dfe.atlas.atlas",
    "AtlasDisplay": "dfe.atlas.display",
    "Names": "dfe.displays.names",
    "atlas_tables": "dfe.atlas.tables",
    "build_atlas": "dfe.atlas.atlas",
    "load_names": "dfe.displays.names",
    "write_atlas": "dfe.atlas.page",
}

__all__ = [*_HOMES]

if TYPE_CHECKING:
    from dfe.atlas.atlas import Atlas as Atlas
    from dfe.atlas.atlas import build_atlas as build_atlas
    from dfe.atlas.display import AtlasDisplay as AtlasDisplay
    from dfe.atlas.page import write_atlas as write_atlas
    from dfe.atlas.tables import atlas_tables as atlas_tables
    from dfe.displays.names import Names as Names
    from dfe.displays.names import load_names as load_names


def __getattr__(name: str) -> object:
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'dfe.atlas' has no attribute {name!r}")
