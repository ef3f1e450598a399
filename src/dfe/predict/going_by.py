"""Displays that a model goes by: shown only where its score beats chance, and only those that are stable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from dfe.datasets.examples import Target
from dfe.displays.units import EYES
from dfe.predict.store import Predictions
from dfe.stats.significance import LEVEL

_EYES = {unit.token: unit.label for unit in EYES}
_SHOWN = 6
"""Displays shown for each direction of each score."""


def going_by(
    study: Predictions, target: Target, about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Units that stability selection finds, for each score of the model and each direction.

    Nothing is shown where the score of the representation does not beat its permutations: a model always has weights.

    Args:
        study: as run.
        target: of it.
        about: what is kept of the target, with the settings of the selection.
        rows: of scores, with the p of permutations.

    Returns:
        ``shown`` and ``why_not``; the settings, with ``expected_false`` for each score; ``groups`` of displays.
    """
    settings = next(iter(about.get("selection", ())), None)
    if settings is None:
        return {"shown": False, "why_not": "no vocabulary of displays is among what was compared", "groups": []}
    id = settings["representation"]
    p = next(((row.get("permutation") or {}).get("p") for row in rows if row["id"] == id), None)
    if p is None or not p <= LEVEL:
        if p is None:
            why = "there was no permutation test"
        else:
            known = np.isfinite(p)
            why = f"its score is no better than chance (p = {p:.3f})" if known else "its score is not defined"
        return {"shown": False, "why_not": f"of {id} none is shown: {why}", "groups": [], **settings}
    named = {int(number): words for number, words in study.about.get("displays", {}).items()}
    table = study.tables["selection"]
    own = table.filter(pc.and_(pc.equal(table["target"], target.name), pc.equal(table["representation"], id)))
    stable = [value for value in own.to_pylist() if value["share"] >= settings["threshold"]]
    groups: list[dict[str, Any]] = []
    for row in sorted({value["row"] for value in stable}):
        for direction in (1, -1):
            found = [value for value in stable if value["row"] == row and value["r"] * direction > 0]
            chosen = sorted(found, key=lambda value: (-value["share"], -abs(value["r"])))[:_SHOWN]
            if chosen:
                displays = [_display(value, named) for value in chosen]
                groups.append({"towards": _towards(target, row, direction), "displays": displays})
    return {"shown": True, "why_not": "", "groups": groups, **settings}


def _display(value: Mapping[str, Any], named: Mapping[int, str]) -> dict[str, Any]:
    number = _number(value["feature"])
    words = _EYES.get(value["feature"], "") if number is None else named.get(number, "")
    return {"feature": value["feature"], "display": number, "words": words, "share": value["share"], "r": value["r"]}


def _number(feature: str) -> int | None:
    """Of the display that a feature is about; None of a group and of a display of the eyes."""
    first = feature.split()[0]
    return int(first) if first.isdecimal() else None


def _towards(target: Target, row: int, direction: int) -> str:
    if target.kind == "number":
        return f"higher {target.name}" if direction > 0 else f"lower {target.name}"
    if len(target.classes) == 2:
        return target.classes[1 if direction > 0 else 0]
    return target.classes[row] if direction > 0 else f"not {target.classes[row]}"
