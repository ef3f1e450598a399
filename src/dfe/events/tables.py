"""Events and rates as tables on disk: ``.events.tsv`` in the manner of BIDS, ``.events.csv``, ``rates.csv``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from os import PathLike
from pathlib import Path
from typing import Any

from dfe.events.event import Event
from dfe.events.found import EventList
from dfe.events.rates import Rate, token_of
from dfe.recording.output import replacing

COLUMNS: dict[str, str] = {
    "onset": "Start of the event, seconds from the start of the recording.",
    "duration": "Seconds from onset to offset.",
    "trial_type": "`display`, `blink` or `gaze`.",
    "face": "The face, as in the recording's `face_id`.",
    "token": "Number of the display in its tokenizer; `blink`, or `gaze left` and the like (the subject's left).",
    "label": "What the display is called.",
    "region": "Region of the face that it moves most.",
    "apex": "Its strongest moment (of a shift of gaze, its fastest), seconds from the start of the recording.",
    "intensity": "At the apex: mm of displacement on the mesh for displays, 0 to 1 for blinks and gaze.",
    "censored": "1 where the event touches a gap of over 0.2 s, or the end of the recording: it may have been longer.",
    "speaking": "1 where the face's owner speaks at the apex, 0 where not; n/a where speech is not known.",
}
"""Columns of ``.events.tsv`` and ``.events.csv``, in order, and what they mean."""

_PLACES_S = 4


def event_row(event: Event) -> dict[str, str]:
    """The cells of one event; an unknown cell is empty."""
    return {
        "onset": f"{event.onset_s:.{_PLACES_S}f}",
        "duration": f"{event.duration_s:.{_PLACES_S}f}",
        "trial_type": event.kind,
        "face": str(event.face_id),
        "token": token_of(event),
        "label": " ".join(event.label.split()),
        "region": event.region,
        "apex": f"{event.apex_s:.{_PLACES_S}f}",
        "intensity": f"{event.intensity:.4g}",
        "censored": str(int(event.censored)),
        "speaking": "" if event.speaking is None else str(int(event.speaking)),
    }


def write_events_tsv(events: EventList, path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Events as BIDS wants them (tabs, unknown cells ``n/a``), and ``<name>.json`` beside it that explains the columns.

    The JSON file also names the tokenizer and the thresholds. Format: BIDS 1.10, "Task events".

    Raises:
        OutputError: a file exists (without ``overwrite``) or cannot be written.
    """
    target = Path(path)
    text = _table((event_row(event) for event in events), list(COLUMNS), "\t", "n/a")
    with replacing(sidecar(target), target, overwrite=overwrite) as (about, table):
        about.write(json.dumps(_about(events), indent=1, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        table.write(text)
    return target


def sidecar(path: Path) -> Path:
    """``clip.events.json`` beside ``clip.events.tsv``."""
    return path.with_suffix(".json")


def write_events_csv(events: Iterable[Event], path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Events as CSV; unknown cells are empty.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    target = Path(path)
    with replacing(target, overwrite=overwrite) as (file,):
        file.write(_table((event_row(event) for event in events), list(COLUMNS), ",", ""))
    return target


def write_rates_csv(rates: Sequence[Rate], path: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Rates of one or many recordings, one line per face, display and part of the time; unknown cells are empty.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    target = Path(path)
    names = [f.name for f in fields(Rate)]
    rows = ({name: _cell(getattr(rate, name)) for name in names} for rate in rates)
    with replacing(target, overwrite=overwrite) as (file,):
        file.write(_table(rows, names, ",", ""))
    return target


def _table(rows: Iterable[dict[str, str]], names: list[str], delimiter: str, empty: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([row[name] or empty for name in names] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())


def _about(events: EventList) -> dict[str, Any]:
    columns = {name: {"Description": meaning} for name, meaning in COLUMNS.items()}
    for name in ("onset", "duration", "apex"):
        columns[name]["Units"] = "s"
    return {
        **columns,
        "GeneratedBy": {"Name": "discrete-facial-encoding", "Tokenizer": events.tokenizer},
        "Source": events.source,
        "Settings": asdict(events.config),
        "Notes": list(events.notes),
    }
