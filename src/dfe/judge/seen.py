"""Whether a tokenizer has seen the people that it is to be judged on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import ModelError, UsageError
from dfe.base.types import BoolArray
from dfe.datasets.about import About
from dfe.judge.faces import source_of

HASH_DIGITS = 16
"""A card names a person by so many hex digits of the SHA-256 of the name."""


def hashed(name: str) -> str:
    """How a card names a person."""
    return hashlib.sha256(name.encode()).hexdigest()[:HASH_DIGITS]


def people_seen(card: Mapping[str, Any], names: Iterable[str]) -> set[str]:
    """Those of the people (by name) whom the maker of a card trained or chose on; none where the card lists nobody.

    Raises:
        ModelError: the card's ``people`` is not a list of hashes.
    """
    people = card.get("people", [])
    if not isinstance(people, (list, tuple)) or not all(isinstance(p, str) and len(p) == HASH_DIGITS for p in people):
        raise ModelError(f"its card's people are not a list of {HASH_DIGITS} hex digits each")
    listed = set(people)
    return {name for name in names if hashed(name) in listed}


def refuse_seen(
    card: Mapping[str, Any], about: About, allow: bool = False, pictures: ArrayLike | None = None
) -> BoolArray:
    """Which pictures show people whom the tokenizer has seen, ``(n,)``; an error, unless that is allowed.

    Args:
        card: of the tokenizer; an empty one for a baseline.
        about: who is on the pictures; people who are not named cannot be recognised.
        allow: give the mask, to drop or to mark those faces, where the default is to refuse.
        pictures: ``(n,)`` names of pictures or frames, as in :attr:`~dfe.judge.faces.Faces.names`; by default all
            that ``about`` knows.

    Raises:
        UsageError: it has seen some of the people (how many, never who) and ``allow`` is False.
        ModelError: the card's ``people`` is not a list of hashes.
    """
    names = np.asarray(about.pictures if pictures is None else source_of(pictures), np.str_)
    subject = about.of(names).subject
    if subject is None:
        return np.zeros(len(names), dtype=bool)
    present = [about.people[number] for number in np.unique(subject[subject >= 0])]
    seen = people_seen(card, present)
    if seen and not allow:
        raise UsageError(
            f"the tokenizer has seen {len(seen)} of the {len(present)} people to be measured",
            advice="measure people new to it, or allow this and let the result say so",
        )
    return np.isin(subject, [number for number, name in enumerate(about.people) if name in seen])
