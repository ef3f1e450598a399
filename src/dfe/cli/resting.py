"""`dfe resting`: what each person of some recordings looks like at rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import OUT, Overwrite, arg
from dfe.cli.show import say


@dataclass(frozen=True)
class Resting:
    """Write the resting faces of recordings as one table: a row a person, against everybody's, and how sure each is.

    Recordings must be in the space dfe-face. A resting face is personal: treat the table as you treat the videos.

    Examples:
        dfe resting out/*.parquet -o resting.csv
    """

    recordings: Annotated[Positional[tuple[Path, ...]], arg(metavar="RECORDING [RECORDING ...]")]
    """Tables that `dfe encode` wrote, or folders of them."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="FILE", help=f"{OUT}: the table, .csv or .parquet.")]
    overwrite: Overwrite = False

    def run(self) -> int:
        """Read, write, say what was written; return the exit code."""
        from dfe.base.files import refuse_existing
        from dfe.cli.progress import show_progress
        from dfe.encoding.resting import resting_faces
        from dfe.recording.storage import table_files

        refuse_existing(self.out, overwrite=self.overwrite)
        with show_progress("reading", "recordings") as progress:
            found = resting_faces(table_files(self.recordings), progress)
        found.write(self.out, overwrite=self.overwrite)
        people = f"{len(found.rows)} resting face{'' if len(found.rows) == 1 else 's'}"
        say(f"{self.out}: {people}")
        if found.without:
            say(f"without any, since each picture stands alone or no face was found: {', '.join(found.without)}")
        return 0
