"""What a recording is turned into before a model sees it; every representation goes through the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.predict.reading import Reading, readings
from dfe.tokenizer.tokenizer import Tokenizer

Pipeline = Sequence[tuple[str, Any]]
"""Names and scikit-learn transformers, one after the other."""


class Features(NamedTuple):
    """Numbers of n examples, each from its own recording alone."""

    x: DoubleArray
    """``(n, F)``; NaN throughout for an example without a usable face."""
    names: tuple[str, ...]
    """F names that say which token, unit or coefficient."""
    coverage: DoubleArray
    """``(n,)`` share of the example's time (or pictures) with a usable face, 0 to 1."""
    exposure_s: DoubleArray
    """``(n,)`` usable seconds (for pictures their number)."""
    blocks: tuple[int, ...] = ()
    """Widths of neighbouring columns that are one description each, to choose among; empty: all are one."""
    of_units: tuple[int, int] | None = None
    """The first column, and the one behind the last, of those that are one number for each unit of a vocabulary."""
    seconds: float = 0.0
    """CPU seconds that making them took, recordings being at hand; what several need counts for the first of them."""


class Measuring(NamedTuple):
    """How a representation describes examples, recording after recording."""

    add: Callable[[Reading], None] | None
    """Takes in one recording, called once for each; None: no recording is looked at."""
    features: Callable[[], Features]
    """All of them, when every recording has been taken in."""


class Representation(Protocol):
    """A way to describe recordings by numbers."""

    @property
    def id(self) -> str:
        """As in results: ``bag of tokens``, ``AU proxy``, ``nuisance``."""
        ...

    def measuring(self, examples: Examples) -> Measuring:
        """Begin to describe examples, without a look at any label or, for one example, at any other.

        Args:
            examples: whose recordings, windows or pictures.
        """
        ...

    def pipelines(self, features: Features) -> Sequence[Pipeline]:
        """Ways to prepare these columns, fitted within each fold before the linear model; inner folds choose one."""
        ...


def describe(
    representations: Sequence[Representation],
    examples: Examples,
    recordings: Path,
    *,
    all_rows: bool = False,
    everybodys: Tokenizer | None = None,
    seen: Callable[[Reading], None] | None = None,
) -> list[Features]:
    """Numbers of each example by each representation; every recording is read once for all of them.

    Args:
        representations: that shall describe them.
        examples: whose recordings, windows or pictures.
        recordings: folder of the recordings.
        all_rows: turned, small, covered, frozen and blurred faces count too.
        everybodys: codes each face anew, with its own resting face put back; None: tokens are as they are.
        seen: told of each recording.

    Raises:
        TableError: a recording is missing, damaged, or lacks what a representation needs.
        ModelError: tokens are another tokenizer's.
    """
    begun = [one.measuring(examples) for one in representations]
    spent = [0.0] * len(begun)
    looking = [(place, one.add) for place, one in enumerate(begun) if one.add is not None]
    for reading in readings(examples, recordings, all_rows=all_rows, everybodys=everybodys) if looking else ():
        if seen is not None:
            seen(reading)
        for place, add in looking:
            began = time.process_time()
            add(reading)
            spent[place] += time.process_time() - began
    made = []
    for one, seconds in zip(begun, spent, strict=True):
        began = time.process_time()
        features = one.features()
        made.append(features._replace(seconds=seconds + time.process_time() - began))
    return made
