"""The bag of tokens: how long, how often or how strongly each display is said."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.preprocessing import StandardScaler

from dfe.study.bag import BagOfTokens, Kind
from dfe.study.examples import Examples
from dfe.study.measures import Measures, displays_named, measure_tokens
from dfe.study.representation import Features
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.types import DoubleArray

Sums = Literal["time", "steps", "amount"]


@dataclass(frozen=True, eq=False)
class TokenBag:
    """Sums of each display over valid time, divided and weighted within the folds by :class:`BagOfTokens`.

    Args:
        tokenizer: whose tokens the recordings hold.
        sums: ``time`` a display is said; the same by ``steps`` of intensity (or levels); ``amount`` in mm seconds.
        kind: of the bag.
        steady: leave out displays that the tokenizer's card calls unsteady: they come and go with a picture's crop.
    """

    tokenizer: Tokenizer
    sums: Sums = "time"
    kind: Kind = "share"
    steady: bool = False

    @property
    def id(self) -> str:
        """As in results."""
        what = {"time": "", "steps": " by intensity", "amount": " of mm"}[self.sums]
        kind = "" if self.kind == "share" else f", {self.kind}"
        return f"bag of tokens{what}{kind}"

    def features(self, examples: Examples, recordings: Path) -> Features:
        """Valid seconds, then the sums; see :class:`Representation`.

        Raises:
            TableError: a recording is missing, damaged or without tokens.
            ModelError: the tokens are another tokenizer's.
        """
        began = time.process_time()
        measures = measure_tokens(examples, recordings, self.tokenizer)
        sums, names = self._columns(measures)
        x = np.column_stack([measures.valid_s, sums])
        x[measures.valid_s <= 0] = np.nan
        return Features(x, ("valid_s", *names), measures.coverage, measures.valid_s, time.process_time() - began)

    def steps(self) -> Sequence[tuple[str, Any]]:
        """The bag, then every column to mean 0 and spread 1."""
        return [("bag", BagOfTokens(self.kind)), ("scale", StandardScaler())]

    def _columns(self, measures: Measures) -> tuple[DoubleArray, tuple[str, ...]]:
        names = displays_named(self.tokenizer)
        unsteady = {number - 1 for number in self.tokenizer.unsteady} if self.steady else set()
        kept = [unit for unit in range(len(names)) if unit not in unsteady]
        if self.sums == "steps":
            by_step = measures.step_time[:, kept]
            steps = by_step.shape[2]
            labels = tuple(f"{names[unit]} step {step + 1}" for unit in kept for step in range(steps))
            return by_step.reshape(len(by_step), -1), labels
        sums = measures.time if self.sums == "time" else measures.amount
        return sums[:, kept], tuple(names[unit] for unit in kept)
