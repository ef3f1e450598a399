"""What a chosen stretch of time holds: counts, rates and shares, by the definition that `dfe events` uses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dfe.base.errors import UsageError
from dfe.events.found import EventList
from dfe.events.rates import Rate, rates
from dfe.recording.roles import Role

_CHOSEN = "chosen"


def in_stretch(found: EventList, face: int, start_s: float, end_s: float) -> tuple[Rate, ...]:
    """Rates of one face over a stretch of its time, of every display that was looked for.

    Args:
        found: events of the recording.
        face: one of its faces.
        start_s: of the stretch.
        end_s: of the stretch, after its start.

    Raises:
        UsageError: no such face, or a stretch that ends before it begins.
    """
    if not start_s < end_s:
        raise UsageError("the stretch ends before it begins")
    if face not in {one.face_id for one in found.faces}:
        raise UsageError(f"face {face} is never usable in this recording, so nothing of it is counted")
    role = Role(found.source, face, start_s, end_s, _CHOSEN, "")
    return tuple(rate for rate in rates(found, roles=(role,)) if rate.face == face and rate.subject == _CHOSEN)


def told(found: tuple[Rate, ...]) -> dict[str, Any]:
    """For the page: the exposure, and every unit that was shown, the most frequent first."""
    names = (
        "token", "unit", "label", "region", "count", "per_min", "share", "mean_duration_s", "mean_intensity", "measure",
        "censored",
    )  # fmt: skip
    shown = [rate for rate in found if rate.count or rate.share]
    shown.sort(key=lambda rate: (-rate.count, -(rate.share or 0.0), rate.token))
    rows = [{name: value for name, value in asdict(rate).items() if name in names} for rate in shown]
    return {"exposure_s": found[0].exposure_s if found else 0.0, "rows": rows}
