"""The examples of one target that a study trains and tests on, and how they are split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.datasets.examples import Examples, Target
from dfe.predict.config import StudyConfig
from dfe.predict.selection import counted, known_labels, subject_numbers, with_own_subjects, without_shared
from dfe.stats.folds import (
    TRAIN,
    VALIDATION,
    Split,
    cross_validation,
    leave_one_out,
    official_split,
    refuse_shared,
    strata_of,
)


@dataclass(frozen=True, eq=False)
class Usable:
    """Examples with a known label, and with enough coverage where that is asked for.

    Args:
        target: what is predicted.
        examples: n of them.
        rows: ``(n,)`` their places among all examples that have a recording.
        truth: ``(n,)`` numbers, or places in the classes.
        subject: ``(n,)`` number of the person.
        groups: ``(n,)`` what is never torn apart: the person, but where a leak of the official split is allowed.
        untrained: ``(n,)`` of the training part of an official split, but left out of it.
        flow: what became of the others.
        warnings: what the report has to say of it.
    """

    target: Target
    examples: Examples
    rows: IntArray
    truth: DoubleArray
    subject: IntArray
    groups: IntArray
    untrained: BoolArray
    flow: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]


def usable_examples(examples: Examples, target: Target, coverage: DoubleArray, config: StudyConfig) -> Usable:
    """Leave out what cannot be used, and keep count.

    Args:
        examples: all with a recording.
        target: one of theirs.
        coverage: ``(n,)`` share of time with a usable face.
        config: what is left out.

    Raises:
        TableError: an unknown class, or but one label among the examples that are left.
        UsageError: a person in two parts of the official split.
    """
    values, known = known_labels(examples, target)
    flow = []
    if not known.all():
        flow.append(counted("left out: label unknown", examples, ~known))
    kept, shared, warnings = without_shared(examples.take(known), config.shared)
    flow += shared
    rows = np.flatnonzero(known)[kept]
    here = examples.take(rows)
    poor = coverage[rows] < config.min_coverage
    whose = "face that all representations tell" if config.common else "usable face"
    what = f"{whose} for under {config.min_coverage:.0%} of the time"
    if here.split is None:
        if poor.any():
            flow.append(counted(f"left out: {what}", here, poor))
        rows, here = rows[~poor], here.take(~poor)
        untrained = np.zeros(len(rows), np.bool_)
    else:
        untrained = poor & np.isin(here.split, (TRAIN, VALIDATION))
        if untrained.any():
            flow.append(counted(f"left out of training: {what}", here, untrained))
        if (tested := poor & ~untrained).any():
            flow.append(counted(f"tested all the same: {what}", here, tested))
    flow.append(counted("analysed", here, ~untrained))
    truth = values[rows]
    if len(np.unique(truth)) < 2:
        what = f"{target.name}: the {len(truth)} examples that are left have one label, so there is nothing to predict"
        raise TableError(what)
    subject = subject_numbers(here)
    # A leak that was allowed is told of, and must not stop the last guard.
    groups = subject_numbers(with_own_subjects(here)) if warnings else subject
    steps = tuple(step._asdict() for step in flow)
    return Usable(target, here, rows, truth, subject, groups, untrained, steps, tuple(warnings))


def split_of(usable: Usable, config: StudyConfig, truth: DoubleArray | None = None, once: bool = False) -> list[Split]:
    """The official split where there is one, else repeated cross-validation; people are in one part only.

    Args:
        usable: what is split.
        config: how.
        truth: ``(n,)`` labels to stratify by, where they were exchanged.
        once: the first repeat alone.

    Raises:
        UsageError: fewer people than folds, a class of one person, or a person in two parts.
    """
    labels = usable.truth if truth is None else truth
    numbers = usable.target.kind == "number"
    strata = strata_of(labels, usable.groups) if numbers else labels.astype(np.int64)
    part = usable.examples.split
    if part is None and config.leave_one_out:
        made = leave_one_out(usable.groups, strata, inner_folds=config.inner_folds, seed=config.seed)
    elif part is None:
        repeats = 1 if once else config.repeats
        made = cross_validation(
            usable.groups,
            strata,
            folds=config.folds,
            repeats=repeats,
            inner_folds=config.inner_folds,
            seed=config.seed,
        )
    else:
        shown = np.where(usable.untrained, "", part)
        made = official_split(shown, usable.groups, strata, inner_folds=config.inner_folds, seed=config.seed)
    refuse_shared(made, usable.groups)
    return made
