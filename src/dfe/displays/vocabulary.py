"""What is counted of a tokenizer: its displays under their names, some merged into one, and groups of them.

Everything that counts (events, rates, bags, comparisons, atlases, reports) asks a :class:`Vocabulary`, so that all
count the same units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from dfe.base.types import DoubleArray
from dfe.displays.displays import WithDisplays
from dfe.displays.groups import RULES, Group, Moved, groups_of, moved_by
from dfe.displays.names import Merge, Named, Names, load_names
from dfe.displays.tokens import Tokens
from dfe.displays.units import DisplayName, Unit

_ROWS_AT_ONCE = 4096


class NamedCoder(Named, WithDisplays, Protocol):
    """Displays that a file of names may be bound to; a tokenizer."""


@dataclass(frozen=True)
class Vocabulary:
    """The units of a tokenizer's displays."""

    size: int
    """Displays of the tokenizer, U."""
    names: Mapping[int, DisplayName]
    """Displays that are counted, by number; of those that are merged the first alone."""
    merges: tuple[Merge, ...] = ()
    groups: tuple[Group, ...] = ()
    moved: Moved | None = None
    """What 1 mm of each display does to the places of the face that groups are told by."""
    unsteady: frozenset[int] = field(default_factory=frozenset)
    """Displays that come and go with the picture's noise; of merged ones only where all are unsteady."""

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """A line for each merge, for everything that was counted with it."""
        return tuple(merge.said for merge in self.merges)

    def units(self, unsteady: bool = False) -> tuple[Unit, ...]:
        """Displays that are counted, then groups.

        Args:
            unsteady: whether displays that come and go with the picture's noise count, too.
        """
        left_out = frozenset() if unsteady else self.unsteady
        displays = [
            Unit(str(number), "display", name.label, name.region, (number,))
            for number, name in self.names.items()
            if number not in left_out
        ]
        groups = []
        for group in self.groups:
            mine = tuple(dict.fromkeys(self.counted_as(n) for n in group.displays))
            mine = tuple(n for n in mine if n not in left_out)
            groups.append(Unit(group.name, "group", group.name, group.region, mine))
        return (*displays, *groups)

    def counted_as(self, display: int) -> int:
        """The number under which a display is counted: the first of those that it is merged with, or its own."""
        return int(self._map[display])

    def merged(self, tokens: Tokens) -> Tokens:
        """Tokens with every merged display under the number of the first; intensities as they are."""
        if not self.merges:
            return tokens
        display = tokens.display
        said = self._map[np.maximum(display, 0)].astype(display.dtype)
        return Tokens(np.where(display > 0, said, display), tokens.mm)

    def signals(self, tokens: Tokens, unsteady: bool = False) -> Iterator[tuple[Unit, DoubleArray]]:
        """Of each unit that is shown at all, how much of it each row shows, ``(n,)`` mm.

        A display's is the sum of its tokens; a group's the sum of its displays, less of it in rows where the face as
        a whole hardly moves the group's way, and nothing where it does not (:data:`~dfe.displays.groups.RULES`).
        """
        by_display = {number: (rows, mm) for number, rows, mm in self.merged(tokens).said()}
        held = self._held(tokens)

        def amount_of(number: int) -> DoubleArray:
            rows, mm = by_display[number]
            return np.bincount(rows, mm, len(tokens.display)).astype(np.float64)

        for unit in self.units(unsteady):
            said = [n for n in unit.displays if n in by_display]
            if not said:
                continue
            amount = amount_of(said[0]) if len(said) == 1 else np.sum([amount_of(n) for n in said], axis=0)
            if unit.kind == "group" and unit.token in held:
                amount = amount * held[unit.token]
            if amount.any():
                yield unit, amount

    def _held(self, tokens: Tokens) -> dict[str, DoubleArray]:
        """Of the groups made from the mesh how much they count ``(n,)``, 0 to 1, as the face as a whole moves."""
        made = [group.name for group in self.groups if group.made_by == "mesh"]
        if self.moved is None or not made:
            return {}
        held = {name: np.zeros(len(tokens.display)) for name in made}
        # A part at a time: an hour of faces with all their places at once would take a hundred megabytes.
        for start in range(0, len(tokens.display), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            amounts = Tokens(tokens.display[part], tokens.mm[part]).amounts(self.size)
            face = self.moved.of(amounts.astype(np.float64))
            for name in made:
                held[name][part] = RULES[name].held(face)
        return held

    @cached_property
    def _map(self) -> np.ndarray:
        found = np.arange(self.size + 1)
        for merge in self.merges:
            found[list(merge.displays)] = merge.displays[0]
        return found


def plain_vocabulary(coder: WithDisplays, names: Mapping[int, DisplayName] | None = None) -> Vocabulary:
    """Displays alone, called by these names or by their number; nothing is merged."""
    displays = coder.displays()
    given = names or {}
    known = {
        number: given.get(number) or DisplayName(f"display {number}", displays.described[number].region)
        for number in range(1, len(displays) + 1)
    }
    return Vocabulary(len(displays), known, unsteady=_unsteady(coder))


def vocabulary_of(
    coder: NamedCoder, names: Names | None = None, *, labels: Mapping[int, str] | None = None
) -> Vocabulary:
    """Displays as the user calls them or in words, with the user's merges and groups.

    Args:
        coder: a tokenizer.
        names: the user's; what :func:`~dfe.displays.names.load_names` finds if None.
        labels: names by number that go before the user's file.

    Raises:
        ModelError: a file of names that does not fit.
    """
    displays = coder.displays()
    names = load_names(coder) if names is None else names
    own = names.by_display if labels is None else dict(labels)
    absorbed = {n for merge in names.merges for n in merge.displays[1:]}
    called = {merge.displays[0]: merge.name for merge in names.merges}
    known = {
        one.display: DisplayName(called.get(one.display) or own.get(one.display) or one.words, one.region)
        for one in displays.described[1:]
        if one.display not in absorbed
    }
    shaky = _unsteady(coder)
    for merge in names.merges:
        together = shaky >= set(merge.displays)
        shaky = (shaky - set(merge.displays)) | ({merge.displays[0]} if together else set())
    groups = groups_of(displays, names.groups)
    return Vocabulary(len(displays), known, names.merges, groups, moved_by(displays), frozenset(shaky))


def _unsteady(coder: object) -> frozenset[int]:
    return frozenset(int(number) for number in getattr(coder, "unsteady", ()))
