"""Events as a table: ``events.tsv`` as BIDS writes events, and ``events.json`` beside it, which says what it holds.

Format: Brain Imaging Data Structure 1.10, "Task events" and "Tabular files": tabs between columns, ``n/a`` for missing
values, ``onset`` and ``duration`` first and in seconds, columns described in a JSON file of the same name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, get_args

from dfe.base.cells import Cells, header_of
from dfe.base.csv_text import plain_cell, safe_cell
from dfe.base.errors import TableError
from dfe.base.files import replacing
from dfe.base.numbers import Decimal, number
from dfe.formats.event import Event, Kind

MISSING = "n/a"
COLUMNS: dict[str, dict[str, Any]] = {
    "onset": {"Description": "Time from the start of the recording at which the event begins", "Units": "s"},
    "duration": {"Description": "Time from its onset to its offset", "Units": "s"},
    "face_id": {"Description": "Number of the face in the recording"},
    "kind": {
        "Description": "What happens",
        "Levels": {
            "display": "a display of the tokenizer, or several that were merged",
            "group": "displays under one plain name, such as smile; these events stand beside those of the displays",
            "eyes": "lids closed, or eyes that look to a side, against the person's usual",
            "blink": "both eyes close and open again",
            "gaze": "the gaze shifts",
        },
    },
    "display": {"Description": "Number of the display in the tokenizer; 0 for all else"},
    "label": {"Description": "Name of the display, of the group, or what the eyes do"},
    "region": {"Description": "Region of the face that it moves most"},
    "apex": {"Description": "Time from the start of the recording at which it is strongest", "Units": "s"},
    "intensity": {
        "Description": "At the apex: millimetres for displays, groups and lids, degrees for where the eyes look, "
        "0 to 1 for blinks and shifts of gaze"
    },
    "censored": {"Description": "1 where it touches a gap or an end of the recording: its true duration is not known"},
    "speaking": {"Description": "1 where the face's owner speaks at the apex, 0 where not; n/a where unknown"},
}
"""Columns of the table in their order, as the JSON file describes them."""

DIGITS = 4
"""Decimal places of times, in seconds, and of intensities."""

_OPTIONAL = {"apex", "intensity", "censored", "speaking"}
_ABOUT = "DFE"


@dataclass(frozen=True)
class EventSource:
    """What events were found in, and in whose terms; kept in the JSON file beside the table."""

    recording: str | None = None
    """Name of the video's file."""
    tokenizer: str | None = None
    """``name@version``."""
    tokenizer_hash: str | None = None
    duration_s: float | None = None
    frame_rate: float | None = None
    """Frames per second of the recording."""
    merges: tuple[str, ...] = ()
    """Displays that were counted as one, a line for each."""


class EventTable(NamedTuple):
    """Events read from a file."""

    events: tuple[Event, ...]
    source: EventSource


def events_tsv(events: Sequence[Event]) -> str:
    """The table as text, its cells safe in spreadsheets (:mod:`dfe.base.csv_text`).

    Times are taken to 0.1 ms, intensities to 0.0001 of their unit.
    """
    rows = ([safe_cell(cell) for cell in event_cells(event)] for event in events)
    return "\n".join(["\t".join(COLUMNS), *("\t".join(map(str, row)) for row in rows)]) + "\n"


