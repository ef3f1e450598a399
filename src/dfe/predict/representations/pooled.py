"""One way from a coding's rows to an example's numbers, the same for every coding, so that vocabularies are compared.

How rows are pooled over time often decides more than what is coded. So displays, action units and coefficients are
pooled alike, and which pooling and which scale suit a coding is chosen in the inner folds, for each coding alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray
from dfe.datasets.examples import Examples
from dfe.predict.reading import Reading, SpeechPart
from dfe.predict.representation import Features, Measuring, Pipeline
from dfe.predict.representations.moments import Moments
from dfe.stats.scaling import SCALINGS, Columns, Scaled, Scaling

Pooling = Literal["presence", "intensity", "steps"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)


class Coded(NamedTuple):
    """What a coding says of the n rows of a recording; NaN throughout where it says nothing."""

    values: DoubleArray
    """``(n, V)``: what intensities are pooled from, signed or not."""
    value_names: tuple[str, ...]
    amounts: DoubleArray
    """``(n, U)``: how much of each unit, never negative."""
    names: tuple[str, ...]
    edges: DoubleArray
    """``(U, Q)``: where each step of intensity begins, rising; infinite for a step that a unit has not."""
    says: BoolArray
    """``(n, U)``: whether the row shows the unit."""


class Coding(Protocol):
    """A vocabulary: what faces are told in."""

    @property
    def id(self) -> str:
        """As in results."""
        ...

    def code(self, reading: Reading) -> Coded:
        """All rows of a recording."""
        ...


@dataclass(frozen=True, eq=False)
class Pooled:
    """An example's rows pooled: in which share of its time each unit shows, how strongly, and at which step.

    - ``presence``: share of usable time;
    - ``intensity``: mean, and spread over time where time passes;
    - ``steps``: share of usable time at each step of intensity: a bag of intensity steps.

    Args:
        coding: vocabulary.
        poolings: that the inner folds may choose among.
        scalings: likewise.
        speech: silent or speaking time alone.
    """

    coding: Coding
    poolings: tuple[Pooling, ...] = POOLINGS
    scalings: tuple[Scaling, ...] = SCALINGS
    speech: SpeechPart | None = None

    @property
    def id(self) -> str:
        """As in results."""
        pooled = "" if self.poolings == POOLINGS else f", {' or '.join(self.poolings)}"
        return f"{self.coding.id}{pooled}{'' if self.speech is None else f', {self.speech.part}'}"

    def measuring(self, examples: Examples) -> Measuring:
        """The columns of every pooling, side by side; see :class:`~dfe.predict.representation.Representation`.

        Raises:
            TableError: recordings of which a coding tells other units.
        """
        first: Coded | None = None
        sums: dict[Pooling, Moments] = {}

        def add(reading: Reading) -> None:
            nonlocal first
            coded = self.coding.code(reading)
            if first is None:
                first = coded
                steps = coded.edges.shape[1]
                widths = {"presence": len(coded.names), "intensity": len(coded.value_names)}
                widths["steps"] = len(coded.names) * steps
                sums.update({one: Moments(len(examples), widths[one]) for one in self.poolings})
            if (coded.names, coded.value_names) != (first.names, first.value_names):
                what = f"{self.coding.id}: its units are not those of the first recording"
                raise TableError(what, where=reading.name)
            rows = reading.rows(self.speech)
            found = np.isfinite(coded.values[rows.row]).all(axis=1)
            kept = rows._replace(example=rows.example[found], row=rows.row[found], seconds=rows.seconds[found])
            for one, moments in sums.items():
                moments.add(_of_rows(one, coded, kept.row), kept, reading)

        def features() -> Features:
            if first is None:
                raise TableError("no example at all")
            blocks = [_block(one, sums[one], first) for one in self.poolings]
            any_one = sums[self.poolings[0]]
            x = np.column_stack([block for block, _ in blocks])
            names = tuple(name for _, names in blocks for name in names)
            widths = tuple(block.shape[1] for block, _ in blocks)
            units = _of_units(self.poolings, widths, first)
            return Features(x, names, any_one.coverage, any_one.valid_s, blocks=widths, of_units=units)

        return Measuring(add, features)

    def pipelines(self, features: Features) -> Sequence[Pipeline]:
        """Every pooling with every scale."""
        ends = np.cumsum(features.blocks).tolist()
        parts = [Columns(stop - width, stop) for width, stop in zip(features.blocks, ends, strict=True)]
        return [[("columns", part), ("scale", Scaled(one))] for part in parts for one in self.scalings]


def _of_units(poolings: Sequence[Pooling], widths: Sequence[int], coded: Coded) -> tuple[int, int] | None:
    """The means, where the numbers that are pooled are the units themselves."""
    if "intensity" not in poolings or coded.value_names != coded.names:
        return None
    start = sum(widths[: poolings.index("intensity")])
    return start, start + len(coded.names)


def _of_rows(pooling: Pooling, coded: Coded, rows: Any) -> DoubleArray:
    if pooling == "intensity":
        return np.asarray(coded.values[rows])
    if pooling == "presence":
        return np.asarray(coded.says[rows], np.float64)
    amounts = coded.amounts[rows]
    step = (amounts[:, :, None] >= coded.edges).sum(axis=2)
    at = step[:, :, None] == np.arange(1, coded.edges.shape[1] + 1)
    return np.asarray(at.reshape(len(amounts), coded.edges.size), np.float64)


def _block(pooling: Pooling, moments: Moments, coded: Coded) -> tuple[DoubleArray, tuple[str, ...]]:
    if pooling == "presence":
        return moments.mean, coded.names
    if pooling == "steps":
        steps = range(1, coded.edges.shape[1] + 1)
        return moments.mean, tuple(f"{name} at {step}" for name in coded.names for step in steps)
    return with_spread(moments, coded.value_names)


def with_spread(moments: Moments, names: Sequence[str]) -> tuple[DoubleArray, tuple[str, ...]]:
    """Means and, where time passes, spreads side by side, with their names."""
    spread = moments.spread
    if not np.nan_to_num(spread).any():
        return moments.mean, tuple(f"{name} mean" for name in names)
    labels = (*(f"{name} mean" for name in names), *(f"{name} sd" for name in names))
    return np.column_stack([moments.mean, spread]), labels
