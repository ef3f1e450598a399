"""From fitted folds to the tables that a study leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.predict.fitting import Fitted
from dfe.predict.store import TABLES, table
from dfe.stats.folds import Split

_DIGITS = 9
_STILL = 1e-12


def prediction_rows(
    target: str, id: str, names: Sequence[str], split: Split, said: DoubleArray, outputs: DoubleArray | None
) -> pa.Table:
    """What was predicted of the test part of a split: a number or a place in the classes, and probabilities."""
    count = len(split.test)
    columns: dict[str, Any] = {
        "target": [target] * count,
        "representation": [id] * count,
        "repeat": np.full(count, split.repeat),
        "fold": np.full(count, split.fold),
        "example": [names[i] for i in split.test.tolist()],
        "said": np.round(said, _DIGITS),
    }
    if outputs is not None:
        columns |= {f"p_{k}": np.round(outputs[:, k], _DIGITS) for k in range(outputs.shape[1])}
    return table("predictions", columns)


def fold_rows(
    target: str,
    names: Sequence[str],
    subject: IntArray,
    truth: DoubleArray,
    splits: Sequence[Split],
    part: NDArray[np.str_] | None,
    untrained: BoolArray,
) -> Iterator[pa.Table]:
    """In which fold each example was tested, by repeat; or its part of the official split."""
    count = len(truth)
    for repeat in sorted({split.repeat for split in splits}):
        if part is None:
            number = np.zeros(count, np.int64)
            for split in splits:
                if split.repeat == repeat:
                    number[split.test] = split.fold
            words = [str(n) for n in number.tolist()]
        else:
            words = np.where(untrained, "left out", part).tolist()
        yield table(
            "folds",
            {
                "target": [target] * count,
                "example": list(names),
                "subject": subject,
                "truth": truth,
                "repeat": np.full(count, repeat),
                "part": words,
            },
        )


def weight_rows(target: str, id: str, fitted: Sequence[Fitted]) -> pa.Table:
    """Mean and spread of each weight over folds, in what share of them it has the mean's sign, and its pattern.

    A column that a fold's way of preparing columns left out has weight 0 there.
    """
    names = list(dict.fromkeys(name for one in fitted for name in one.names))
    place = {name: at for at, name in enumerate(names)}
    rows = len(fitted[0].weights)
    weights, patterns = (np.zeros((len(fitted), rows, len(names))) for _ in range(2))
    for fold, one in enumerate(fitted):
        at = [place[name] for name in one.names]
        weights[fold][:, at], patterns[fold][:, at] = one.weights, one.pattern
    mean = weights.mean(axis=0)
    columns = {
        "weight": mean,
        "sd": weights.std(axis=0),
        "same_sign": (np.sign(weights) == np.sign(mean)).mean(axis=0),
        "pattern": patterns.mean(axis=0),
    }
    return table(
        "weights",
        {
            "target": [target] * mean.size,
            "representation": [id] * mean.size,
            "row": np.repeat(np.arange(rows), len(names)),
            "feature": names * rows,
            **{name: np.round(values.ravel(), _DIGITS) for name, values in columns.items()},
            "folds": np.full(mean.size, len(fitted)),
        },
    )


def selection_rows(
    target: str, id: str, names: Sequence[str], share: DoubleArray, x: DoubleArray, aims: DoubleArray
) -> pa.Table:
    """In what share of halves each unit was taken, ``(R, F)``, and its correlation with each aim."""
    a, b = x - x.mean(axis=0), aims - aims.mean(axis=0)
    length = np.sqrt((b**2).sum(axis=0))[:, None] * np.sqrt((a**2).sum(axis=0))[None]
    r = np.divide(b.T @ a, length, out=np.zeros_like(length), where=length > _STILL)
    rows = len(share)
    return table(
        "selection",
        {
            "target": [target] * share.size,
            "representation": [id] * share.size,
            "row": np.repeat(np.arange(rows), len(names)),
            "feature": list(names) * rows,
            "share": np.round(share.ravel(), _DIGITS),
            "r": np.round(r.ravel(), _DIGITS),
        },
    )


def permutation_rows(target: str, id: str, observed: float, null: Sequence[float]) -> pa.Table:
    """Scores of the labels as they are (permutation 0) and exchanged, turned so that more is better."""
    count = len(null) + 1
    return table(
        "permutations",
        {
            "target": [target] * count,
            "representation": [id] * count,
            "permutation": np.arange(count),
            "score": np.array([observed, *null]),
        },
    )


def joined(parts: dict[str, list[pa.Table]]) -> dict[str, pa.Table]:
    """Every table of a study, those that nothing was put into being empty."""
    return {
        name: pa.concat_tables(parts[name], promote_options="default")
        if parts.get(name)
        else table(name, {column: [] for column in columns})
        for name, columns in TABLES.items()
    }
