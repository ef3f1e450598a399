"""`dfe events`: from tokens of frames to displays in time."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import OmitArgPrefixes, Positional, arg

from dfe.base.errors import UsageError
from dfe.cli.event_options import EventArguments

if TYPE_CHECKING:
    from dfe.events.folder import EventsSummary


@dataclass(frozen=True)
class Events:
    """Find displays, blinks and shifts of gaze with onset, apex and offset; write <name>.events.tsv and rates.csv."""

    recordings: Positional[tuple[Path, ...]]
    """Tables that `dfe encode` wrote, or folders of them."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the results; made if it is not there."""
    tokenizer: Annotated[str | None, arg(metavar="NAME")] = None
    """Name or folder of the tokenizer that encoded them; needed only where it does not come with the package."""
    format: Literal["tsv", "csv"] = "tsv"
    """Of the events: tsv in the manner of BIDS, with a JSON file beside it; or csv."""
    speech: Annotated[Path | None, arg(metavar="PATH")] = None
    """Who speaks when: an .rttm, .eaf or .TextGrid file, or a folder of files named like the recordings."""
    speaker: Annotated[tuple[str, ...], arg(metavar="NAME=FACE")] = ()
    """Whose face goes with which voice, as in A=0 B=1; needed where there are several."""
    roles: Annotated[Path | None, arg(metavar="CSV")] = None
    """Table with the columns recording, face_id, start, end, subject, role."""
    events: OmitArgPrefixes[EventArguments] = field(default_factory=EventArguments)
    """What counts as an event."""
    overwrite: bool = False
    """Replace results that are there already."""
    json: bool = False
    """Print the summary as JSON on standard output."""

    def run(self) -> int:
        """Find, write, print; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.events.folder import EventOptions, events_to_folder

        options = EventOptions(
            config=self.events.config(),
            tokenizer=self.tokenizer,
            speech=self.speech,
            speaker=dict(_speaker(words) for words in self.speaker) or None,
            roles=self.roles,
        )
        with show_progress("looking for events", "recordings") as progress:
            summary = events_to_folder(
                self.recordings, self.out, options, format=self.format, overwrite=self.overwrite, progress=progress
            )
        for problem in summary.problems:
            print(f"dfe: {problem}", file=sys.stderr)
        if self.json:
            print(json.dumps(_as_dict(summary), indent=2, ensure_ascii=False))
        else:
            _print(summary)
        return 1 if summary.problems else 0


def _speaker(words: str) -> tuple[str, int]:
    name, sign, face = words.rpartition("=")
    if not sign or not name or not face.isdecimal():
        raise UsageError(f"--speaker {words!r} is not of the form NAME=FACE", advice="write it as in --speaker A=0")
    return name, int(face)


def _as_dict(summary: EventsSummary) -> dict[str, object]:
    recordings = [
        {
            "name": r.name,
            "events": str(r.path),
            "displays": sum(e.kind == "display" for e in r.events),
            "blinks": sum(e.kind == "blink" for e in r.events),
            "gaze_shifts": sum(e.kind == "gaze" for e in r.events),
            "faces": [
                {"face_id": f.face_id, "exposure_s": f.exposure_s, "speech_known": f.speech is not None}
                for f in r.events.faces
            ],
            "displays_per_min": r.per_min if r.per_min == r.per_min else None,
            "notes": list(r.events.notes),
        }
        for r in summary.recordings
    ]
    config = summary.recordings[0].events.config if summary.recordings else None
    settings = None if config is None else {**asdict(config), "counted": config.counted}
    problems = [str(problem) for problem in summary.problems]
    rates = str(summary.rates) if summary.recordings else None
    return {"recordings": recordings, "settings": settings, "problems": problems, "rates": rates}


def _print(summary: EventsSummary) -> None:
    from rich.console import Console

    from dfe.cli.tables import events_table

    if not summary.recordings:
        return
    Console().print(events_table(summary.recordings))
    print(f"counted: {summary.recordings[0].events.config.counted}")
    notes = {note: r.name for r in reversed(summary.recordings) for note in r.events.notes}
    for note, name in reversed(notes.items()):
        others = sum(note in r.events.notes for r in summary.recordings) - 1
        print(f"note: {name}{f' and {others} more' if others else ''}: {note}")
    print(f"events: {summary.rates.parent}\nrates:  {summary.rates}")
