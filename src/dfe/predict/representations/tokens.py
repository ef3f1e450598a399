"""The bag of tokens: how long, how often, how strongly or in what order displays are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray, IntArray
from dfe.datasets.examples import Examples
from dfe.displays.units import UnitKind
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.events.config import EventConfig
from dfe.predict.episodes import Episodes, measure_events
from dfe.predict.measures import Measures, measure_tokens, others
from dfe.predict.reading import Reading, SpeechPart, covered
from dfe.predict.representation import Features, Measuring, Pipeline
from dfe.stats.bag import BagOfTokens, Kind
from dfe.stats.scaling import Scaled
from dfe.tokenizer.tokenizer import Tokenizer

Sums = Literal["time", "steps", "amount", "events", "durations", "bigrams"]
_WHAT: dict[Sums, str] = {
    "time": "",
    "steps": " by intensity",
    "amount": " of mm",
    "events": ", events a minute",
    "durations": ", mean duration",
    "bigrams": ", pairs a minute",
}


_UNITS: dict[tuple[UnitKind, ...], str] = {
    ("display",): "without the eyes",
    ("eyes",): "eyes alone",
    ("group",): "groups",
}
_OF_EVENTS = ("events", "durations", "bigrams")


@dataclass(frozen=True, eq=False)
class TokenBag:
    """Sums of each display over usable time, divided and weighted within the folds by :class:`BagOfTokens`.

    Args:
        tokenizer: whose tokens the recordings hold.
        sums: ``time`` a display is said; the same by ``steps`` of intensity; ``amount`` in mm seconds;
            ``events`` that begin (:mod:`dfe.events`), their mean ``durations`` in seconds, 0 without any; ``bigrams``:
            how often a display begins within a second after another.
        kind: of the bag; events and bigrams are always per usable minute, and durations stay as they are.
        speech: count silent or speaking time alone.
        config: what counts as an event.
        units: what is in the bag: displays and the displays of the eyes; ``group``: groups of displays. Steps,
            bigrams and log-ratios, which are parts of a whole, are of displays alone.
        vocabulary: names, merges and groups; the user's if None.
    """

    tokenizer: Tokenizer
    sums: Sums = "time"
    kind: Kind = "share"
    speech: SpeechPart | None = None
    config: EventConfig = field(default_factory=EventConfig)
    units: tuple[UnitKind, ...] = ("display", "eyes")
    vocabulary: Vocabulary | None = None

    @property
    def id(self) -> str:
        """As in results."""
        kind = "" if self.kind == "share" or self.sums in _OF_EVENTS else f", {self.kind}"
        part = "" if self.speech is None else f", {self.speech.part}"
        units = "" if self.units == ("display", "eyes") else f", {_UNITS.get(self.units, ' and '.join(self.units))}"
        return f"bag of tokens{_WHAT[self.sums]}{units}{kind}{part}"

    @cached_property
    def words(self) -> Vocabulary:
        """Names, merges and groups that the bag counts by."""
        return vocabulary_of(self.tokenizer) if self.vocabulary is None else self.vocabulary

    def measuring(self, examples: Examples) -> Measuring:
        """Usable seconds, then the sums; see :class:`Representation`.

        Raises:
            TableError: a recording is without tokens.
            ModelError: the tokens are another tokenizer's.
        """
        valid, total = np.zeros(len(examples)), np.zeros(len(examples))
        sums: DoubleArray | None = None
        names: tuple[str, ...] = ()

        def add(reading: Reading) -> None:
            nonlocal sums, names
            at = reading.places
            made, of_recording, names = self._of(reading)
            if sums is None:
                sums = np.zeros((len(examples), len(names)))
            valid[at], total[at], sums[at] = made.valid_s, made.total_s, of_recording

        def features() -> Features:
            if sums is None:
                raise TableError("no example at all")
            x = np.column_stack([valid, sums])
            x[valid <= 0] = np.nan
            return Features(x, ("valid_s", *names), covered(valid, total), valid)

        return Measuring(add, features)

    def pipelines(self, features: Features) -> Sequence[Pipeline]:  # noqa: ARG002 (the same for all)
        """The bag, then every column to mean 0 and spread 1."""
        kind: Kind = "per minute" if self.sums in ("events", "bigrams") else self.kind
        return [[("bag", BagOfTokens("share" if self.sums == "durations" else kind)), ("scale", Scaled())]]

    def _of(self, reading: Reading) -> tuple[Measures | Episodes, DoubleArray, tuple[str, ...]]:
        """What was measured of a recording, the sums ``(k, F)`` among it, and their names."""
        if self.sums in _OF_EVENTS:
            bigrams = self.sums == "bigrams"
            events = measure_events(
                reading, self.tokenizer, config=self.config, speech=self.speech, bigrams=bigrams, vocabulary=self.words
            )
            return events, *self._of_events(events)
        rows = measure_tokens(reading, self.tokenizer, self.speech, self.words)
        return rows, *self._of_rows(rows)

    def _of_rows(self, measures: Measures) -> tuple[DoubleArray, tuple[str, ...]]:
        kept = self._displays(unsteady=True)
        if self.sums == "steps":
            steps = measures.step_time.shape[2]
            labels = tuple(f"{n} step {step + 1}" for n in kept for step in range(steps))
            return measures.step_time[:, _places(kept)].reshape(len(measures.step_time), -1), labels
        if self.sums == "time":
            return self._joined(measures.time, measures.other_time, unsteady=True)
        return self._joined(measures.amount, measures.other_amount, unsteady=True)

    def _of_events(self, made: Episodes) -> tuple[DoubleArray, tuple[str, ...]]:
        shaky = self.config.unsteady
        if self.sums == "bigrams" and made.follows is not None:
            kept = self._displays(shaky)
            pairs = made.follows[:, _places(kept)][:, :, _places(kept)]
            return pairs.reshape(len(pairs), -1), tuple(f"{one} then {two}" for one in kept for two in kept)
        if self.sums == "events":
            return self._joined(made.count, made.other_count, shaky)
        began, names = self._joined(made.count, made.other_count, shaky)
        lasted, _ = self._joined(made.on_s, made.other_on_s, shaky)
        mean = np.divide(lasted, began, out=np.zeros_like(lasted), where=began > 0)
        # The bag divides by usable time, which durations do not depend on.
        return mean * made.valid_s[:, None], names

    def _displays(self, unsteady: bool) -> list[int]:
        """Numbers of the displays in the bag."""
        return [unit.displays[0] for unit in self.words.units(unsteady) if unit.kind == "display"]

    def _joined(self, displays: DoubleArray, more: DoubleArray, unsteady: bool) -> tuple[DoubleArray, tuple[str, ...]]:
        """Columns of the units that are in the bag, and what they are called."""
        kept = self._displays(unsteady) if "display" in self.units else []
        beside = others(self.words)
        # Parts of a whole are displays alone: what the eyes do is no part of it.
        wanted = [] if self.kind == "log-ratio" else [i for i, unit in enumerate(beside) if unit.kind in self.units]
        columns = np.concatenate([displays[:, _places(kept)], more[:, wanted]], axis=1)
        return columns, (*(str(n) for n in kept), *(beside[i].token for i in wanted))


def _places(numbers: Sequence[int]) -> IntArray:
    return np.asarray(numbers, np.int64) - 1
