"""`dfe export`: events for ELAN, Praat, BORIS, WebVTT and spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from dfe.base.errors import UsageError


@dataclass(frozen=True)
class Export:
    """Write the events of recordings for other tools: one file a recording and format."""

    inputs: Positional[tuple[Path, ...]]
    """Tables that `dfe events` wrote (.tsv), or recordings (.parquet, .csv)."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the files; made if it is not there."""
    to: Annotated[str, arg(metavar="FORMAT[,FORMAT...]")] = "elan"
    """Formats: elan, textgrid (Praat), boris, webvtt, csv."""
    media: Annotated[Path | None, arg(metavar="VIDEO")] = None
    """Video to link in the files, or the folder of the recordings' videos; only its relative place is kept."""
    overwrite: bool = False
    """Replace files that are there already."""

    def run(self) -> int:
        """Read, write, print what was written; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.events.export import export_events

        if not self.inputs:
            raise UsageError("nothing to export: name at least one table of events or recording")
        formats = [word.strip().lower() for word in self.to.split(",") if word.strip()]
        with show_progress("exporting", "recordings") as progress:
            done = export_events(
                self.inputs, self.out, formats, media=self.media, overwrite=self.overwrite, progress=progress
            )
        for one in done:
            events = f"{one.events} event{'' if one.events == 1 else 's'}"
            print(f"{one.name}: {events}{'' if one.linked else ', no video linked'}")
            for path in one.files:
                print(f"  {path}")
        return 0
