"""`dfe qc`: which recordings of a folder are usable."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import OUT, AsJson, arg


@dataclass(frozen=True)
class Qc:
    """Check a folder of encoded recordings: one row each, with a verdict; writes qc.csv and qc.html into it.

    Examples:
        dfe qc out
        dfe qc out -o checks --json
    """

    folder: Annotated[Positional[Path], arg(metavar="DIR", help="Folder that `dfe encode` wrote.")]
    out: Annotated[
        Path | None,
        arg(
            aliases=["-o"], metavar="DIR", help=f"{OUT}: a folder for qc.csv and qc.html; by default the folder itself."
        ),
    ] = None
    spaces: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of learned spaces, to draw the recordings that are in them."""
    json: AsJson = False

    def run(self) -> int:
        """Measure, print, write; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show, show_json
        from dfe.cli.tables import quality_table
        from dfe.report.qc import check_folder

        with show_progress("checking", "recordings") as progress:
            check = check_folder(self.folder, self.out or self.folder, spaces=self.spaces, progress=progress)
        code = complain(check.problems)
        if self.json:
            show_json([{k: v for k, v in asdict(row).items() if k != "mean_expression"} for row in check.rows])
        else:
            show(quality_table(check.rows))
            for note in check.notes:
                say(f"note: {note}")
            say(f"table: {check.csv}", f"page:  {check.html}")
        return code
