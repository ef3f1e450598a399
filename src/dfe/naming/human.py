"""Events found against what people have marked in ELAN or Praat: is it found when it is there, and as often?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfe.base.errors import UsageError
from dfe.formats.event import Event
from dfe.formats.labels import Label, read_tier
from dfe.formats.tsv import EventTable, read_events_tsv
from dfe.stats.bootstrap import Estimate
from dfe.stats.draws import DRAWS
from dfe.stats.icc import icc_a1
from dfe.stats.matching import EventScore, Matches, event_score, f1_of, match_onsets, matched_by_chance


@dataclass(frozen=True)
class Selection:
    """Which of the events found, and which of the labels marked, are compared; all where nothing is named."""

    tier: str
    """Of the labels."""
    values: tuple[str, ...] = ()
    """Of the labels on that tier."""
    displays: tuple[int, ...] = ()
    """Numbers of displays."""
    names: tuple[str, ...] = ()
    """Labels of events, as the events' table has them."""
    face: int | None = None

    def event(self, event: Event) -> bool:
        """Whether an event is compared."""
        named = not (self.displays or self.names)
        named |= event.kind == "display" and event.display in self.displays
        named |= event.label in self.names
        return named and self.face in (None, event.face_id)

    def label(self, label: Label) -> bool:
        """Whether a label is compared; one without text marks an event only where no values are named."""
        return label.value in self.values if self.values else True


@dataclass(frozen=True)
class ComparedRecording:
    """One recording's events and labels."""

    name: str
    matches: Matches
    by_chance: float
    """Pairs that the same events would have at times that have nothing to do with the labels."""
    minutes: float
    """That both can be counted in."""

    @property
    def f1_by_chance(self) -> float:
        """F1 of as many pairs as come by chance."""
        return f1_of(self.by_chance, self.matches.found, self.matches.marked)

    @property
    def rates(self) -> tuple[float, float]:
        """Events found and labels marked, per minute."""
        return self.matches.found / self.minutes, self.matches.marked / self.minutes


@dataclass(frozen=True)
class HumanAgreement:
    """Agreement with people over recordings."""

    score: EventScore
    icc: Estimate
    """ICC(A,1) of events per minute, found and marked; NaN for fewer than two recordings."""
    recordings: tuple[ComparedRecording, ...]
    tolerance_s: float


def compare_files(
    events: Sequence[Path],
    human: Sequence[Path],
    selection: Selection,
    tolerance_s: float,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> HumanAgreement:
    """Compare tables of events with annotation files, the first with the first and so on.

    Raises:
        UsageError: not as many of one as of the other, no such tier, or nothing to compare.
        TableError: a file that cannot be read.
    """
    if len(events) != len(human) or not events:
        advice = "name one annotation file for each table of events, in the same order"
        raise UsageError(f"{len(events)} tables of events and {len(human)} annotation files", advice=advice)
    compared = []
    for ours, theirs in zip(events, human, strict=True):
        name = ours.stem.removesuffix(".events")
        labels = read_tier(theirs, selection.tier, name)
        compared.append(compare(name, read_events_tsv(ours), labels, selection, tolerance_s))
    rates = np.array([one.rates for one in compared])
    return HumanAgreement(
        score=event_score(
            [one.matches for one in compared], [one.by_chance for one in compared], draws=draws, seed=seed
        ),
        icc=icc_a1(rates),
        recordings=tuple(compared),
        tolerance_s=tolerance_s,
    )


def compare(
    name: str, table: EventTable, labels: Sequence[Label], selection: Selection, tolerance_s: float
) -> ComparedRecording:
    """Match one recording's events with its labels by their onsets.

    Rates are per minute of the recording; where its length is not known, up to the last event or label.

    Raises:
        UsageError: there is neither length nor event nor label.
    """
    ours = [event for event in table.events if selection.event(event)]
    theirs = [label for label in labels if selection.label(label)]
    ends = [event.offset_s for event in table.events] + [label.end_s for label in labels]
    length = table.source.duration_s or max(ends, default=0.0)
    if not length > 0:
        raise UsageError("nothing to compare", where=name)
    onsets, marks = [e.onset_s for e in ours], [label.start_s for label in theirs]
    matches = match_onsets(onsets, marks, tolerance_s)
    by_chance = matched_by_chance(onsets, marks, tolerance_s, length)
    return ComparedRecording(name, matches, by_chance, length / 60)
