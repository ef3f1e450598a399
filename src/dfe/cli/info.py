"""`dfe info`: what a table or a tokenizer is."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tyro.conf import Positional


@dataclass(frozen=True)
class Info:
    """Say what a recording's table, a tokenizer, a media file, a front end or a space is."""

    target: Positional[str]
    """A table that `dfe encode` wrote, a tokenizer (name, name@version or folder), a video or a picture, the name of a
    front end or a space; `front-ends` and `spaces` list them all."""
    check: bool = False
    """Look whether a recording's rows contradict each other, and list all that is wrong; exit code 1 if anything is."""
    json: bool = False
    """Print it as JSON."""

    def run(self) -> int:
        """Find out what the target is, describe it, return the exit code."""
        from dfe.encode.describe import describe_target

        facts = describe_target(self.target, check=self.check)
        if self.json:
            print(json.dumps(facts, indent=2, ensure_ascii=False, default=str))
        else:
            from rich.console import Console

            from dfe.cli.tables import facts_tree

            Console().print(facts_tree(self.target, facts))
        return 1 if self.check and facts["faults"] != "none" else 0
