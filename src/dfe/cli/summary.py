"""`dfe summary`: what recordings come to, a line for each face."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from dfe.cli.event_options import EventArguments
from dfe.cli.options import AsJson, MadeByTokenizer, NamesFile, OutFolder, Overwrite, Recordings, Roles, Speech, arg


@dataclass(frozen=True)
class Summary:
    """Sum up recordings, a line for each face: quality, rates, shares of time, and the strongest moments.

    Writes summary.csv (a line for each face), rates.csv (a line for each face and display) and moments.csv (where to
    look first in the video).

    Examples:
        dfe summary out -o summary
        dfe summary out -o summary --roles roles.csv --speech talk/
    """

    recordings: Recordings
    """Tables that `dfe encode` wrote, or folders of them."""
    out: OutFolder
    moments: Annotated[int, arg(metavar="N")] = 5
    """Strongest moments of each face, at most: so many of single displays, and so many of groups of them."""
    tokenizer: MadeByTokenizer = None
    speech: Speech = None
    roles: Roles = None
    names: NamesFile = None
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Sum up, write, print; return the exit code."""
        from dataclasses import asdict

        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show, show_json
        from dfe.cli.tables import summary_table
        from dfe.events.folder import EventOptions
        from dfe.overview.files import write_summary
        from dfe.overview.summary import summarise

        options = EventOptions(tokenizer=self.tokenizer, speech=self.speech, roles=self.roles, names=self.names)
        with show_progress("summing up", "recordings") as progress:
            summary = summarise(
                self.recordings, self.events.config(), moments=self.moments, options=options, progress=progress
            )
        paths = write_summary(summary, self.out, overwrite=self.overwrite) if summary.faces else ()
        code = complain(summary.problems)
        if self.json:
            faces, moments = [asdict(face) for face in summary.faces], [asdict(one) for one in summary.moments]
            show_json({"faces": faces, "moments": moments, "notes": summary.notes, "files": [str(p) for p in paths]})
        elif summary.faces:
            show(summary_table(summary.faces))
            say(*(f"note: {note}" for note in summary.notes))
            say(*(f"{path.stem + ':':9}{path}" for path in paths))
        return code
