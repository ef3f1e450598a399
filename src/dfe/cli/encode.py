"""`dfe encode`: media to tables of tokens, with reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.base.processes import is_program
from dfe.cli.how import How
from dfe.cli.options import AsJson, OutFolder, Overwrite, PseudonymKey, Reports, Thumbnails, Workers, arg, need


@dataclass(frozen=True)
class Encode:
    """Measure the faces in videos, pictures and other tools' tables; write tables of displays in mm, frame by frame.

    Everything happens on this computer, and nothing is sent anywhere. A video or a table of another tool makes one
    table, the pictures of a folder make one. Run again into the same folder, it goes on: what is there and unchanged is
    skipped, and manifest.csv tells what became of each. An option that has no effect on your input is an error.

    Examples:
        dfe encode interview.mp4 -o out --report
        dfe encode videos/ pictures/ -o out --workers 4
        dfe encode openface.csv -o out --rate 30
        dfe encode clip.mp4 -o out --neutral 2-5
    """

    paths: Annotated[Positional[tuple[str, ...]], arg(metavar="INPUT [INPUT ...]")]
    """Videos, pictures, other tools' tables, folders or globs; "-" stands for paths from standard input, a line each
    (with --null as find -print0 lists them)."""
    out: OutFolder
    format: Literal["parquet", "csv"] = "parquet"
    """Kind of table."""
    report: Reports = False
    thumbnails: Thumbnails = False
    workers: Workers = 1
    pseudonyms: PseudonymKey = None
    how: How = field(default_factory=How)
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Encode, print the summary, return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import note_open_key, show_run
        from dfe.encoding.run import encode_to_folder

        if not self.paths:
            raise UsageError("nothing to do: name at least one video, picture, table, folder or glob")
        need("--thumbnails", self.thumbnails, "--report", self.report)
        with show_progress("encoding", "frames") as progress:
            summary = encode_to_folder(
                self.paths,
                self.out,
                self.how.options(),
                workers=self.workers,
                format=self.format,
                report=self.report,
                thumbnails=self.thumbnails,
                overwrite=self.overwrite,
                progress=progress,
                apart=is_program(),
                pseudonyms=self.pseudonyms,
            )
        note_open_key(self.pseudonyms)
        return show_run(summary, as_json=self.json)
