"""Discrete Facial Encoding: faces in images and video as a small, learned vocabulary of facial displays.

The names below are the public ones; each is imported when it is first used, so that ``import dfe`` stays light.

    >>> import dfe
    >>> recordings = dfe.encode("interview.mp4")        # doctest: +SKIP
    >>> recordings[0].to_pandas()                        # doctest: +SKIP
    >>> dfe.load_tokenizer("default").templates()        # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from dfe.base.version import __version__ as __version__

_HOMES = {
    "DfeError": "dfe.base.errors",
    "EncodeOptions": "dfe.encode.options",
    "ExpressionSpace": "dfe.space.base",
    "Recording": "dfe.recording.recording",
    "Tokenizer": "dfe.tokenizer.tokenizer",
    "Tokens": "dfe.displays.tokens",
    "encode": "dfe.encode.run",
    "find_events": "dfe.events.find",
    "load_space": "dfe.space.registry",
    "load_tokenizer": "dfe.tokenizer.file",
    "read": "dfe.recording.recording",
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from dfe.base.errors import DfeError as DfeError
    from dfe.displays.tokens import Tokens as Tokens
    from dfe.encode.options import EncodeOptions as EncodeOptions
    from dfe.encode.run import encode as encode
    from dfe.events.find import find_events as find_events
    from dfe.recording.recording import Recording as Recording
    from dfe.recording.recording import read as read
    from dfe.space.base import ExpressionSpace as ExpressionSpace
    from dfe.space.registry import load_space as load_space
    from dfe.tokenizer.file import load_tokenizer as load_tokenizer
    from dfe.tokenizer.tokenizer import Tokenizer as Tokenizer


def __getattr__(name: str) -> object:
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'dfe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
