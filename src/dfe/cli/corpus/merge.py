"""`dfe corpus merge`: the shares of several machines as one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.options import OUT, AsJson, arg


@dataclass(frozen=True)
class Merge:
    """Join the lists of a run's shares into one manifest.csv, and bring the tables of several folders into one.

    Tables are linked where the disk can and copied elsewhere; the folders stay as they are. Two different tables of
    one name are refused.

    Examples:
        dfe corpus merge out
        dfe corpus merge node1/out node2/out -o all
    """

    folders: Annotated[Positional[tuple[Path, ...]], arg(metavar="DIR [DIR ...]")]
    """Folders that `dfe corpus run` wrote into."""
    out: Annotated[
        Path | None, arg(aliases=["-o"], metavar="DIR", help=f"{OUT}: a folder; left out, the one that is named.")
    ] = None
    json: AsJson = False

    def run(self) -> int:
        """Merge, say what came of it, return the exit code."""
        from dataclasses import asdict

        from dfe.cli.show import say, show_json, tell
        from dfe.corpus.merge import merge
        from dfe.pages.formats import count

        if not self.folders or (self.out is None and len(self.folders) > 1):
            raise UsageError("say where several folders go", advice="add -o DIR")
        out = self.out or self.folders[0]
        merged = merge(self.folders, out)
        if merged.missing:
            tell(f"note: {count(merged.missing, 'listed table')} cannot be found; dfe corpus verify says which")
        if self.json:
            show_json(asdict(merged))
        else:
            brought = f"; {count(merged.tables, 'file')} linked or copied" if merged.tables else ""
            say(f"{out}: {count(merged.recordings, 'recording')} in one list, manifest.csv{brought}")
        return 0
