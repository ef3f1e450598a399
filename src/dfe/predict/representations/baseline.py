"""Each person's own baseline taken off: what a face does in a window beyond what it does at rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.predict.representation import Features, Measuring, Pipeline, Representation
from dfe.predict.representations.tokens import TokenBag

VALID = "valid_s"
"""Name of the first column of bags: seconds that the sums after it are divided by."""


@dataclass(frozen=True, eq=False)
class WithoutBaseline:
    """Another representation's features minus those of the same subject's windows of one condition.

    The baseline is the mean over a subject's windows of that condition, weighted by their usable time, and is taken off
    once. It looks at no label and at no other person. Sums of a bag are corrected as rates: what remains is the share,
    or the events a minute, above or below the baseline.

    Args:
        inner: the representation; a bag of kind ``share`` or ``per minute``, or moments.
        condition: of the baseline windows.
    """

    inner: Representation
    condition: str

    def __post_init__(self) -> None:
        if isinstance(self.inner, TokenBag) and self.inner.kind not in ("share", "per minute"):
            raise TableError(f"a bag of kind {self.inner.kind!r} has no baseline", advice="use shares or rates")

    @property
    def id(self) -> str:
        """As in results."""
        return f"{self.inner.id}, above baseline"

    def measuring(self, examples: Examples) -> Measuring:
        """Features of each example above its subject's baseline; see :class:`Representation`.

        Raises:
            TableError: a subject without a baseline window in which the face is seen.
        """
        inner = self.inner.measuring(examples)
        return Measuring(inner.add, lambda: self._above(examples, inner.features()))

    def pipelines(self, features: Features) -> Sequence[Pipeline]:
        """Those of the representation."""
        return self.inner.pipelines(features)

    def _above(self, examples: Examples, made: Features) -> Features:
        rest = np.zeros(len(examples), np.bool_) if examples.condition is None else examples.condition == self.condition
        rated = made.names[0] == VALID
        rates = _rates(made.x) if rated else made.x
        out = rates.copy()
        for subject in np.unique(examples.subject):
            mine = examples.subject == subject
            own = np.flatnonzero(mine & rest & np.isfinite(rates).all(axis=1) & (made.exposure_s > 0))
            if not len(own):
                what = f"a subject has no window of condition {self.condition!r} in which the face is seen"
                example = examples.name[int(np.flatnonzero(mine)[0])]
                raise TableError(what, where=f"example {example}", advice="add one to windows.csv, or leave them out")
            out[mine] -= np.average(rates[own], axis=0, weights=made.exposure_s[own])
        if rated:
            out = np.column_stack([made.x[:, 0], out[:, 1:] * made.x[:, :1]])
        return made._replace(x=out)


def _rates(x: DoubleArray) -> DoubleArray:
    """Sums divided by the first column, which stays."""
    out = x.copy()
    out[:, 1:] = np.divide(x[:, 1:], x[:, :1], out=np.full_like(x[:, 1:], np.nan), where=x[:, :1] > 0)
    return out
