"""Figures read from the JSON of an evaluation: values with intervals, and reasons for those that are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Literal, NamedTuple

from dfe.pages.svg import Look

Result = Mapping[str, Any]

NOT_DEFINED = "not defined for this coding"
_KINDS = {"tokenizer": "tokenizer", "baseline": "baseline", "au proxy": "AU proxy"}
_SHAPES: dict[str, Literal["circle", "square", "diamond"]] = {"tokenizer": "circle", "au proxy": "diamond"}


class Figure(NamedTuple):
    """A value and its interval; None where there is none."""

    value: float
    interval: tuple[float, float] | None


class Coder(NamedTuple):
    """A coding as the page shows it."""

    id: str
    kind: str
    look: Look
    seen: float | None
    """Share of the faces whose people it was fitted or chosen on; None where nobody knows."""
    ordered: bool
    """Whether its levels are in an order, the first the best; if not, they are units."""
    values: Result


def coders_of(result: Result) -> list[Coder]:
    """Tokenizers, then baselines, then the AU proxy; each keeps its look in all charts."""
    given = [value for value in result.get("coders", ()) if isinstance(value, Mapping)]
    kinds = list(_KINDS)
    order = sorted(given, key=lambda c: kinds.index(c["kind"]) if c.get("kind") in kinds else 1)
    return [
        Coder(
            id=str(values.get("id", "?")),
            kind=_KINDS.get(str(values.get("kind")), str(values.get("kind", "?"))),
            look=Look(place, _SHAPES.get(str(values.get("kind")), "square"), values.get("kind") == "tokenizer"),
            seen=number_at(values, "seen", "share"),
            ordered=bool(values.get("ordered", True)),
            values=values,
        )
        for place, values in enumerate(order)
    ]


def part(value: Any, *path: str) -> Any:
    """What lies at the end of a path of names; None where it breaks off."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def number_at(value: Any, *path: str) -> float | None:
    """A finite number at the end of a path, or None."""
    found = part(value, *path)
    number = isinstance(found, int | float) and not isinstance(found, bool) and isfinite(found)
    return float(found) if number else None


def figure_at(value: Any, *path: str) -> Figure | None:
    """An estimate, or a bare number, at the end of a path, or None."""
    found = part(value, *path)
    if isinstance(found, Mapping):
        middle, low, high = (number_at(found, name) for name in ("value", "low", "high"))
    else:
        middle, low, high = number_at(value, *path), None, None
    if middle is None:
        return None
    return Figure(middle, None if low is None or high is None else (low, high))


def list_at(value: Any, *path: str) -> Sequence[Any]:
    """A list at the end of a path; empty where there is none."""
    found = part(value, *path)
    return found if isinstance(found, list | tuple) else ()


def why_not(values: Result, measure: str) -> str:
    """Why a measure was not measured: what stands at its path, or above it."""
    found: Any = values
    for name in measure.split("."):
        found = part(found, name)
        if reason := part(found, "not_measured"):
            return str(reason)
    return "not in this result" if part(values, measure.split(".")[0]) is None else NOT_DEFINED


def at(*path: str) -> Callable[[Result], Figure | None]:
    """Reader of the figure at a path."""
    return lambda values: figure_at(values, *path)
