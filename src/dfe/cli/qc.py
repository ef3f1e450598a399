"""`dfe qc`: which recordings of a folder are usable."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg


@dataclass(frozen=True)
class Qc:
    """Check a folder of encoded recordings: one row each, with a verdict; writes qc.csv and qc.html into it."""

    folder: Positional[Path]
    """Folder that `dfe encode` or `dfe extract` wrote."""
    out: Annotated[Path | None, arg(aliases=["-o"], metavar="DIR")] = None
    """Where qc.csv and qc.html go; by default into the folder itself."""
    space: Annotated[tuple[Path, ...], arg(metavar="DIR")] = ()
    """Folders of learned spaces, to draw the recordings that are in them."""
    json: bool = False
    """Print the rows as JSON on standard output."""

    def run(self) -> int:
        """Measure, print, write; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.report.qc import check_folder

        with show_progress("checking", "recordings") as progress:
            check = check_folder(self.folder, self.out or self.folder, spaces=self.space, progress=progress)
        for problem in check.problems:
            print(f"dfe: {problem}", file=sys.stderr)
        if self.json:
            rows = [{k: v for k, v in asdict(row).items() if k != "mean_expression"} for row in check.rows]
            print(json.dumps(rows, indent=2, ensure_ascii=False, default=float))
        else:
            from rich.console import Console

            from dfe.cli.tables import quality_table

            Console().print(quality_table(check.rows))
            for note in check.notes:
                print(f"note: {note}")
            print(f"table: {check.csv}\npage:  {check.html}")
        return 1 if check.problems else 0
