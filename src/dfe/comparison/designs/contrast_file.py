"""Contrasts named before the data were seen: a small TOML or JSON file, whose SHA-256 stands in every result.

A file holds one table ``contrast`` a question::

    [[contrast]]
    name = "patients smile less"
    display = "smile"                       # a number, a group, a region or a display of the eyes
    measure = "per_min"                     # per_min (unless said), share, intensity
    groups = { patient = 1, control = -1 }  # or conditions, or both (a difference of differences)
    direction = "less"                      # one-sided; two-sided unless said

    [[contrast]]
    name = "smiles go with the score"
    display = "smile"
    score = "bdi"

What stands in the file is confirmatory, and its p are adjusted over the file after Holm; all else is exploratory.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from dfe.base.errors import TableError
from dfe.comparison.designs.frame import DESIGN_MEASURES, DesignMeasure

Direction = Literal["", "more", "less"]
KEYS = ("name", "display", "measure", "groups", "conditions", "score", "direction")
_MOST_BYTES = 1 << 20
_MOST = 200


@dataclass(frozen=True)
class NamedContrast:
    """One question that was written down beforehand."""

    name: str
    display: str
    """Number of a display; name of a group, a region or a display of the eyes; or a label."""
    measure: DesignMeasure = "per_min"
    groups: Mapping[str, float] = field(default_factory=dict)
    """Weights, their sum 0; those above 0 add up to 1."""
    conditions: Mapping[str, float] = field(default_factory=dict)
    score: str = ""
    """A score."""
    direction: Direction = ""


@dataclass(frozen=True)
class ContrastFile:
    """The contrasts of a file, and its hash."""

    name: str
    sha256: str
    contrasts: tuple[NamedContrast, ...]


def read_contrasts(path: Path) -> ContrastFile:
    """Read a file of contrasts.

    Raises:
        TableError: missing, no TOML or JSON (by the name's end), an unknown key, weights that do not add up to 0.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TableError(f"cannot be read ({error.strerror})", where=path) from error
    if len(content) > _MOST_BYTES:
        raise TableError("is larger than a file of contrasts can be (1 MiB)", where=path)
    listed = _parsed(content, path).get("contrast")
    if not isinstance(listed, list) or not listed or len(listed) > _MOST:
        advice = 'write [[contrast]] (TOML) or a list "contrast" (JSON), one entry a question'
        raise TableError(f"holds no contrasts, or more than {_MOST}", where=path, advice=advice)
    contrasts = tuple(_contrast(one, f"{path}, contrast {i}") for i, one in enumerate(listed, start=1))
    names = [one.name for one in contrasts]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TableError(f"has two contrasts {twice!r}", where=path, advice="give each a name of its own")
    return ContrastFile(path.name, hashlib.sha256(content).hexdigest(), contrasts)


def _parsed(content: bytes, path: Path) -> Mapping[str, Any]:
    kind = path.suffix.lower()
    if kind not in (".toml", ".json"):
        raise TableError("is neither .toml nor .json", where=path, advice="name the file so")
    try:
        text = content.decode("utf-8-sig")
        parsed = tomllib.loads(text) if kind == ".toml" else json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise TableError(f"is no {kind[1:].upper()} ({str(error).splitlines()[0]})", where=path) from error
    if not isinstance(parsed, dict):
        raise TableError("holds no table", where=path)
    if strange := [key for key in parsed if key != "contrast"]:
        raise TableError(f"has an unknown key {strange[0]!r}", where=path, advice="it holds contrast alone")
    return parsed


def _contrast(said: object, where: str) -> NamedContrast:
    if not isinstance(said, dict):
        raise TableError("is no table", where=where)
    if strange := [key for key in said if key not in KEYS]:
        raise TableError(f"has an unknown key {strange[0]!r}", where=where, advice=f"keys are {', '.join(KEYS)}")
    name, display, measure, score, direction = (
        said.get(key, usual) for key, usual in (("name", ""), ("display", ""), ("measure", "per_min"), ("score", ""),
                                                ("direction", ""))
    )  # fmt: skip
    display = str(display) if isinstance(display, int) and not isinstance(display, bool) else display
    if not all(isinstance(word, str) for word in (name, display, measure, score, direction)) or not name or not display:
        raise TableError("needs a name and a display, and both in words", where=where)
    if measure not in DESIGN_MEASURES:
        raise TableError(f"measure {measure!r} is none of {', '.join(DESIGN_MEASURES)}", where=where)
    if direction not in get_args(Direction):
        raise TableError(f"direction {direction!r} is neither more nor less", where=where)
    groups, conditions = (_weights(said.get(key, {}), key, where) for key in ("groups", "conditions"))
    if not (groups or conditions or score) or (groups and score):
        raise TableError("asks about nothing, or about groups and a score at once", where=where,
                         advice="give it groups, conditions, groups and conditions, or score")  # fmt: skip
    return NamedContrast(name, display, measure, groups, conditions, score, direction)


def _weights(said: object, key: str, where: str) -> dict[str, float]:
    if not isinstance(said, dict) or not all(
        isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e6 for v in said.values()
    ):
        raise TableError(f"{key} are no weights by name", where=where, advice="write { patient = 1, control = -1 }")
    if not said:
        return {}
    above = float(sum(v for v in said.values() if v > 0))
    if above <= 0 or abs(sum(said.values())) > 1e-6 * above:
        raise TableError(f"weights of {key} do not add up to 0", where=where, advice="as in 1, -0.5, -0.5")
    return {str(name): float(v) / above for name, v in said.items()}
