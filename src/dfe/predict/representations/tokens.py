"""The bag of tokens: how long, how often, how strongly or in what order displays are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from sklearn.preprocessing import StandardScaler

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.events.config import EventConfig
from dfe.predict.episodes import Episodes, measure_events
from dfe.predict.measures import Measures, displays_named, measure_tokens
from dfe.predict.reading import Reading, SpeechPart, covered
from dfe.predict.representation import Features, Measuring
from dfe.stats.bag import BagOfTokens, Kind
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


_OF_EVENTS = ("events", "durations", "bigrams")


@dataclass(frozen=True, eq=False)
class TokenBag:
    """Sums of each display over valid time, divided and weighted within the folds by :class:`BagOfTokens`.

    Args:
        tokenizer: whose tokens the recordings hold.
        sums: ``time`` a display is said; the same by ``steps`` of intensity; ``amount`` in mm seconds;
            ``events`` that begin (:mod:`dfe.events`), their mean ``durations`` in seconds, 0 without any; ``bigrams``:
            how often a display begins within a second after another.
        kind: of the bag; events and bigrams are always per valid minute, and durations stay as they are.
        speech: count silent or speaking time alone.
        config: what counts as an event.
    """

    tokenizer: Tokenizer
    sums: Sums = "time"
    kind: Kind = "share"
    speech: SpeechPart | None = None
    config: EventConfig = field(default_factory=EventConfig)

    @property
    def id(self) -> str:
        """As in results."""
        kind = "" if self.kind == "share" or self.sums in _OF_EVENTS else f", {self.kind}"
        part = "" if self.speech is None else f", {self.speech.part}"
        return f"bag of tokens{_WHAT[self.sums]}{kind}{part}"

    def measuring(self, examples: Examples) -> Measuring:
        """Valid seconds, then the sums; see :class:`Representation`.

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

    def steps(self) -> Sequence[tuple[str, Any]]:
        """The bag, then every column to mean 0 and spread 1."""
        kind: Kind = "per minute" if self.sums in ("events", "bigrams") else self.kind
        return [("bag", BagOfTokens("share" if self.sums == "durations" else kind)), ("scale", StandardScaler())]

    def _of(self, reading: Reading) -> tuple[Measures | Episodes, DoubleArray, tuple[str, ...]]:
        """What was measured of a recording, the sums ``(k, F)`` among it, and their names."""
        if self.sums in _OF_EVENTS:
            bigrams = self.sums == "bigrams"
            events = measure_events(reading, self.tokenizer, config=self.config, speech=self.speech, bigrams=bigrams)
            return events, *self._of_events(events)
        rows = measure_tokens(reading, self.tokenizer, self.speech)
        return rows, *self._of_rows(rows)

    def _of_rows(self, measures: Measures) -> tuple[DoubleArray, tuple[str, ...]]:
        names = displays_named(self.tokenizer)
        if self.sums == "steps":
            steps = measures.step_time.shape[2]
            labels = tuple(f"{name} step {step + 1}" for name in names for step in range(steps))
            return measures.step_time.reshape(len(measures.step_time), -1), labels
        return measures.time if self.sums == "time" else measures.amount, names

    def _of_events(self, made: Episodes) -> tuple[DoubleArray, tuple[str, ...]]:
        names = displays_named(self.tokenizer)
        left_out = set() if self.config.unsteady else {number - 1 for number in self.tokenizer.unsteady}
        kept = [unit for unit in range(len(names)) if unit not in left_out]
        if self.sums == "bigrams" and made.follows is not None:
            pairs = made.follows[:, kept][:, :, kept]
            labels = tuple(f"{names[one]} then {names[two]}" for one in kept for two in kept)
            return pairs.reshape(len(pairs), -1), labels
        labels = tuple(names[unit] for unit in kept)
        if self.sums == "events":
            return made.count[:, kept], labels
        whole, lasted = made.whole[:, kept], made.duration_s[:, kept]
        mean = np.divide(lasted, whole, out=np.zeros_like(lasted), where=whole > 0)
        # The bag divides by valid time, which durations do not depend on.
        return mean * made.valid_s[:, None], labels
