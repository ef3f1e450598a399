"""A summary's lines as people read them, for terminals and notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfe.pages.formats import percent

if TYPE_CHECKING:
    from dfe.overview.summary import FaceSummary

COLUMNS = ("recording", "face", "verdict", "seconds", "usable", "displays/min", "blinks/min", "most shown", "strongest")


def summary_cells(faces: Sequence[FaceSummary]) -> list[tuple[str, ...]]:
    """Cells of :data:`COLUMNS`, a dash where a thing is not known."""
    return [
        (
            face.recording,
            "–" if face.face is None else " ".join(filter(None, (str(face.face), face.subject, face.role))),
            face.verdict,
            _number(face.exposure_s),
            percent(face.usable),
            _number(face.displays_per_min),
            _number(face.blinks_per_min),
            face.most_shown or "–",
            face.strongest or "–",
        )
        for face in faces
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
