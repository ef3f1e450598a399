"""What a coding still says about emotion: a linear probe on expressions or on bags of their displays."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, CodeArray, DoubleArray, IntArray
from dfe.baselines.needs import sklearn
from dfe.displays.displays import Displays
from dfe.stats.bootstrap import Estimate, SubjectBootstrap
from dfe.stats.linear import standardised

Kind = Literal["count", "intensity", "code"]

STRENGTH = 1.0
"""scikit-learn's C, the inverse of the L2 penalty, the same for every input."""

ROUNDS = 1000
"""Steps of L-BFGS at most; 80 to 300 were needed on 24,000 faces."""


class Prediction(NamedTuple):
    """What a classifier says about faces that it has not seen."""

    labels: NDArray[Any]
    """``(n,)``, of the type of the training labels."""
    converged: bool
    """False where the fit stopped at :data:`ROUNDS`."""


class Probe(NamedTuple):
    """How well a linear classifier tells the emotion of held-out faces; intervals are conditional on the fit."""

    accuracy: Estimate
    macro_f1: Estimate
    """Mean of the classes' F1, each class counting alike; a class that is neither shown nor said has 0."""
    chance: float
    """Accuracy of always saying the class that most training faces have."""
    classes: tuple[str, ...]
    recall: tuple[float, ...]
    """By class; NaN where no test face has it."""
    right: BoolArray
    """``(n,)``: test faces told rightly, for paired comparisons of codings."""
    faces: tuple[int, int]
    """Faces trained on and tested on."""
    converged: bool


def bag(displays: Displays, codes: CodeArray, kind: Kind = "count") -> Any:
    """Bag of a face's tokens: a ``scipy.sparse.csr_array`` of float64, ``(n, columns)``.

    ``count``: how often each display is said. ``intensity``: the sum of its mm. A direction said with negative
    intensities is a display of its own, as in :class:`dfe.judge.units.Units`: there are then 2 U columns, the
    negative ones last, and no value is below 0. ``code``: one column for each level and code, level by level, the code
    that says nothing included, so that nothing about the codes is lost.

    Args:
        displays: of the coder.
        codes: ``(n, m)`` of the first m levels.
        kind: as above.

    Raises:
        UsageError: a row without a face (-1), or codes that the displays do not have.
        DfeError: scikit-learn (which brings scipy) is not installed.
    """
    levels, size = displays.number.shape
    rows = np.asarray(codes)
    if rows.ndim != 2 or rows.shape[1] > levels or (rows.size and (rows.min() < 0 or rows.max() >= size)):
        raise UsageError(f"codes of shape {rows.shape} do not fit {levels} levels of {size} codes, or have no face")
    n, m = rows.shape
    at = (np.arange(m), rows)
    if kind == "code":
        column, value = np.arange(m) * size + rows.astype(np.int64), np.ones((n, m))
        width = levels * size
    else:
        mm, said = displays.mm[at].astype(np.float64), displays.number[at] - 1
        signed = bool((displays.mm < 0).any())
        column = np.where(said < 0, 0, said + len(displays) * (mm < 0))
        value = np.abs(mm) if kind == "intensity" else np.ones(mm.shape)
        value = np.where(said < 0, 0.0, value)
        width = len(displays) * (2 if signed else 1)
    sklearn("utils")
    entries = (value.ravel(), (np.repeat(np.arange(n), m), column.ravel()))
    counted = import_module("scipy.sparse").csr_array(entries, shape=(n, width))
    counted.sum_duplicates()
    counted.eliminate_zeros()
    return counted


def predict(train: Any, labels: ArrayLike, test: Any) -> Prediction:
    """Labels of test rows by a multinomial logistic regression with an L2 penalty (C = 1) and a free intercept.

    Dense columns are standardised by the training rows. Sparse ones (bags) are divided by their largest training value:
    standardising blows up the displays that few faces show, which harms codings with many.

    Args:
        train: ``(n, D)``, an array or a csr_array.
        labels: ``(n,)`` of the training rows.
        test: ``(m, D)`` of the same kind.

    Raises:
        UsageError: fewer than two labels.
        DfeError: scikit-learn is not installed.
    """
    answers = np.asarray(labels)
    if len(np.unique(answers)) < 2:
        raise UsageError("a probe needs training faces of at least two classes")
    fitted, asked = _scaled(train, test)
    model = sklearn("linear_model").LogisticRegression(C=STRENGTH, max_iter=ROUNDS)
    with warnings.catch_warnings():
        # Whether it converged is part of the result, so nobody needs to be warned.
        warnings.simplefilter("ignore", sklearn("exceptions").ConvergenceWarning)
        model.fit(fitted, answers)
    return Prediction(model.predict(asked), bool(model.n_iter_.max() < ROUNDS))


def probe(
    train: Any,
    train_labels: ArrayLike,
    test: Any,
    test_labels: ArrayLike,
    bootstrap: SubjectBootstrap | None = None,
) -> Probe:
    """Emotion told by :func:`predict`. That no person is in both parts is for the caller to see to.

    Args:
        train: ``(n, D)`` expressions, or bags of them.
        train_labels: ``(n,)``, none empty.
        test: ``(m, D)`` of the same kind.
        test_labels: ``(m,)``.
        bootstrap: of the people of the test faces; None: each face is a person of its own.

    Raises:
        UsageError: a face without a label, a label that no training face has, or fewer than two classes.
        DfeError: scikit-learn is not installed.
    """
    known, wanted = (np.asarray(labels).astype(np.str_) for labels in (train_labels, test_labels))
    if (known == "").any() or (wanted == "").any():
        raise UsageError("the emotion probe needs a label for every face", advice="leave out faces without one")
    classes, shares = np.unique(known, return_counts=True)
    if not len(wanted) or not np.isin(wanted, classes).all():
        raise UsageError("the faces to probe have none, or labels that no training face has")
    prediction = predict(train, known, test)
    right = np.asarray(prediction.labels == wanted)
    truth, said = (np.searchsorted(classes, labels) for labels in (wanted, prediction.labels))
    confusion = _confusion(truth, said, len(classes), np.ones(len(truth)))
    people = bootstrap or SubjectBootstrap(np.arange(len(truth)))
    with np.errstate(invalid="ignore"):
        recall = np.diagonal(confusion) / confusion.sum(axis=1)
    return Probe(
        accuracy=people.mean(right),
        macro_f1=people.statistic(lambda weights: _macro_f1(_confusion(truth, said, len(classes), weights))),
        chance=float((wanted == classes[shares.argmax()]).mean()),
        classes=tuple(str(name) for name in classes),
        recall=tuple(float(value) for value in recall),
        right=right,
        faces=(len(known), len(wanted)),
        converged=prediction.converged,
    )


def _scaled(train: Any, test: Any) -> tuple[Any, Any]:
    if hasattr(train, "tocsr"):
        scaler = sklearn("preprocessing").MaxAbsScaler().fit(train)
        return scaler.transform(train), scaler.transform(test)
    rows = np.asarray(train, np.float64)
    return standardised(rows, rows), standardised(np.asarray(test, np.float64), rows)


def _confusion(truth: IntArray, said: IntArray, classes: int, weights: DoubleArray) -> DoubleArray:
    cells = np.bincount(truth * classes + said, weights, classes**2).reshape(classes, classes)
    return np.asarray(cells, np.float64)


def _macro_f1(confusion: DoubleArray) -> float:
    total = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.mean(2 * np.diagonal(confusion) / np.where(total > 0, total, 1.0)))
