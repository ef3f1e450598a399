"""Vocabularies that faces are told in, each as what :class:`~dfe.predict.representations.pooled.Pooled` pools."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.displays.units import EYES, Unit, UnitKind
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.encoding.coders import add_tokens
from dfe.predict.measures import check_tokens
from dfe.predict.reading import Reading
from dfe.predict.representations.pooled import Coded
from dfe.recording.eyes import eye_signals
from dfe.recording.shown import Shown, shown
from dfe.space.registry import FACE_MODEL_ID
from dfe.tokenizer.tokenizer import Tokenizer

MM_STEPS = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Where the steps of a display begin, in mm, as many as FACS has letters; the first wherever it is said at all."""
_OF_THRESHOLD = (0.25, 0.5, 1.0, 1.5, 2.0)
"""Steps of a display of the eyes, as shares of the threshold at which it counts as shown."""
_COEFFICIENT_MM = (0.25, 0.5, 1.0, 2.0, 4.0)
_COEFFICIENT_SHARES = (0.1, 0.25, 0.4, 0.6, 0.8)
"""Of the face model's numbers in mm, and of coefficients between 0 and 1."""
_SHOWN = 1
"""A coefficient shows where it reaches its second step."""
_LEAST = 1e-6
_ALONE: dict[tuple[UnitKind, ...], str] = {
    ("display",): ", without the eyes",
    ("eyes",): ", eyes alone",
    ("group",): ", groups",
}


@dataclass(frozen=True, eq=False)
class TokenCoding:
    """A tokenizer's displays and the displays of the eyes: mm and degrees.

    Args:
        tokenizer: whose tokens the recordings hold.
        name: as in results.
        units: what is counted: displays, displays of the eyes, groups of displays.
        vocabulary: names, merges and groups; the user's if None.
        encode: code the recordings' expressions anew, whatever tokens they hold: a second tokenizer's beside them.
    """

    tokenizer: Tokenizer
    name: str = "bag of tokens"
    units: tuple[UnitKind, ...] = ("display", "eyes")
    vocabulary: Vocabulary | None = None
    encode: bool = False

    @property
    def id(self) -> str:
        """As in results."""
        return f"{self.name}{_ALONE.get(self.units, '')}"

    @cached_property
    def words(self) -> Vocabulary:
        """Names, merges and groups that are counted by."""
        return vocabulary_of(self.tokenizer) if self.vocabulary is None else self.vocabulary

    def code(self, reading: Reading) -> Coded:
        """What the tokens of each row say.

        Raises:
            TableError: a recording without tokens.
            ModelError: the tokens are another tokenizer's, or the recording is of another space.
        """
        key = ("shown", self.tokenizer.hash, self.words.merges, self.words.groups)
        found = reading.once(key, lambda: self._shown(reading)).only(*self.units)
        # Eyes that nobody measured show nothing; the skin's displays are known all the same.
        amount = np.nan_to_num(found.amount)
        amount[~reading.recording.success] = np.nan
        names = tuple(unit.token for unit in found.units)
        return Coded(amount, names, amount, names, np.stack([_edges(unit) for unit in found.units]), found.says)

    def _shown(self, reading: Reading) -> Shown:
        recording = reading.recording
        if self.encode:
            recording = add_tokens(recording, self.tokenizer)
        check_tokens(recording, self.tokenizer)
        return shown(recording, self.words, reading.counted)


@dataclass(frozen=True)
class CoefficientCoding:
    """The recordings' own expression coefficients; each side of zero is a unit of its own where they are signed.

    Args:
        eyes: the displays of the eyes beside them.
    """

    eyes: bool = False

    @property
    def id(self) -> str:
        """As in results."""
        return "coefficients and eyes" if self.eyes else "coefficients"

    def code(self, reading: Reading) -> Coded:
        """All rows."""
        recording = reading.recording
        names, values = recording.layout.expression, reading.expressions.astype(np.float64)
        signed = recording.space_id == FACE_MODEL_ID
        amounts = np.concatenate([np.maximum(values, 0), np.maximum(-values, 0)], axis=1) if signed else values
        units = (*names, *(f"{name} less" for name in names)) if signed else names
        edges = np.tile(_COEFFICIENT_MM if signed else _COEFFICIENT_SHARES, (len(units), 1))
        coded = Coded(values, names, amounts, units, edges, amounts >= edges[:, [_SHOWN]].T)
        return beside(coded, _eyes(reading)) if self.eyes else coded


def beside(one: Coded, other: Coded) -> Coded:
    """Units of two vocabularies of the same rows as one vocabulary."""
    return Coded(
        np.concatenate([one.values, other.values], axis=1),
        (*one.value_names, *other.value_names),
        np.concatenate([one.amounts, other.amounts], axis=1),
        (*one.names, *other.names),
        np.concatenate([one.edges, other.edges]),
        np.concatenate([one.says, other.says], axis=1),
    )


def _eyes(reading: Reading) -> Coded:
    signals = eye_signals(reading.recording, reading.counted)
    names = tuple(unit.token for unit in EYES)
    if signals is None:
        raise TableError("measures neither lids nor gaze", where=reading.name)
    amount = np.nan_to_num(signals.amount)
    amount[~reading.recording.success] = np.nan
    return Coded(amount, names, amount, names, np.stack([_edges(unit) for unit in EYES]), signals.says)


def _edges(unit: Unit) -> DoubleArray:
    if unit.kind == "eyes":
        return np.array(_OF_THRESHOLD) * (unit.on or 1.0)
    return np.maximum(MM_STEPS, _LEAST)