def write_events_tsv(
    path: str | PathLike[str],
    events: Sequence[Event],
    source: EventSource | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the table and, beside it under the suffix ``.json``, what its columns mean and where it comes from.

    Args:
        path: of the table, ``clip.events.tsv``.
        events: in the order in which they are written.
        source: what they were found in.
        settings: how they were found, as plain JSON values; kept for people to read.
        overwrite: replace files that are there.

    Raises:
        OutputError: one of them exists (without ``overwrite``) or cannot be written.
    """
    path = Path(path)
    about: dict[str, Any] = {**COLUMNS, _ABOUT: asdict(source or EventSource())}
    if settings is not None:
        about["Settings"] = dict(settings)
    with replacing(path, path.with_suffix(".json"), overwrite=overwrite) as (table, sidecar):
        table.write(events_tsv(events).encode("utf-8", "replace"))
        sidecar.write(
            (json.dumps(about, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8", "replace")
        )
    return path


def read_events_tsv(path: str | PathLike[str]) -> EventTable:
    """Read what :func:`write_events_tsv` wrote, also with columns added, moved, or (from ``apex`` on) left out.

    What a spreadsheet has made of it (semicolons, decimal commas, another encoding) is read too, see
    :class:`~dfe.base.cells.Cells`. A missing apex or intensity is NaN. Without the JSON file the source is unknown.

    Raises:
        TableError: missing, no table of events, or a row that makes no sense; names the line.
    """
    path = Path(path)
    table = Cells(path, unit="line")
    if lacking := [name for name in COLUMNS if name not in table.header and name not in _OPTIONAL]:
        advice = "dfe events writes such tables"
        raise TableError(f"no table of events: it lacks the column {lacking[0]!r}", where=path, advice=advice)
    events: list[Event] = []
    for place, line in table:
        cells = [plain_cell(cell) for cell in line]
        where = f"{path}, line {place}"
        try:
            events.append(_event(dict(zip(table.header, cells, strict=True)), where, table.decimal))
        except ValueError as error:
            raise TableError(str(error), where=where) from None
    return EventTable(tuple(events), _source(path.with_suffix(".json")))


def is_events_table(path: Path) -> bool:
    """Whether the columns are those of a table of events, of whatever suffix."""
    return not {name for name in COLUMNS if name not in _OPTIONAL} - set(header_of(path))


def event_cells(event: Event) -> list[str]:
    """The cells of an event in the order of :data:`COLUMNS`."""
    # The offset is rounded, not the duration, so that reading gives offsets no further off than onsets.
    onset, offset = round(event.onset_s, DIGITS), round(event.offset_s, DIGITS)
    speaking = MISSING if event.speaking is None else str(int(event.speaking))
    return [
        _number(onset),
        _number(offset - onset),
        str(event.face_id),
        event.kind,
        str(event.display),
        _word(event.label),
        _word(event.region),
        _number(event.apex_s),
        _number(event.intensity),
        str(int(event.censored)),
        speaking,
    ]


def _number(value: float) -> str:
    return f"{value:.{DIGITS}f}" if math.isfinite(value) else MISSING


def _word(text: str) -> str:
    """A cell has no room for tabs and line breaks, text none for a null; quotes at its beginning are those of CSV."""
    word = " ".join(text.replace("\0", "\ufffd").split()) or MISSING
    return '"{}"'.format(word.replace('"', '""')) if word.startswith('"') else word


def _event(row: dict[str, str], where: str, decimal: Decimal) -> Event:
    kind = row["kind"]
    if kind not in get_args(Kind):
        raise ValueError(f"kind {kind!r} is none of {', '.join(get_args(Kind))}")
    numbers = {name: _float(row, name, where, decimal) for name in ("onset", "duration", "apex", "intensity")}
    onset, duration = numbers["onset"], numbers["duration"]
    if not (math.isfinite(onset) and math.isfinite(duration) and duration >= 0):
        raise ValueError("onset and duration must be numbers of seconds, the duration not negative")
    return Event(
        face_id=_int(row, "face_id"),
        kind=kind,  # type: ignore[arg-type]
        display=_int(row, "display"),
        label=_text(row, "label"),
        region=_text(row, "region"),
        onset_s=onset,
        apex_s=numbers["apex"],
        offset_s=round(onset + duration, DIGITS),
        intensity=numbers["intensity"],
        censored=_flag(row, "censored") or False,
        speaking=_flag(row, "speaking"),
    )


def _text(row: dict[str, str], name: str) -> str:
    return "" if row[name] in ("", MISSING) else row[name]


def _float(row: dict[str, str], name: str, where: str, decimal: Decimal) -> float:
    cell = row.get(name, MISSING)
    try:
        return number(cell, where, decimal)
    except TableError as error:
        raise ValueError(f"{name} {cell!r} is no number" if error.advice is None else error.what) from None


def _int(row: dict[str, str], name: str) -> int:
    try:
        return int(row[name])
    except ValueError:
        raise ValueError(f"{name} {row[name]!r} is no whole number") from None


def _flag(row: dict[str, str], name: str) -> bool | None:
    cell = row.get(name, MISSING)
    flags = {MISSING: None, "": None, "0": False, "1": True, "false": False, "true": True}
    if cell.lower() not in flags:
        raise ValueError(f"{name} {cell!r} is none of 0, 1 and n/a")
    return flags[cell.lower()]


def _source(path: Path) -> EventSource:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return EventSource()
    except (OSError, ValueError) as error:
        raise TableError("cannot be read as JSON", where=path, advice="mend it or move it away") from error
    about = content.get(_ABOUT, {}) if isinstance(content, dict) else {}
    about = about if isinstance(about, dict) else {}
    return EventSource(
        recording=_said(about.get("recording")),
        tokenizer=_said(about.get("tokenizer")),
        tokenizer_hash=_said(about.get("tokenizer_hash")),
        duration_s=_size(about.get("duration_s")),
        frame_rate=_size(about.get("frame_rate")),
        merges=tuple(line for line in _lines(about.get("merges")) if isinstance(line, str)),
    )


def _lines(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _said(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _size(value: object) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if number else None  # type: ignore[arg-type]
