"""How much a file may unfold to before it is refused: packed files of a few kilobytes can hold many gigabytes.

A budget is enforced while reading, so that a refusal costs no more than the budget. ``--limit 4`` on the command line,
or ``DFE_LIMIT=4`` in the environment, multiplies all budgets, for people whose files really are that large.
"""

from __future__ import annotations

import math
import os
from os import PathLike
from typing import IO

from dfe.base.errors import TableError, UsageError

LIFT = "if you trust it, add --limit 4 (in Python: DFE_LIMIT=4 in the environment) for four times as much"
"""What to do about a file beyond its budget."""

VARIABLE = "DFE_LIMIT"
"""Name of the environment's variable; a number that all budgets are multiplied by."""

MIB = 1 << 20

TABLE_BYTES = 4096 * MIB
"""Of the text of one table by a tool."""

PACKED_BYTES = 16 * MIB
"""What a packed file may always unfold to ..."""

PACKED_ARRAYS = 128 * MIB
"""The same of archives of arrays, which unfold faster than text is read."""

PACKED_RATIO = 40
"""... and beyond that so many times its size: tables of numbers pack to a third or a tenth."""

LABEL_BYTES = 16 * MIB
"""Of the text of a table that people write by hand."""

LABEL_ROWS = 100_000
"""Of its rows."""

JSON_BYTES = 256 * MIB
"""Of a JSON document."""

JSON_MEMORY = 384 * MIB
"""What a JSON document would take in memory, by a count of its values."""


def allowed(budget: int) -> int:
    """A budget as the environment has it.

    Raises:
        UsageError: ``DFE_LIMIT`` is no number above 0.
    """
    said = os.environ.get(VARIABLE, "").strip()
    if not said:
        return budget
    try:
        factor = float(said)
    except ValueError:
        factor = math.nan
    if not factor > 0:
        raise UsageError(
            f"the limit is {said!r}, no number above 0", advice=f"write it as in --limit 4 or {VARIABLE}=4"
        )
    return int(min(budget * factor, 2.0**62))


def unfolds_to(packed: int, most: int = TABLE_BYTES, free: int = PACKED_BYTES) -> int:
    """Bytes that a packed file of ``packed`` bytes may unfold to, ``most`` at most and ``free`` at least."""
    return min(allowed(most), max(allowed(free), allowed(PACKED_RATIO) * packed))


def read_up_to(stream: IO[bytes], most: int) -> bytes:
    """The bytes of a stream, ``most`` and no more, in pieces: Python takes memory for all that is asked for at once."""
    pieces: list[bytes] = []
    while most > 0 and (piece := stream.read(min(MIB, most))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def in_words(count: int) -> str:
    """``16 MB``, ``4 GB``."""
    return f"{count / 2**30:.3g} GB" if count >= 2**30 else f"{count / MIB:.3g} MB"


def too_large(what: str, where: str | PathLike[str]) -> TableError:
    """The error of a file beyond its budget; ``what`` names the limit, as in ``unfolds to more than 16 MB``."""
    return TableError(what, where=where, advice=LIFT)


def packed_too_large(most: int, where: str | PathLike[str]) -> TableError:
    """The error of a packed file that unfolds to more than ``most`` bytes."""
    return too_large(f"unfolds to more than {in_words(most)}, the limit for a file of its size", where)


def check_json(data: bytes, where: str | PathLike[str]) -> None:
    """Refuse JSON whose values would take too much memory once they are made.

    Raises:
        TableError: it would.
    """
    cost = len(data) + 32 * data.count(b",") + 64 * data.count(b"[") + 240 * data.count(b"{")
    most = allowed(JSON_MEMORY)
    if cost > most:
        raise too_large(f"would take {in_words(cost)} of memory, the limit is {in_words(most)}", where)
