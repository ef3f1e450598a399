"""`dfe reliability`: how well a person's rates hold, within a session and from one to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.event_options import EventArguments
from dfe.cli.options import (
    TABLE,
    AsJson,
    MadeByTokenizer,
    NamesFile,
    NoSensitivity,
    OutFolder,
    Overwrite,
    Subject,
    arg,
    need,
)


@dataclass(frozen=True)
class Reliability:
    """Compare halves of recordings, and sessions, of each subject's rates; write tables and a page.

    Subjects and sessions come from names as in sub-01_ses-2, or from --table.

    Examples:
        dfe reliability out -o reliability
        dfe reliability out -o reliability --table people.csv --subject person --session visit
    """

    recordings: Annotated[Positional[Path], arg(metavar="DIR", help="Folder that `dfe encode` wrote.")]
    out: OutFolder
    table: Annotated[
        Path | None, arg(metavar="CSV", help=f"{TABLE}: columns recording, the subject, the session, face_id.")
    ] = None
    subject: Subject = "subject"
    session: Annotated[str, arg(metavar="COLUMN")] = "session"
    """Column of the table: sessions that are compared; there need be none."""
    block: Annotated[float, arg(metavar="SECONDS")] = 60.0
    """What counts as a minute: halves are made of whole ones."""
    tokenizer: MadeByTokenizer = None
    names: NamesFile = None
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    no_sensitivity: NoSensitivity = False
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Measure, write, print; return the exit code."""
        from dfe.base.files import refuse_existing
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show_json
        from dfe.cli.words import reliability_words
        from dfe.reliability.files import FILES, reliability_json, sources_in, write_reliability
        from dfe.reliability.minutes import measure_minutes
        from dfe.reliability.otherwise import against_everybodys
        from dfe.reliability.reliability import reliability
        from dfe.tokenizer.file import load_tokenizer

        for option, given in (("--subject", self.subject != "subject"), ("--session", self.session != "session")):
            need(option, given, "--table", self.table)
        refuse_existing(*(self.out / name for name in FILES), overwrite=self.overwrite)
        sources = sources_in(self.recordings, self.table, self.subject, self.session)
        tokenizer = None if self.tokenizer is None else load_tokenizer(self.tokenizer)
        with show_progress("counting events", "recordings") as progress:
            minutes = measure_minutes(
                sources,
                tokenizer=tokenizer,
                config=self.events.config(),
                names=self.names,
                block_s=self.block,
                progress=progress,
            )
        done = reliability(minutes)
        if not self.no_sensitivity:
            with show_progress("counting against everybody's resting face", "recordings") as progress:
                done = against_everybodys(
                    done, sources, tokenizer=tokenizer, names=self.names, block_s=self.block, progress=progress
                )
        write_reliability(done, self.out, overwrite=self.overwrite)
        if self.json:
            show_json(reliability_json(done))
        else:
            say(*reliability_words(done))
            say(f"results: {self.out / 'reliability.html'}")
        return 0
