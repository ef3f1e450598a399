"""The table of a recording: one row per frame and face, with its provenance, in one Parquet or CSV file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dfe.recording.build import RowBuffer, build_recording
    from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef, TokenizerRef
    from dfe.recording.quality import QcRow, QcRule, measure_quality
    from dfe.recording.recording import Recording
    from dfe.recording.summary import RecordingSummary
    from dfe.recording.usability import UsabilityRule

_HOME = {
    "Provenance": "provenance",
    "QcRow": "quality",
    "QcRule": "quality",
    "Recording": "recording",
    "RecordingSummary": "summary",
    "RowBuffer": "build",
    "SourceInfo": "provenance",
    "SpaceRef": "provenance",
    "TokenizerRef": "provenance",
    "UsabilityRule": "usability",
    "build_recording": "build",
    "measure_quality": "quality",
}

__all__ = [
    "Provenance",
    "QcRow",
    "QcRule",
    "Recording",
    "RecordingSummary",
    "RowBuffer",
    "SourceInfo",
    "SpaceRef",
    "TokenizerRef",
    "UsabilityRule",
    "build_recording",
    "measure_quality",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
