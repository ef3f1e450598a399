"""`dfe naming-sheets`: blinded sheets on which coders name a tokenizer's displays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import TOKENIZER, Displays, OutFolder, Overwrite, Seed, arg
from dfe.cli.show import say


@dataclass(frozen=True)
class NamingSheets:
    """Draw a tokenizer's displays for two or more coders to name, each under blind ids and in an order of its own.

    Writes coder_1, coder_2, ... and key.json; give each coder only the folder of their own.

    Examples:
        dfe naming-sheets default -o sheets --coders 3
        dfe naming-sheets default -o sheets --displays 1 2 3
    """

    tokenizer: Annotated[Positional[str], arg(metavar="NAME", help=f"{TOKENIZER}.")]
    out: OutFolder
    coders: Annotated[int, arg(metavar="N")] = 2
    """Number of coders."""
    displays: Displays = ()
    seed: Seed = 0
    overwrite: Overwrite = False

    def run(self) -> int:
        """Draw, write, say what to do next; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.naming.sheets import KEY, make_key, write_sheets
        from dfe.tokenizer.file import load_tokenizer

        tokenizer = load_tokenizer(self.tokenizer)
        key = make_key(tokenizer, self.coders, self.seed, self.displays or None)
        with show_progress("drawing", "displays") as progress:
            write_sheets(tokenizer, key, self.out, overwrite=self.overwrite, progress=progress)
        say(f"{len(key.coders[0])} displays of {tokenizer.id} for {self.coders} coders")
        for number in range(1, self.coders + 1):
            say(f"  {self.out / f'coder_{number}'}")
        say(f"key, for your eyes only: {self.out / KEY}")
        return 0
