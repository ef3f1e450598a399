"""BORIS projects, ``.boris``: an ethogram of the displays and one observation with their onsets and offsets.

Format: JSON of project format 7.0, as BORIS opens it from version 7 on (Friard & Gamba 2016, *Methods in Ecology and
Evolution* 7, 1325). BORIS imports observations from projects; it has no way in for tables of events but spreadsheets,
which lose the ethogram. Faces are subjects, displays are state events, and an event is a pair of rows: its start and
its stop.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dfe.base.files import replacing
from dfe.formats.event import Event
from dfe.formats.tiers import Key, MediaRef, key, names, place
from dfe.formats.tsv import EventSource

_DATE = "1970-01-01T00:00:00"


def write_boris(
    path: Path, events: Sequence[Event], media: MediaRef, source: EventSource, *, overwrite: bool = False
) -> Path:
    """Write a project for BORIS; the same events give the same bytes.

    The video is linked by its name alone: BORIS looks for it in the folder of the project.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    project = boris_project(events, media, source, observation=path.stem)
    text = json.dumps(project, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with replacing(path, overwrite=overwrite) as (file,):
        file.write(text.encode("utf-8", "replace"))
    return path


def boris_project(
    events: Sequence[Event], media: MediaRef, source: EventSource, observation: str = "observation"
) -> dict[str, Any]:
    """The project as plain JSON values."""
    words = names(events, _code)
    regions = {key(event): event.region for event in events}
    return {
        "time_format": "s",
        "project_date": _DATE,
        "project_name": source.recording or observation,
        "project_description": f"Events found by DFE, tokenizer {source.tokenizer or 'unknown'}, "
        f"sha256 {source.tokenizer_hash or 'unknown'}" + "".join(f"; {merge}" for merge in source.merges),
        "project_format_version": "7.0",
        "subjects_conf": {
            str(number): {"key": "", "name": _subject(face), "description": ""}
            for number, face in enumerate(sorted({event.face_id for event in events}))
        },
        "behaviors_conf": {
            str(number): {
                "type": "State event",
                "key": "",
                "code": words[one],
                "description": f"display {one[1]}" if one[0] == "display" else one[0],
                "color": "",
                "category": regions[one],
                "modifiers": {},
                "excluded": "",
                "coding map": "",
            }
            for number, one in enumerate(words)
        },
        "observations": {observation: _observation(events, media, words)},
        "behavioral_categories": sorted({region for region in regions.values() if region}),
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }


def _observation(events: Sequence[Event], media: MediaRef, words: dict[Key, str]) -> dict[str, Any]:
    name = media.path.name if media.path is not None else None
    files = [name] if name else []
    length = {name: media.duration_s} if name and media.duration_s else {}
    rate = {name: media.frame_rate} if name and media.frame_rate else {}
    return {
        "file": {str(player): files if player == 1 else [] for player in range(1, 9)},
        "type": "MEDIA" if name else "LIVE",
        "date": _DATE,
        "description": "",
        "time offset": 0.0,
        "events": _rows(events, media.frame_rate, words),
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": length,
            "fps": rate,
            "hasVideo": dict.fromkeys(files, True),
            "hasAudio": dict.fromkeys(files, False),
            "offset": {"1": 0.0},
        },
    }


def _rows(events: Sequence[Event], frame_rate: float | None, words: dict[Key, str]) -> list[list[Any]]:
    """Time, subject, code, modifier, comment and frame of every start and stop, in the order of time.

    BORIS pairs starts and stops by their order alone: events of one face and one code that overlap are joined.
    """
    by_code: dict[tuple[str, str], list[list[Any]]] = {}
    for begin, end, event in sorted(
        (place(event, 1000) for event in events), key=lambda placed: (placed.begin, placed.end)
    ):
        spans = by_code.setdefault((_subject(event.face_id), words[key(event)]), [])
        if spans and begin < spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([begin, end, _comment(event)])
    rows = [
        (tick, subject, code, comment, stop)
        for (subject, code), spans in by_code.items()
        for begin, end, note in spans
        for tick, comment, stop in ((begin, note, 0), (end, "", 1))
    ]
    rows.sort(key=lambda row: (row[0], row[1], row[2], -row[4]))
    return [
        [tick / 1000, subject, code, "", comment, int(tick * frame_rate / 1000) if frame_rate else "NA"]
        for tick, subject, code, comment, _ in rows
    ]


def _comment(event: Event) -> str:
    parts = []
    if event.intensity == event.intensity:
        parts.append(f"intensity {event.intensity:.3g}{' mm' if event.kind == 'display' else ''}")
    if event.apex_s == event.apex_s:
        parts.append(f"apex {event.apex_s:.3f} s")
    return ", ".join(parts + (["censored"] if event.censored else []))


def _subject(face_id: int) -> str:
    return f"face {face_id}"


def _code(word: str) -> str:
    """BORIS separates codes by commas and modifiers by bars."""
    return word.replace(", ", " - ").replace(",", "-").replace("|", "/")
