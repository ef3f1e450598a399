"""Which examples a study can use, and what became of the others: nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError, UsageError
from dfe.base.recording_names import RecordingNames
from dfe.base.types import BoolArray, DoubleArray, IntArray
from dfe.datasets.examples import Examples, Target
from dfe.judge.seen import people_seen
from dfe.recording.storage import recordings_by_name
from dfe.stats.folds import TEST, TRAIN, VALIDATION

Policy = Literal["refuse", "drop"]
SeenPolicy = Literal["refuse", "drop", "allow"]


class Step(NamedTuple):
    """A line of the flow of examples."""

    what: str
    examples: int
    people: int


def subject_numbers(examples: Examples) -> IntArray:
    """``(n,)`` number of each person, by the order of their names; an unnamed one is a person of its own."""
    names = [name or f"\0{place}" for place, name in enumerate(examples.subject.tolist())]
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)


def counted(what: str, examples: Examples, rows: NDArray[Any] | None = None) -> Step:
    """A line of the flow about some of the examples, or all."""
    subject = subject_numbers(examples)
    chosen = subject if rows is None else subject[rows]
    return Step(what, len(chosen), len(np.unique(chosen)))


def as_at_hand(examples: Examples, folder: Path, table: Path) -> Examples:
    """The examples of a table with the names that their recordings have here; those that have none keep theirs.

    Raises:
        TableError: a name may mean several recordings, or one recording goes by two names.
        UsageError: no such folder, or no recording in it.
    """
    said = list(dict.fromkeys(examples.recording))
    meant = RecordingNames(recordings_by_name(folder)).all_meant((name, str(table)) for name in said)
    named: dict[str, str] = {}
    for name, one in zip(said, meant, strict=True):
        if one is not None and (other := named.setdefault(one, name)) != name:
            raise TableError(f"{other} and {name} are both {one}", where=table, advice="name it one way")
    here = dict(zip(said, meant, strict=True))
    return replace(examples, recording=tuple(here[name] or name for name in examples.recording))


def match_recordings(examples: Examples, folder: Path, policy: Policy) -> tuple[Examples, list[Step]]:
    """Hold examples and recordings against each other, by name.

    Args:
        examples: all of a task.
        folder: of the recordings.
        policy: what to do with examples without a recording, and recordings without an example: refuse, or leave out.

    Raises:
        TableError: an example has no recording, or a recording no example, and that is refused.
        UsageError: no such folder, or no recording in it.
    """
    at_hand = RecordingNames(recordings_by_name(folder))
    names = set(at_hand.known)
    known = np.array([name in names for name in examples.recording], np.bool_)
    missing, spare = int((~known).sum()), sorted(names - set(examples.recording))
    if policy == "refuse":
        if missing:
            first = examples.recording[int(np.flatnonzero(~known)[0])]
            raise TableError(
                f"{missing} of {len(examples)} examples have no recording here, the first is {first}; "
                f"{at_hand.at_hand(first)}",
                where=folder,
                advice="encode them, or leave them out with --unmatched drop (pictures of a folder are one recording "
                "of its name, each with its number in the column frame)",
            )
        if spare:
            raise TableError(
                f"{len(spare)} recordings have no label, the first is {spare[0]}",
                where=folder,
                advice="label them, or leave them out with --unmatched drop",
            )
    if not known.any():
        raise TableError("holds no recording of any example", where=folder, advice="check names, and encode first")
    steps = [counted("labelled examples", examples)]
    if missing:
        steps.append(counted("left out: no recording", examples, ~known))
    return examples.take(known), steps


def without_seen(
    examples: Examples, card: Mapping[str, Any], policy: SeenPolicy
) -> tuple[Examples, list[Step], list[str]]:
    """Refuse, or drop, people whom the tokenizer was trained on, or let the report say so.

    Raises:
        UsageError: it has seen some of them (how many, never who), and that is refused.
        ModelError: the card's ``people`` is not a list of hashes.
    """
    people = sorted(set(examples.subject.tolist()) - {""})
    seen = people_seen(card, people)
    if not seen:
        return examples, [], []
    if policy == "refuse":
        raise UsageError(
            f"the tokenizer was trained on {len(seen)} of the {len(people)} people of this study",
            advice="leave them out with --seen drop, or use a tokenizer that does not know them",
        )
    rows: BoolArray = np.isin(examples.subject, sorted(seen))
    if policy == "drop":
        step = counted("left out: the tokenizer was trained on this person", examples, rows)
        return examples.take(~rows), [step], []
    told = f"The tokenizer was trained on {len(seen)} of the {len(people)} people of this study."
    return examples, [], [told]


def known_labels(examples: Examples, target: Target) -> tuple[DoubleArray, BoolArray]:
    """Labels as numbers ``(n,)`` (places in the classes), and which are known.

    Raises:
        TableError: a label that is none of the target's classes, or one class (or one number) only.
    """
    labels = examples.labels[target.name]
    if target.kind == "number":
        values = labels.astype(np.float64)
        known = np.isfinite(values)
        distinct = np.unique(values[known])
    else:
        place = {name: i for i, name in enumerate(target.classes)}
        words = labels.astype(np.str_)
        odd = sorted(set(words.tolist()) - set(place) - {""})
        if odd:
            raise TableError(f"{odd[0]!r} is no class of {target.name}", advice=f"known: {', '.join(target.classes)}")
        values = np.array([place.get(word, -1) for word in words.tolist()], np.float64)
        known = values >= 0
        distinct = np.unique(values[known])
    if len(distinct) < 2:
        only = "no label is known" if not len(distinct) else f"all {int(known.sum())} examples have the same label"
        raise TableError(f"{target.name}: {only}, so there is nothing to predict")
    return values, known


def without_shared(examples: Examples, policy: SeenPolicy) -> tuple[BoolArray, list[Step], list[str]]:
    """Examples of an official split to keep ``(n,)``, where people recur in several parts.

    Raises:
        UsageError: somebody is in two parts, and that is refused.
    """
    kept = np.ones(len(examples), np.bool_)
    if examples.split is None:
        return kept, [], []
    subject, part = subject_numbers(examples), examples.split
    tested = np.isin(subject, subject[part == TEST])
    judged = np.isin(subject, subject[part == VALIDATION])
    shared = (tested & (part != TEST)) | (judged & (part == TRAIN))
    if not shared.any():
        return kept, [], []
    people = len(np.unique(subject[shared]))
    if policy == "refuse":
        raise UsageError(
            f"{people} people are in more than one part of the official split",
            advice="drop their training examples with --shared drop, or keep them, marked, with --shared allow",
        )
    if policy == "drop":
        return ~shared, [counted("left out: the person is in a later part of the split too", examples, shared)], []
    return kept, [], [f"{people} people are in more than one part of the official split: scores flatter everything."]


def with_own_subjects(examples: Examples) -> Examples:
    """The same examples, each of a person of its own: how a leaking split is scored where that is allowed."""
    return replace(examples, subject=np.array(examples.name, np.str_))
