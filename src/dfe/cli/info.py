"""`dfe info`: what a table or a tokenizer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import AsJson, Flag, arg


@dataclass(frozen=True)
class Info:
    """Say what a recording's table, a tokenizer, a media file, a front end or a space is.

    Examples:
        dfe info out/interview.parquet
        dfe info default --json
        dfe info front-ends
    """

    target: Annotated[Positional[str], arg(metavar="TARGET")]
    """A table that `dfe encode` wrote, a tokenizer (name, name@version or folder), a video or a picture, the name of a
    front end or a space; `front-ends` and `spaces` list them all."""
    check: Flag = False
    """Look whether a recording's rows contradict each other, and list all that is wrong; exit code 1 if anything is."""
    json: AsJson = False

    def run(self) -> int:
        """Find out what the target is, describe it, return the exit code."""
        from dfe.cli.show import show, show_json
        from dfe.cli.tables import facts_tree
        from dfe.encoding.describe import describe_target

        facts = describe_target(self.target, check=self.check)
        if self.json:
            show_json(facts)
        else:
            show(facts_tree(self.target, facts))
        return 1 if self.check and facts["faults"] != "none" else 0
