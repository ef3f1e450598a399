"""What pages show of a comparison that was counted otherwise, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dfe.stats.significance import FALSE_DISCOVERY

SHOWN = 12
"""Displays in the table, those with the most evidence as asked."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Counted:
    """The same displays counted in several ways."""

    ways: list[str]
    rows: list[Row]
    """With a list ``variants``, one of each way."""
    holds: list[str]
    """A sentence about each other way."""


def counted_otherwise(result: Mapping[str, Any]) -> Counted | None:
    """Displays in events per minute, counted as asked and otherwise; None where nothing was.

    Args:
        result: JSON of any comparison.
    """
    found = result["sensitivity"]
    if found is None:
        return None
    rows = [row for row in found["rows"] if row["measure"] == "per_min" and row["unit"] == "display"]
    rows.sort(key=lambda row: (row["variants"][0]["p"], row["token"]))
    differ = [row for row in rows if _clear(row["variants"][0])]
    holds = []
    for place, way in enumerate(found["counted"][1:], start=1):
        kept = sum(_clear(row["variants"][place]) and _alike(row, place) for row in differ)
        more = sum(_clear(row["variants"][place]) and not _clear(row["variants"][0]) for row in rows)
        holds.append(
            f"Counted {way}, {kept} of {len(differ)} findings stay at q ≤ {FALSE_DISCOVERY:g} in the same direction, "
            f"and {more} {'is' if more == 1 else 'are'} new."
        )
    return Counted(list(found["counted"]), rows[:SHOWN], holds)


def _clear(one: Row | None) -> bool:
    return one is not None and one["q"] is not None and one["q"] <= FALSE_DISCOVERY


def _alike(row: Row, place: int) -> bool:
    first, other = (row["variants"][i]["effect"] for i in (0, place))
    return first is not None and other is not None and (first > 0) == (other > 0)
