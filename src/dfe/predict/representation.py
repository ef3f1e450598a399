"""What a recording is turned into before a model sees it; every representation goes through the same folds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples


class Features(NamedTuple):
    """Numbers of n examples, each from its own recording alone."""

    x: DoubleArray
    """``(n, F)``; NaN throughout for an example without a usable face."""
    names: tuple[str, ...]
    """F names that say which token, unit or coefficient."""
    coverage: DoubleArray
    """``(n,)`` share of the example's time (or pictures) with a usable face, 0 to 1."""
    exposure_s: DoubleArray
    """``(n,)`` valid seconds (for pictures their number)."""
    seconds: float
    """CPU seconds that making them took, recordings being at hand."""


class Representation(Protocol):
    """A way to describe recordings by numbers."""

    @property
    def id(self) -> str:
        """As in results: ``bag of tokens``, ``AU proxy``, ``nuisance``."""
        ...

    def features(self, examples: Examples, recordings: Path) -> Features:
        """Numbers of each example, without a look at any label or at any other example.

        Args:
            examples: whose recordings, windows or pictures.
            recordings: folder of the recordings.
        """
        ...

    def steps(self) -> Sequence[tuple[str, Any]]:
        """Scikit-learn transformers that are fitted within each fold, before the linear model."""
        ...
