"""Labelled faces of a study: one row per recording, window of a recording, or single picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray, IntArray
from dfe.recording.faces import sole_face
from dfe.recording.recording import Recording

Words = NDArray[np.str_]
NOT_SAID = -1
"""Face of an example of which nobody said whose it is."""


@dataclass(frozen=True)
class Target:
    """One thing to be predicted or compared."""

    name: str
    """As in ``binary-stress`` or ``extraversion``."""
    kind: Literal["classes", "number"]
    metric: str
    """What the data set's literature reports: ``weighted_f1``, ``macro_f1``, ``balanced_accuracy``, ``auc``,
    ``f1`` (of the positive class), ``accuracy``, ``one_minus_mae``, ``ccc``, ``mae``, ``rmse``."""
    classes: tuple[str, ...] = ()
    """In a fixed order; of two the second is the positive one."""
    level: Literal["subject", "task"] = "subject"
    """Whether the label belongs to the person, or changes between the recordings of one person: decides whether labels
    are permuted between or within subjects."""


@dataclass(frozen=True, eq=False)
class Examples:
    """``n`` labelled examples.

    Args:
        name: ``n`` keys, no two alike; never a person's name.
        recording: ``n`` names of recordings (stem of the table below the folder of recordings, ``/`` between folders).
        subject: ``(n,)`` whose face it is; never printed in group reports.
        labels: by target's name, ``(n,)``: words of ``classes``, or float64; an unknown label is ``""`` or NaN.
        targets: what the labels are.
        split: ``(n,)`` ``train``, ``validation`` or ``test`` of the data set's official split; None where it has none.
        onset_s, offset_s: ``(n,)`` window of the recording; -inf and inf where it is all of it.
        picture: ``(n,)`` number of the picture (``frame``) in a recording of stills; -1 where all of it counts.
        face: ``(n,)`` face_id; -1 (or None for all) where nobody said: the recording then has to show one person alone.
        condition, session: ``(n,)`` words; None where there are none.
        covariates: by name, ``(n,)`` words or float64.

    Raises:
        TableError: arrays of different lengths, or a key that comes twice.
    """

    name: tuple[str, ...]
    recording: tuple[str, ...]
    subject: Words
    labels: Mapping[str, NDArray[Any]]
    targets: tuple[Target, ...]
    split: Words | None = None
    onset_s: DoubleArray | None = None
    offset_s: DoubleArray | None = None
    picture: IntArray | None = None
    face: IntArray | None = None
    condition: Words | None = None
    session: Words | None = None
    covariates: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.name)
        if len(set(self.name)) < count:
            doubled = next(name for i, name in enumerate(self.name) if name in self.name[:i])
            raise TableError(f"example {doubled!r} comes twice", advice="give each recording one row")
        columns: dict[str, Any] = {"recording": self.recording, "subject": self.subject} | dict(self.labels)
        columns |= {name: getattr(self, name) for name in _OPTIONAL} | dict(self.covariates)
        for name, column in columns.items():
            if column is not None and len(column) != count:
                raise TableError(f"{len(column)} entries of {name} for {count} examples")

    def __len__(self) -> int:
        return len(self.name)

    def target(self, name: str) -> Target:
        """The target of that name.

        Raises:
            TableError: there is none.
        """
        for target in self.targets:
            if target.name == name:
                return target
        known = ", ".join(target.name for target in self.targets)
        raise TableError(f"no target {name!r}", advice=f"use one of {known}")

    def face_in(self, recording: Recording, place: int) -> int:
        """The face_id of an example in its recording: the one that is said, or the only one.

        Raises:
            TableError: nobody said, and several faces last in the recording.
        """
        said = NOT_SAID if self.face is None else int(self.face[place])
        return sole_face(recording, self.recording[place]) if said == NOT_SAID else said

    def take(self, rows: NDArray[Any]) -> Examples:
        """Some of the examples, by their places or by a mask."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return self.repeated(places, tuple(self.name[i] for i in places.tolist()))

    def repeated(self, places: IntArray, name: tuple[str, ...]) -> Examples:
        """Examples by their places, any of them more than once, under new names."""
        chosen: dict[str, Any] = {n: None if (c := getattr(self, n)) is None else c[places] for n in _OPTIONAL}
        return replace(
            self,
            name=name,
            recording=tuple(self.recording[i] for i in places.tolist()),
            subject=self.subject[places],
            labels={name: column[places] for name, column in self.labels.items()},
            covariates={name: column[places] for name, column in self.covariates.items()},
            **chosen,
        )


_OPTIONAL = ("split", "onset_s", "offset_s", "picture", "face", "condition", "session")


class Task(Protocol):
    """A data set: where its media lie, what its labels are, how it is split."""

    @property
    def name(self) -> str:
        """As in ``dfe study run stressid``."""
        ...

    def media(self, root: Path) -> tuple[Path, ...]:
        """Videos, folders of pictures or tables to be encoded, below the data set's folder.

        Raises:
            TableError: the data set's layout is not what it should be.
        """
        ...

    def examples(self, root: Path) -> Examples:
        """All labelled examples, with the names that ``dfe encode`` gives to the recordings of :meth:`media`.

        Raises:
            TableError: a label file is missing or broken; names file and row.
        """
        ...

    def check(self, root: Path) -> tuple[str, ...]:
        """What is missing or odd, a line each; nothing where all is there."""
        ...
