"""What tokens did in each example: seconds, intensities, in all its usable time; counts in pictures.

All of it is additive over rows, so that every representation made from it is a matter of division.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfe.base.errors import ModelError, TableError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.displays.tokens import numbers
from dfe.displays.units import EYES, Unit
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.predict.reading import Reading, SpeechPart, covered
from dfe.recording.recording import Recording
from dfe.recording.shown import shown
from dfe.tokenizer.tokenizer import Tokenizer


@dataclass(frozen=True, eq=False)
class Measures:
    """Sums over the usable rows of ``n`` examples; U displays, Q steps of intensity, V units of :func:`others`.

    Of displays that are merged the first alone has any.
    """

    valid_s: DoubleArray
    """``(n,)`` seconds with a usable face; for pictures their number."""
    total_s: DoubleArray
    """``(n,)`` seconds of all frames."""
    time: DoubleArray
    """``(n, U)`` seconds in which a display is said."""
    step_time: DoubleArray
    """``(n, U, Q)`` the same by step."""
    amount: DoubleArray
    """``(n, U)`` millimetres times seconds."""
    other_time: DoubleArray
    """``(n, V)`` seconds in which each group of displays, and each display of the eyes, is shown."""
    other_amount: DoubleArray
    """``(n, V)`` their millimetres (degrees, of gaze) times seconds."""

    @property
    def coverage(self) -> DoubleArray:
        """``(n,)`` valid by total time; 0 where there is no frame."""
        return covered(self.valid_s, self.total_s)


def others(vocabulary: Vocabulary) -> tuple[Unit, ...]:
    """What is counted beside displays: groups, and the displays of the eyes."""
    return (*(unit for unit in vocabulary.units(unsteady=True) if unit.kind == "group"), *EYES)


def measure_tokens(
    reading: Reading, tokenizer: Tokenizer, speech: SpeechPart | None = None, vocabulary: Vocabulary | None = None
) -> Measures:
    """Sum up what the tokens of each example of a recording did, in all its usable time, or silent or speaking part.

    Raises:
        TableError: a recording without tokens; as of :meth:`Reading.rows`.
        ModelError: the tokens are another tokenizer's.
    """
    words = vocabulary_of(tokenizer) if vocabulary is None else vocabulary
    key = ("tokens", tokenizer.hash, speech, words.merges, words.groups)
    return reading.once(key, lambda: _measured(reading, tokenizer, speech, words))


def _measured(reading: Reading, tokenizer: Tokenizer, speech: SpeechPart | None, words: Vocabulary) -> Measures:
    recording = reading.recording
    check_tokens(recording, tokenizer)
    rows, count = reading.rows(speech), len(reading.places)
    displays, tokens = tokenizer.displays(), words.merged(recording.tokens()).at(rows.row)
    units, steps = len(displays), displays.steps_mm.shape[1]
    seconds = np.broadcast_to(rows.seconds[:, None], tokens.display.shape)
    cell = rows.example[:, None] * units + numbers(tokens.display) - 1
    beside = shown(recording, words, reading.counted).only("group", "eyes")
    place = rows.example[:, None] * len(beside.units) + np.arange(len(beside.units))
    weight = np.broadcast_to(rows.seconds[:, None], place.shape)
    more = count * len(beside.units)
    amount, other = np.nan_to_num(beside.amount[rows.row]), beside.says[rows.row]
    step_cell, says = cell * steps + displays.steps(tokens), tokens.says
    return Measures(
        _summed(rows.example, rows.seconds, rows.seconds > 0, count),
        rows.total_s,
        _summed(cell, seconds, tokens.new(), count * units).reshape(count, units),
        _summed(step_cell, seconds, says, count * units * steps).reshape(count, units, steps),
        _summed(cell, tokens.mm * seconds, says, count * units).reshape(count, units),
        _summed(place, weight, other, more).reshape(count, -1),
        _summed(place, amount * weight, amount > 0, more).reshape(count, -1),
    )


def check_tokens(recording: Recording, tokenizer: Tokenizer) -> None:
    """Refuse a recording whose tokens are not this tokenizer's.

    Raises:
        TableError: it has no tokens.
        ModelError: they are another tokenizer's.
    """
    made = recording.provenance.tokenizer
    where = recording.provenance.source.name
    if made is None:
        raise TableError("has no tokens", where=where, advice="encode it with the tokenizer first")
    if made.hash != tokenizer.hash:
        advice = f"encode it again with {tokenizer.id}, or name {made.id} with --tokenizer"
        raise ModelError(f"its tokens are of {made.id}, not of {tokenizer.id}", where=where, advice=advice)


def _summed(cell: IntArray, weight: DoubleArray, where: BoolArray, size: int) -> DoubleArray:
    return np.bincount(cell[where], weight[where], size).astype(np.float64)
