"""`dfe events`: from tokens of frames to displays in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from dfe.cli.event_options import EventArguments
from dfe.cli.options import (
    AsJson,
    MadeByTokenizer,
    NamesFile,
    OutFolder,
    Overwrite,
    Recordings,
    Roles,
    Speakers,
    Speech,
    need,
)

if TYPE_CHECKING:
    from dfe.events.folder import EventsSummary


@dataclass(frozen=True)
class Events:
    """Find what faces show, with onset, apex and offset; write <name>.events.tsv and rates.csv.

    Displays, groups of them ("smile"), lids and gaze, blinks and shifts of gaze; displays that you merged are one.

    Examples:
        dfe events out -o events
        dfe events out/session.parquet -o events --speech session.rttm --speakers A=0 B=1
    """

    recordings: Recordings
    """Tables that `dfe encode` wrote, or folders of them."""
    out: OutFolder
    tokenizer: MadeByTokenizer = None
    format: Literal["tsv", "csv"] = "tsv"
    """Kind of table: tsv in the manner of BIDS, with a JSON file beside it; or csv."""
    speech: Speech = None
    speakers: Speakers = ()
    roles: Roles = None
    names: NamesFile = None
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Find, write, print; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, show_json
        from dfe.events.folder import EventOptions, events_to_folder
        from dfe.formats.speech import speaker_faces

        need("--speakers", self.speakers, "--speech", self.speech)
        options = EventOptions(
            config=self.events.config(),
            tokenizer=self.tokenizer,
            speech=self.speech,
            speaker=speaker_faces(self.speakers) or None,
            roles=self.roles,
            names=self.names,
        )
        with show_progress("looking for events", "recordings") as progress:
            summary = events_to_folder(
                self.recordings, self.out, options, format=self.format, overwrite=self.overwrite, progress=progress
            )
        code = complain(summary.problems)
        if self.json:
            show_json(summary.to_json())
        else:
            _print(summary)
        return code


def _print(summary: EventsSummary) -> None:
    from dfe.cli.show import say, show
    from dfe.cli.tables import events_table

    if not summary.recordings:
        return
    show(events_table(summary.recordings))
    say(f"counted: {summary.recordings[0].events.config.counted}")
    notes = {note: r.name for r in reversed(summary.recordings) for note in r.events.notes}
    for note, name in reversed(notes.items()):
        others = sum(note in r.events.notes for r in summary.recordings) - 1
        say(f"note: {name}{f' and {others} more' if others else ''}: {note}")
    say(*(f"caution: {caution}" for caution in summary.cautions))
    say(f"events: {summary.rates.parent}", f"rates:  {summary.rates}")
