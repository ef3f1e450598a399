"""What each row of a recording shows of each unit: the one answer behind every share of time.

Displays (merged as the user says), groups of displays and displays of the eyes, all in one table. Events are found in
the same amounts (:mod:`dfe.events.finding`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dfe.base.types import BoolArray, DoubleArray
from dfe.displays.units import EYES, Unit
from dfe.displays.vocabulary import Vocabulary
from dfe.recording.eyes import eye_signals
from dfe.recording.recording import Recording


class Shown(NamedTuple):
    """How much of each of T units each of ``n`` rows shows."""

    units: tuple[Unit, ...]
    """Displays, then groups, then the displays of the eyes; unsteady displays too."""
    amount: DoubleArray
    """``(n, T)`` mm, degrees of gaze; NaN where the eyes are not measured."""
    says: BoolArray
    """``(n, T)``: where a token says it, of the eyes where it reaches its threshold."""

    def only(self, *kinds: str) -> Shown:
        """The units of these kinds alone."""
        kept = [place for place, unit in enumerate(self.units) if unit.kind in kinds]
        return Shown(tuple(self.units[i] for i in kept), self.amount[:, kept], self.says[:, kept])


def shown(recording: Recording, vocabulary: Vocabulary, counted: BoolArray) -> Shown:
    """What every row shows.

    Args:
        recording: with tokens of the vocabulary's tokenizer.
        vocabulary: its units.
        counted: ``(n,)`` rows that count; what is usual for a person's eyes is taken from them.
    """
    units = vocabulary.units(unsteady=True)
    amount = np.zeros((len(recording), len(units) + len(EYES)))
    column = {unit.token: place for place, unit in enumerate(units)}
    for unit, values in vocabulary.signals(recording.tokens(), unsteady=True):
        amount[:, column[unit.token]] = values
    says = amount > 0
    eyes = eye_signals(recording, counted)
    amount[:, len(units) :] = np.nan if eyes is None else eyes.amount
    if eyes is not None:
        says[:, len(units) :] = eyes.says
    return Shown((*units, *EYES), amount, says)
