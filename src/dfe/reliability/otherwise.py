"""Reliability with each person's own resting face put back: how much of it is the face at rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dfe.base.types import Progress
from dfe.recording.neutrals import EVERYBODYS, NONE
from dfe.reliability.minutes import MINUTE_S, Source, measure_minutes
from dfe.reliability.reliability import Reliability, reliability
from dfe.tokenizer.tokenizer import Tokenizer


def against_everybodys(
    done: Reliability,
    sources: Sequence[Source],
    *,
    tokenizer: Tokenizer | None = None,
    names: Path | None = None,
    block_s: float = MINUTE_S,
    progress: Progress | None = None,
) -> Reliability:
    """A result with the same counted against everybody's resting face; as it is where no own one was taken off.

    A face at rest that shows a display all the time makes people differ, and differ reliably, in what is no movement.

    Args:
        done: as counted against what the recordings were measured against.
        sources: that it was counted in.
        tokenizer, names, block_s, progress: as of :func:`~dfe.reliability.minutes.measure_minutes`.
    """
    if not set(done.resting) - {EVERYBODYS, NONE} or done.events.resting_face != "recorded":
        return done
    config = replace(done.events, resting_face="population")
    minutes = measure_minutes(
        sources, tokenizer=tokenizer, config=config, names=names, block_s=block_s, progress=progress
    )
    return replace(done, everybodys={one.unit.token: one for one in reliability(minutes).units})
