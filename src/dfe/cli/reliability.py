"""`dfe reliability`: how many minutes of a person are enough for which display."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import OmitArgPrefixes, Positional, arg

from dfe.cli.event_options import EventArguments

if TYPE_CHECKING:
    from dfe.reliability.reliability import Reliability as Result


@dataclass(frozen=True)
class Reliability:
    """Compare odd with even minutes, and sessions, of each subject's rates; write tables and a page."""

    recordings: Positional[Path]
    """Folder that `dfe encode` wrote; subjects and sessions from names as in sub-01_ses-2, or from --table."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the results; made if it is not there."""
    table: Annotated[Path | None, arg(metavar="CSV")] = None
    """Table with a row per recording: recording, the subject, the session, face_id."""
    subject: Annotated[str, arg(metavar="COLUMN")] = "subject"
    """Column of the table: whose face it is."""
    session: Annotated[str, arg(metavar="COLUMN")] = "session"
    """Column of the table: sessions that are compared; there need be none."""
    block: Annotated[float, arg(metavar="SECONDS")] = 60.0
    """What counts as a minute: halves are the odd and the even blocks."""
    draws: Annotated[int, arg(metavar="N")] = 1_000
    """Of the bootstrap, for intervals."""
    seed: int = 0
    """Of the draws."""
    tokenizer: Annotated[str | None, arg(metavar="NAME")] = None
    """Name or folder of the tokenizer; needed only where it does not come with the package."""
    events: OmitArgPrefixes[EventArguments] = field(default_factory=EventArguments)
    """What counts as an event."""
    overwrite: bool = False
    """Replace results that are there already."""
    json: bool = False
    """Print the results as JSON on standard output."""

    def run(self) -> int:
        """Measure, write, print; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.reliability.files import (
            check_reliability_folder,
            reliability_json,
            sources_in,
            write_reliability,
        )
        from dfe.reliability.reliability import measure_minutes, reliability
        from dfe.tokenizer.file import load_tokenizer

        check_reliability_folder(self.out, overwrite=self.overwrite)
        sources = sources_in(self.recordings, self.table, self.subject, self.session)
        tokenizer = None if self.tokenizer is None else load_tokenizer(self.tokenizer)
        with show_progress("counting events", "recordings") as progress:
            minutes = measure_minutes(
                sources, tokenizer=tokenizer, config=self.events.config(), block_s=self.block, progress=progress
            )
        done = reliability(minutes, draws=self.draws, seed=self.seed)
        write_reliability(done, self.out, overwrite=self.overwrite)
        if self.json:
            print(json.dumps(reliability_json(done), indent=2, ensure_ascii=False, allow_nan=False))
        else:
            print(in_words(done))
            print(f"results: {self.out / 'reliability.html'}")
        return 0


def in_words(done: Result) -> str:
    """The displays shown most often."""
    lines = [
        f"{done.subjects} subjects with two halves, {done.retested} with two sessions",
        "display  events/min  halves ICC(A,1)     all minutes  sessions ICC(A,1)",
    ]
    for one in done.displays[:10]:
        half = f"{_f(one.half.value)} [{_f(one.half.low)}, {_f(one.half.high)}]"
        retest = f"{_f(one.retest.value)} [{_f(one.retest.low)}, {_f(one.retest.high)}]"
        lines.append(
            f"{one.display:7d}  {one.per_min:10.2f}  {half:18}  {_f(one.whole):>11}  {retest}  {one.name.label}"
        )
    return "\n".join(lines)


def _f(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"
