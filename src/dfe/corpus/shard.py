"""A share of a run over several machines, as in ``--shard 3/100``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dfe.base.errors import UsageError


@dataclass(frozen=True)
class Shard:
    """One share of so many."""

    index: int
    """From 1 on."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From ``3/100``.

        Raises:
            UsageError: it is no such thing.
        """
        found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text, re.ASCII)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"--shard {text!r} is no share", advice="write it as in --shard 3/100, from 1/100 on")
        return cls(int(found[1]), int(found[2]))

    @property
    def name(self) -> str:
        """As in the name of its list of results."""
        return f"{self.index}of{self.count}"
