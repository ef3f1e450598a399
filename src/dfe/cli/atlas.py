"""`dfe atlas`: what a tokenizer's displays look like, and what a corpus does with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dfe.base.errors import UsageError


@dataclass(frozen=True)
class Atlas:
    """Show every display of a tokenizer as a turning head, with what a corpus does with it: one offline page."""

    tokenizer: Positional[str] = "default"
    """Name, name@version or folder of a tokenizer."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="FILE")] = Path("atlas.html")
    """The page; made whole or not at all."""
    corpus: Annotated[Path | None, arg(metavar="DIR")] = None
    """Folder that `dfe encode` wrote with this tokenizer: adds how often, by whom, how long and where."""
    names: Annotated[Path | None, arg(metavar="FILE")] = None
    """Names of displays, as the page saves them; by default DFE_NAMES, or names.json beside the tokenizer."""
    tables: Annotated[Path | None, arg(metavar="DIR")] = None
    """Also write everything as CSV tables into this folder."""
    all_rows: bool = False
    """Count turned and small faces of the corpus too, not only the usable ones."""
    overwrite: bool = False
    """Replace results that are there already."""

    def run(self) -> int:
        """Build, write, say where; return the exit code."""
        from dfe.atlas.atlas import build_atlas
        from dfe.atlas.page import write_atlas
        from dfe.atlas.tables import refuse_existing_tables, write_tables
        from dfe.base.files import refuse_existing
        from dfe.cli.progress import show_progress
        from dfe.displays.names import load_names
        from dfe.tokenizer.file import load_tokenizer

        if self.out.suffix.lower() not in (".html", ".htm"):
            raise UsageError("the page's name must end in .html", where=self.out)
        refuse_existing(self.out, overwrite=self.overwrite)
        tokenizer = load_tokenizer(self.tokenizer)
        names = load_names(tokenizer, self.names)
        if self.tables is not None:
            refuse_existing_tables(self.tables, corpus=self.corpus is not None, overwrite=self.overwrite)
        with show_progress("reading", "recordings") as progress:
            atlas = build_atlas(tokenizer, self.corpus, names=names, all_rows=self.all_rows, progress=progress)
        with show_progress("drawing", "displays") as progress:
            write_atlas(atlas, self.out, overwrite=self.overwrite, progress=progress)
        print(f"{len(atlas)} displays of {atlas.tokenizer}")
        print(f"page:   {self.out}")
        if self.tables is not None:
            write_tables(atlas, self.tables, overwrite=self.overwrite)
            print(f"tables: {self.tables}")
        return 0
