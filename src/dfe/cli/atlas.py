"""`dfe atlas`: what a tokenizer's displays look like, and what a corpus does with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.options import OUT, TOKENIZER, AllRows, Flag, NamesFile, Overwrite, arg, need
from dfe.cli.show import say


@dataclass(frozen=True)
class Atlas:
    """Show every display of a tokenizer as a turning head, with what your recordings do with it: one offline page.

    Examples:
        dfe atlas -o atlas.html
        dfe atlas default --recordings out -o atlas.html --csv tables
        dfe atlas my-tokenizer --list-groups
        dfe atlas my-tokenizer --merge "13+25=upper lip up"
    """

    tokenizer: Annotated[Positional[str], arg(metavar="NAME", help=f"{TOKENIZER}.")] = "default"
    out: Annotated[Path, arg(aliases=["-o"], metavar="FILE", help=f"{OUT}: the page, ending in .html.")] = Path(
        "atlas.html"
    )
    recordings: Annotated[
        Path | None,
        arg(metavar="DIR", help="Folder that `dfe encode` wrote: with this tokenizer; adds how often, by whom, how "
            "long and where."),
    ] = None  # fmt: skip
    names: NamesFile = None
    list_groups: Flag = False
    """List groups of displays ("smile", "brow raise"), merges and displays of the eyes; makes no page."""
    merge: Annotated[tuple[str, ...], arg(metavar="13+25=NAME ...")] = ()
    """Count displays as one under a name, from now on, in every command; kept with your names. Makes no page."""
    unmerge: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Undo merges. Makes no page."""
    set_group: Annotated[tuple[str, ...], arg(metavar="NAME=48+49 ...")] = ()
    """Say which displays a group has, a new one or one of the list; NAME= takes it out. Makes no page."""
    unset_group: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Undo --set-group. Makes no page."""
    by: Annotated[str | None, arg(metavar="WHO")] = None
    """Who decided on the merges, for the record; by default your name on this computer."""
    csv: Annotated[Path | None, arg(metavar="DIR")] = None
    """Also write everything as CSV tables into this folder."""
    all_rows: AllRows = False
    overwrite: Overwrite = False

    def run(self) -> int:
        """Build, write, say where; return the exit code."""
        from dfe.atlas.atlas import build_atlas
        from dfe.atlas.page import write_atlas
        from dfe.atlas.tables import refuse_existing_tables, write_tables
        from dfe.base.files import refuse_existing
        from dfe.cli.names_edit import NamesEdit, edit_names, list_groups
        from dfe.cli.progress import show_progress
        from dfe.displays.names import load_names
        from dfe.pages.formats import count
        from dfe.tokenizer.file import load_tokenizer

        edit = NamesEdit(self.merge, self.unmerge, self.set_group, self.unset_group, self.by)
        need("--by", self.by, "--merge", self.merge)
        if edit:
            return edit_names(load_tokenizer(self.tokenizer), self.names, edit)
        if self.list_groups:
            tokenizer = load_tokenizer(self.tokenizer)
            return list_groups(tokenizer, load_names(tokenizer, self.names))
        if self.out.suffix.lower() not in (".html", ".htm"):
            raise UsageError("the page's name must end in .html", where=self.out)
        need("--all-rows", self.all_rows, "--recordings", self.recordings)
        refuse_existing(self.out, overwrite=self.overwrite)
        tokenizer = load_tokenizer(self.tokenizer)
        names = load_names(tokenizer, self.names)
        if self.csv is not None:
            refuse_existing_tables(self.csv, corpus=self.recordings is not None, overwrite=self.overwrite)
        with show_progress("reading", "recordings") as progress:
            atlas = build_atlas(tokenizer, self.recordings, names=names, all_rows=self.all_rows, progress=progress)
        with show_progress("drawing", "displays") as progress:
            write_atlas(atlas, self.out, overwrite=self.overwrite, progress=progress)
        say(f"{len(atlas)} displays of {atlas.tokenizer}")
        if atlas.use is not None and atlas.use.without_events:
            slow = count(len(atlas.use.without_events), "recording")
            say(f"note: {slow} without events, with too few frames a second: {', '.join(atlas.use.without_events[:5])}")
        say(f"page:   {self.out}")
        if self.csv is not None:
            write_tables(atlas, self.csv, overwrite=self.overwrite)
            say(f"tables: {self.csv}")
        return 0
