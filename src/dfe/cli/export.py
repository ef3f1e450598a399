"""`dfe export`: events for ELAN, Praat, BORIS, WebVTT and spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.options import Media, NamesFile, OutFolder, Overwrite, arg
from dfe.cli.show import say


@dataclass(frozen=True)
class Export:
    """Write the events of recordings for other tools: one file a recording and format.

    Examples:
        dfe export out/interview.events.tsv -o elan --media interview.mp4
        dfe export out/*.parquet -o files --to textgrid boris csv
    """

    inputs: Annotated[Positional[tuple[Path, ...]], arg(metavar="INPUT [INPUT ...]")]
    """Tables that `dfe events` wrote (.tsv), or recordings (.parquet, .csv)."""
    out: OutFolder
    to: Annotated[tuple[str, ...], arg(metavar="FORMAT ...")] = ("elan",)
    """Formats: elan, textgrid (Praat), boris, webvtt, csv."""
    media: Media = None
    names: NamesFile = None
    overwrite: Overwrite = False

    def run(self) -> int:
        """Read, write, print what was written; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.events.export import export_events

        if not self.inputs:
            raise UsageError("nothing to export: name at least one table of events or recording")
        with show_progress("exporting", "recordings") as progress:
            done = export_events(
                self.inputs,
                self.out,
                self.to,
                media=self.media,
                names=self.names,
                overwrite=self.overwrite,
                progress=progress,
            )
        for one in done:
            events = f"{one.events} event{'' if one.events == 1 else 's'}"
            say(f"{one.name}: {events}{'' if one.linked else ', no video linked'}")
            for path in one.files:
                say(f"  {path}")
        return 0
