"""Merging displays that look alike into one, and undoing it; kept with the user's names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from dfe.base.errors import UsageError
from dfe.displays.names import LONGEST_NAME, RESERVED, Merge, Named, Names

_SAID = re.compile(r"\s*(\d{1,6}(?:\s*\+\s*\d{1,6})+)\s*=\s*(\S.*?)\s*")


def parse_merge(text: str, *, who: str = "", when: str = "", tool: str = "") -> Merge:
    """A merge as a user says it: ``15+22=smile``.

    Raises:
        UsageError: it does not read so, or a display comes twice.
    """
    found = _SAID.fullmatch(text)
    if found is None:
        raise UsageError(f"--merge {text} does not read as numbers and a name", advice="write it as in 15+22=smile")
    numbers = [int(number) for number in found[1].split("+")]
    name = " ".join(found[2].split())
    if len(set(numbers)) < len(numbers):
        raise UsageError(f"--merge {text} names a display twice", advice="name each once")
    if len(name) > LONGEST_NAME or name.isdecimal() or name in RESERVED:
        raise UsageError(f"a merge cannot be called {name!r}", advice="give it another name, no number")
    return Merge(name, tuple(sorted(numbers)), who, when, tool)


def with_merges(names: Names, tokenizer: Named, merges: Sequence[Merge]) -> Names:
    """The names with further merges.

    Raises:
        UsageError: a display that the tokenizer lacks, one that is part of another merge, or a name that is taken.
    """
    kept = list(names.merges)
    for merge in merges:
        for number in merge.displays:
            if not 1 <= number < tokenizer.size:
                raise UsageError(f"{tokenizer.id} has displays 1 to {tokenizer.size - 1}, not {number}")
            other = next((one for one in kept if number in one.displays), None)
            if other is not None:
                advice = f"undo that first with --unmerge {other.name!r}"
                raise UsageError(f"display {number} is part of {other.name} already", advice=advice)
        if merge.name in {one.name for one in kept}:
            raise UsageError(f"there is a merge called {merge.name} already", advice="give it another name")
        kept.append(merge)
    return replace(names, merges=tuple(sorted(kept, key=lambda one: one.displays)))


def without_merges(names: Names, undone: Sequence[str]) -> Names:
    """The names without the merges of these names.

    Raises:
        UsageError: there is no merge of that name.
    """
    for name in undone:
        if name not in {one.name for one in names.merges}:
            known = ", ".join(one.name for one in names.merges) or "none"
            raise UsageError(f"there is no merge called {name!r}", advice=f"merges are: {known}")
    return replace(names, merges=tuple(one for one in names.merges if one.name not in undone))


def parse_group(text: str) -> tuple[str, tuple[int, ...]]:
    """A group as a user says it: ``polite smile=15+22``; ``smile=`` takes a group of the package out.

    Raises:
        UsageError: it does not read so.
    """
    said, equals, numbers = text.partition("=")
    name = " ".join(said.split())
    parts = [part.strip() for part in numbers.split("+")] if numbers.strip() else []
    if not equals or not all(part.isdecimal() and len(part) < 7 for part in parts):
        raise UsageError(f"--set-group {text} does not read as a name and numbers", advice="write it as in smile=15+22")
    if not name or len(name) > LONGEST_NAME or name.isdecimal() or name in RESERVED:
        raise UsageError(f"a group cannot be called {name!r}", advice="give it another name, no number")
    return name, tuple(sorted({int(part) for part in parts}))


def with_groups(names: Names, tokenizer: Named, groups: Sequence[tuple[str, tuple[int, ...]]]) -> Names:
    """The names with groups of the user's own, in place of those of the same name.

    Raises:
        UsageError: a display that the tokenizer lacks.
    """
    for name, numbers in groups:
        for number in numbers:
            if not 1 <= number < tokenizer.size:
                what = f"{tokenizer.id} has displays 1 to {tokenizer.size - 1}, not {number} as group {name} has"
                raise UsageError(what, advice="leave it out")
    return replace(names, groups={**names.groups, **dict(groups)})


def without_groups(names: Names, undone: Sequence[str]) -> Names:
    """The names without the user's own groups of these names; the package's come back.

    Raises:
        UsageError: the user has no group of that name.
    """
    for name in undone:
        if name not in names.groups:
            known = ", ".join(names.groups) or "none"
            raise UsageError(f"there is no group of yours called {name!r}", advice=f"yours are: {known}")
    return replace(names, groups={name: numbers for name, numbers in names.groups.items() if name not in undone})
