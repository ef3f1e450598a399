"""`dfe grid`: one display as many people show it, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.event_options import EventArguments
from dfe.cli.options import OUT, Flag, MadeByTokenizer, Media, NamesFile, Overwrite, Recordings, Roles, Seed, arg


@dataclass(frozen=True)
class Grid:
    """Show a display as a corpus shows it: a movie with a grid of its events, all at their strongest at once.

    Heads are drawn that are nobody's. Only --people shows the people themselves, and only those whose film is in
    --media. Beside the movie a table says which cell is which moment of which recording.

    Examples:
        dfe grid 7 out -o lip-corners.mp4
        dfe grid smile out -o smiles.mp4 --cells 20 --pick strongest
    """

    display: Annotated[Positional[str], arg(metavar="DISPLAY")]
    """Number of a display, or name of a group ("smile")."""
    recordings: Recordings
    """Tables that `dfe encode` wrote, or folders of them."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="MP4", help=f"{OUT}: the movie.")]
    cells: Annotated[int, arg(metavar="N")] = 12
    """Events shown, at most; from each person one in turn. Those cut short by the end of what is seen are not shown."""
    pick: Literal["random", "strongest"] = "random"
    """Any events, or each person's strongest first."""
    what: Literal["decoded", "measured"] = "decoded"
    """Draw what was measured, or what the tokens say."""
    before: Annotated[float, arg(metavar="SECONDS")] = 1.0
    """What is shown before the strongest moment."""
    after: Annotated[float, arg(metavar="SECONDS")] = 1.5
    """What is shown after it."""
    pixels: Annotated[int, arg(metavar="N")] = 176
    """Height and width of the head: of each cell."""
    people: Flag = False
    """Show the people's own films where they are in --media: the movie then holds pictures of these people."""
    media: Media = None
    seed: Seed = 0
    tokenizer: MadeByTokenizer = None
    names: NamesFile = None
    roles: Roles = None
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    overwrite: Overwrite = False

    def run(self) -> int:
        """Find, choose, draw, say what was written; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say
        from dfe.events.folder import EventOptions
        from dfe.movies.grid import GridOptions, render_grid
        from dfe.movies.occurrences import choose, find_occurrences
        from dfe.movies.output import check_movie_name
        from dfe.pages.formats import count

        if not self.recordings:
            raise UsageError(
                f"only {self.display!r} is named",
                advice="name a display, then recordings: dfe grid smile out -o smiles.mp4",
            )
        check_movie_name(self.out)
        if self.people != (self.media is not None):
            advice = "give both, or neither: pictures of people are shown only where both are there"
            raise UsageError("--people needs --media, and --media does nothing without --people", advice=advice)
        if not 1 <= self.cells <= 48:
            raise UsageError(f"--cells must lie between 1 and 48, not {self.cells}")
        options = GridOptions(self.what, self.before, self.after, self.pixels)
        given = EventOptions(self.events.config(), self.tokenizer, roles=self.roles, names=self.names)
        with show_progress("looking", "recordings") as progress:
            found = find_occurrences(self.display, self.recordings, given, progress)
        chosen = choose(found.all, self.cells, self.pick, self.seed)
        whose = count(found.people, "person", "people")
        title = f"{found.label}: {len(chosen)} of {count(len(found.all), 'event')}, {whose}"
        with show_progress("drawing", "frames") as progress:
            drawn = render_grid(
                chosen, title, self.out, options,
                tokenizer=self.tokenizer, media=self.media, overwrite=self.overwrite, progress=progress,
            )  # fmt: skip
        person = f"; {drawn.films} show the person, {drawn.heads} a head" if self.people else ""
        say(f"{self.out}: {title}{person}; {self.out.with_suffix('.csv')} says which is which")
        if cut := sum(one.censored for one in found.all):
            say(f"note: {count(cut, 'event')} cut short by the end of what is seen, and so not shown")
        return complain(found.problems)
