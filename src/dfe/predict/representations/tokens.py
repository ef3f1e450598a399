"""The bag of tokens: how long, how often, how strongly or in what order displays are said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.preprocessing import StandardScaler

from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.predict.episodes import Episodes, measure_events
from dfe.predict.measures import Measures, SpeechPart, displays_named, measure_tokens
from dfe.predict.representation import Features
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
        steady: leave out displays that the tokenizer's card calls unsteady: they come and go with a picture's crop.
        speech: count silent or speaking time alone.
    """

    tokenizer: Tokenizer
    sums: Sums = "time"
    kind: Kind = "share"
    steady: bool = False
    speech: SpeechPart | None = None

    @property
    def id(self) -> str:
        """As in results."""
        kind = "" if self.kind == "share" or self.sums in _OF_EVENTS else f", {self.kind}"
        part = "" if self.speech is None else f", {self.speech.part}"
        return f"bag of tokens{_WHAT[self.sums]}{kind}{part}"

    def features(self, examples: Examples, recordings: Path) -> Features:
        """Valid seconds, then the sums; see :class:`Representation`.

        Raises:
            TableError: a recording is missing, damaged or without tokens.
            ModelError: the tokens are another tokenizer's.
        """
        began = time.process_time()
        made: Measures | Episodes
        if self.sums in _OF_EVENTS:
            made = measure_events(
                examples, recordings, self.tokenizer, speech=self.speech, bigrams=self.sums == "bigrams"
            )
            sums, names = self._of_events(made)
        else:
            made = measure_tokens(examples, recordings, self.tokenizer, self.speech)
            sums, names = self._of_rows(made)
        x = np.column_stack([made.valid_s, sums])
        x[made.valid_s <= 0] = np.nan
        return Features(x, ("valid_s", *names), made.coverage, made.valid_s, time.process_time() - began)

    def steps(self) -> Sequence[tuple[str, Any]]:
        """The bag, then every column to mean 0 and spread 1."""
        kind: Kind = "per minute" if self.sums in ("events", "bigrams") else self.kind
        return [("bag", BagOfTokens("share" if self.sums == "durations" else kind)), ("scale", StandardScaler())]

    @property
    def _kept(self) -> list[int]:
        unsteady = {number - 1 for number in self.tokenizer.unsteady} if self.steady else set()
        return [unit for unit in range(self.tokenizer.size - 1) if unit not in unsteady]

    def _of_rows(self, measures: Measures) -> tuple[DoubleArray, tuple[str, ...]]:
        names, kept = displays_named(self.tokenizer), self._kept
        if self.sums == "steps":
            by_step = measures.step_time[:, kept]
            steps = by_step.shape[2]
            labels = tuple(f"{names[unit]} step {step + 1}" for unit in kept for step in range(steps))
            return by_step.reshape(len(by_step), -1), labels
        sums = measures.time if self.sums == "time" else measures.amount
        return sums[:, kept], tuple(names[unit] for unit in kept)

    def _of_events(self, made: Episodes) -> tuple[DoubleArray, tuple[str, ...]]:
        names, kept = displays_named(self.tokenizer), self._kept
        if made.follows is not None:
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
