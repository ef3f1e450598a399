"""What a group of displays says beside its members: whether they go the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.stats.significance import FALSE_DISCOVERY

Row = Mapping[str, Any]


def members_said(group: Row, displays: Sequence[Row]) -> str:
    """Of a group's row, how its members' rows go, as in ``its displays 15, 22: 2 of 2 go the same way, ...``.

    A group counts where its displays together move the face its way, so it may differ where no member does alone, and
    need not where one does. Both are said.

    Args:
        group: with ``displays``, ``effect`` and ``p``; empty for what is no group.
        displays: rows about displays, of the same question and measure.
    """
    mine = {row["token"]: row for row in displays}
    tested = [mine[str(number)] for number in group.get("displays") or () if _tested(mine.get(str(number)))]
    if not group.get("displays"):
        return ""
    if not tested:
        return "none of its displays was tested alone"
    alike = [row for row in tested if _way(row) == _way(group)]
    listed = ", ".join(row["token"] for row in tested[:8]) + (", ..." if len(tested) > 8 else "")
    way = f"{len(alike)} of {len(tested)} go the same way" if _way(group) is not None else f"{len(tested)} were tested"
    clear = sum(row["q"] is not None and row["q"] <= FALSE_DISCOVERY for row in tested)
    return f"its displays {listed}: {way}, {clear} with q ≤ {FALSE_DISCOVERY:g}"


def _tested(row: Row | None) -> bool:
    return row is not None and row["p"] is not None


def _way(row: Row) -> bool | None:
    effect, size = row["effect"], str(row.get("size") or row.get("effect_is"))
    if effect is None or size == "omega2":
        return None
    return bool(effect > (1.0 if size.startswith("ratio") else 0.0))
