"""How a plan is made and gone through; read by the command line too, so nothing heavy is here."""

from __future__ import annotations

from dataclasses import dataclass

TRIES = 2
"""So often an input that fails is tried in all, before it is set aside."""
STOPPED = 75
"""Exit code of a run that stopped before its end and will go on: EX_TEMPFAIL of sysexits.h."""


@dataclass(frozen=True)
class PlanOptions:
    """How a plan is made."""

    pattern: str | None = None
    """As of :class:`~dfe.corpus.pattern.Pattern`."""
    quick: bool = False
    """Read headers only: no hashes, and lengths as the headers announce them."""
    sample_s: float = 20.0
    """Seconds of media to encode for the estimate; 0 for none."""
