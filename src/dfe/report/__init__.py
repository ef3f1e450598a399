"""Pages for people: one offline HTML file each, made from plain data."""

from dfe.report.qc_page import qc_page
from dfe.report.recording_page import recording_page
from dfe.report.spans import StateSpans, TokenSpans, occupancy, state_spans, token_spans
from dfe.report.view import (
    NOT_FOUND,
    NOT_USABLE,
    USABLE,
    FaceTrack,
    QcEntry,
    ReasonCount,
    RecordingView,
    StillFace,
    TokenCard,
)

__all__ = [
    "NOT_FOUND",
    "NOT_USABLE",
    "USABLE",
    "FaceTrack",
    "QcEntry",
    "ReasonCount",
    "RecordingView",
    "StateSpans",
    "StillFace",
    "TokenCard",
    "TokenSpans",
    "occupancy",
    "qc_page",
    "recording_page",
    "state_spans",
    "token_spans",
]
