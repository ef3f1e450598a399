"""`dfe naming-sheets`: blinded sheets on which coders name a tokenizer's displays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg


@dataclass(frozen=True)
class NamingSheets:
    """Draw a tokenizer's displays for two or more coders to name, each under blind ids and in an order of its own."""

    tokenizer: Positional[str]
    """Name, name@version or folder of a tokenizer."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for coder_1, coder_2, ... and key.json; give each coder only the folder of their own."""
    coders: Annotated[int, arg(metavar="N")] = 2
    """Number of coders."""
    displays: Annotated[tuple[int, ...], arg(metavar="NUMBER")] = ()
    """Numbers of the displays to name; all of them if left out."""
    seed: int = 0
    """Seed of ids and orders."""
    overwrite: bool = False
    """Replace sheets that are there already, filled in or not."""

    def run(self) -> int:
        """Draw, write, say what to do next; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.naming.sheets import KEY, make_key, write_sheets
        from dfe.tokenizer.file import load_tokenizer

        tokenizer = load_tokenizer(self.tokenizer)
        key = make_key(tokenizer, self.coders, self.seed, self.displays or None)
        with show_progress("drawing", "displays") as progress:
            write_sheets(tokenizer, key, self.out, overwrite=self.overwrite, progress=progress)
        print(f"{len(key.coders[0])} displays of {tokenizer.id} for {self.coders} coders")
        for number in range(1, self.coders + 1):
            print(f"  {self.out / f'coder_{number}'}")
        print(f"key, for your eyes only: {self.out / KEY}")
        return 0
