"""Figures by group of people (gender, age ...): reported where labels exist; nothing is claimed from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import CodeArray
from dfe.datasets.about import About
from dfe.displays.displays import Displays
from dfe.judge.bits import speaks
from dfe.judge.faces import source_of
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.draws import DRAWS

NEUTRAL = "neutral"
"""Label of faces that show nothing."""

_ADULT, _THIRTY, _DECADE = 18, 30, 10
_AGE = re.compile(r"(?<![a-z])ages?(?![a-z])", re.IGNORECASE)


class GroupFigure(NamedTuple):
    """A figure of one group: faces (or pictures) that have it, and the people they show."""

    estimate: Estimate
    faces: int
    subjects: int


def by_group(values: ArrayLike, group: ArrayLike, bootstrap: SubjectBootstrap) -> dict[str, GroupFigure]:
    """Mean of a value in every group, with intervals by drawing all people anew.

    Args:
        values: ``(n,)``; NaN stands for a face that was not measured and is left out.
        group: ``(n,)`` name of each face's group, empty where unknown (left out).
        bootstrap: of the people of the n faces.

    Returns:
        Groups by name, those without a measured face left out. A group of one person has no interval.
    """
    figures = np.asarray(values, np.float64)
    names = np.asarray(group, np.str_)
    people = bootstrap.index(len(figures))
    found = {}
    for name in sorted(set(names.tolist()) - {""}):
        inside = (names == name) & ~np.isnan(figures)
        if inside.any():
            estimate = bootstrap.ratio(np.where(inside, figures, 0.0), inside)
            found[name] = GroupFigure(estimate, int(inside.sum()), len(np.unique(people[inside])))
    return found


def neutral_tokens_by_group(
    codes: CodeArray, displays: Displays, label: ArrayLike, group: ArrayLike, bootstrap: SubjectBootstrap
) -> dict[str, GroupFigure]:
    """Tokens said per face of those labelled ``neutral``, by group: codes ``(n, N)``, labels and groups ``(n,)``.

    Raises:
        UsageError: codes that the coding does not have.
    """
    said = speaks(codes, displays).sum(axis=1).astype(np.float64)
    return by_group(np.where(np.asarray(label) == NEUTRAL, said, np.nan), group, bootstrap)


def detection_by_group(
    looked_at: ArrayLike, found: ArrayLike, about: About, draws: int = DRAWS, seed: int = 0
) -> Mapping[str, dict[str, GroupFigure]]:
    """Share of the pictures in which a face was found, by kind of group and group.

    Args:
        looked_at: ``(p,)`` names of all pictures, as :func:`~dfe.judge.faces.pictures_looked_at` gives them.
        found: ``(n,)`` names of those with a face.
        about: what is known of the pictures.
        draws, seed: of the bootstrap over the people of all pictures.

    Raises:
        UsageError: a face in a picture that nobody looked at.
    """
    pictures = np.asarray(looked_at, np.str_)
    if stray := len(np.setdiff1d(found, pictures)):
        raise UsageError(f"{stray} faces are in pictures that are not among those looked at")
    known = about.of(source_of(pictures))
    bootstrap = SubjectBootstrap(known.subject, draws, seed)
    seen = np.isin(pictures, found).astype(np.float64)
    return {kind: by_group(seen, group, bootstrap) for kind, group in banded(known.groups).items()}


def banded(groups: Mapping[str, NDArray[np.str_]]) -> dict[str, NDArray[np.str_]]:
    """Groups by kind, ``(n,)`` each, as they are; but ages become ``0-17``, ``18-29``, ``30-39`` and so on.

    Ages are numbers from 0 up that span ten or more, in a column with "age" in its name: the numbers of sites or
    cameras, which look like them, stay apart. Empty cells stay empty.
    """
    return {kind: _of_ages(group) if _AGE.search(kind) else group for kind, group in groups.items()}


def _of_ages(group: NDArray[np.str_]) -> NDArray[np.str_]:
    names = np.asarray(group, np.str_)
    known = np.unique(names[names != ""])
    try:
        ages = np.array([float(name) for name in known])
    except ValueError:
        return names
    if not len(ages) or not np.isfinite(ages).all() or ages.min() < 0 or np.ptp(ages) < _DECADE:
        return names
    band = {str(name): _band(age) for name, age in zip(known, ages, strict=True)} | {"": ""}
    return np.array([band[name] for name in names.tolist()], np.str_)


def _band(age: float) -> str:
    if age < _THIRTY:
        return f"0-{_ADULT - 1}" if age < _ADULT else f"{_ADULT}-{_THIRTY - 1}"
    decade = int(age) // _DECADE * _DECADE
    return f"{decade}-{decade + _DECADE - 1}"
