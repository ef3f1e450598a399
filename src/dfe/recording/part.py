"""The part of a recording that a table asks for, where it goes on longer than the recording does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from os import PathLike

from dfe.base.errors import TableError

TOLD_S = 1.0
"""What lies outside for longer than this is told."""
_LEAST_INSIDE = 0.5


def outside_s(low: float, high: float, start: float, end: float, who: str, where: str | PathLike[str]) -> float:
    """Seconds of a part that its recording does not have.

    Args:
        low, high: of the part, in seconds; minus and plus infinity where the recording's own edges are meant.
        start, end: of the recording.
        who: what asks for the part, for errors: ``line 3 of study.csv``.
        where: the recording.

    Raises:
        TableError: less than half of the part lies inside, as where times are milliseconds or another recording's.
    """
    first, last = (low if math.isfinite(low) else start), (high if math.isfinite(high) else end)
    inside = min(last, end) - max(first, start)
    if inside <= 0 or inside < _LEAST_INSIDE * (last - first):
        begin = f"{low:g}" if math.isfinite(low) else "the start"
        until = f"{high:g} s" if math.isfinite(high) else "the end"
        what = f"{who} asks for {begin} to {until}, but the recording runs from {start:g} to {end:g} s"
        raise TableError(what, where=where, advice="correct onset and offset, which are seconds")
    return max(0.0, start - first) + max(0.0, last - end)


def outside_notes(seconds: Mapping[str, float], *, named: bool = True) -> tuple[str, ...]:
    """A sentence on parts that go on for longer than their recordings; none if there are none.

    Args:
        seconds: of each part outside its recording, by what asks for it.
        named: say what asks for the longest; not where that is a person's recording, on a page about no single person.
    """
    long = {who: time for who, time in seconds.items() if time > TOLD_S}
    if not long:
        return ()
    most = max(long, key=lambda who: long[who])
    said = f"{len(long)} parts that were asked for go" if len(long) > 1 else "A part that was asked for goes"
    who = f" ({most})" if named else ""
    return (
        f"{said} on for longer than the recording, by up to {long[most]:.3g} s{who}. "
        "What is counted is the time that there is: are these the right recordings, and did they end early?",
    )
