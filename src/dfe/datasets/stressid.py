"""StressID: 65 people at eleven tasks, filmed, who then said how stressed they were (Chaptoukaev et al., NeurIPS 2023).

Layout: ``labels.csv`` (``subject/task``, ``binary-stress``, ``affect3-class``), ``self_assessments.csv`` (semicolons,
``<Task>_stress`` and others, 0 to 10), ``Videos/<subject>/<subject>_<Task>.mp4``. There is no official split by people;
the published notebook splits rows at random, so that people are trained and tested on. Here people are kept together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples, Target
from dfe.datasets.naming import by_stem, names_of, told
from dfe.datasets.rows import Once, find_file, read_rows

BINARY = Target("binary-stress", "classes", "weighted_f1", ("not stressed", "stressed"), "task")
AFFECT = Target("affect3-class", "classes", "weighted_f1", ("relaxed", "neutral", "stressed"), "task")
STRESSED_FROM = 5.0
"""Of the 0 to 10 that a person gives their stress, this and more is ``stressed``."""

_KEY = "subject/task"


class _Label(NamedTuple):
    key: str
    subject: str
    task: str
    binary: str
    affect: str


@dataclass(frozen=True)
class StressId:
    """The data set in a folder."""

    name: str = "stressid"

    def media(self, root: Path) -> tuple[Path, ...]:
        """The folder of videos.

        Raises:
            TableError: it is not there.
        """
        folder = root / "Videos"
        if not folder.is_dir():
            raise TableError(
                "is not there", where=folder, advice="unpack the videos so that it holds a folder a person"
            )
        return (folder,)

    def examples(self, root: Path) -> Examples:
        """One example for each row of ``labels.csv``, with a video or without; NaN is an unknown label.

        Raises:
            TableError: the file is missing or broken; names file and row.
        """
        labels = _read_labels(root)
        names = by_stem(names_of(root, self.media(root))) if (root / "Videos").is_dir() else {}
        return Examples(
            name=tuple(label.key for label in labels),
            recording=tuple(names.get(label.key, f"{label.subject}/{label.key}") for label in labels),
            subject=np.array([label.subject for label in labels], np.str_),
            labels={
                BINARY.name: np.array([label.binary for label in labels], np.str_),
                AFFECT.name: np.array([label.affect for label in labels], np.str_),
            },
            targets=(BINARY, AFFECT),
            condition=np.array([label.task for label in labels], np.str_),
        )

    def check(self, root: Path) -> tuple[str, ...]:
        """Missing files, videos without labels and the reverse, unknown labels, labels against what people said."""
        lines: list[str] = []
        labels: list[_Label] = []
        try:
            labels = _read_labels(root)
        except TableError as error:
            lines.append(str(error))
        try:
            videos = by_stem(names_of(root, self.media(root)))
            keys = {label.key for label in labels}
            lines += told((key for key in sorted(keys - set(videos))), "labelled tasks have no video")
            lines += told((key for key in sorted(set(videos) - keys)), "videos have no label") if labels else []
        except TableError as error:
            lines.append(str(error))
        for target, unknown in (
            (BINARY, [label.key for label in labels if not label.binary]),
            (AFFECT, [label.key for label in labels if not label.affect]),
        ):
            lines += told(unknown, f"rows of labels.csv have no {target.name} and are left out there")
        try:
            stress = _read_stress(root)
        except TableError as error:
            return (*lines, f"{error} (binary-stress cannot be held against it)")
        odd = [
            label.key
            for label in labels
            if label.binary
            and math.isfinite(said := stress.get(label.key.lower(), math.nan))
            and (said >= STRESSED_FROM) != (label.binary == BINARY.classes[1])
        ]
        return (*lines, *told(odd, f"labels of binary-stress are not 'stress at least {STRESSED_FROM:g}'"))


STRESSID = StressId()


def _read_labels(root: Path) -> list[_Label]:
    path = find_file(root, "labels.csv")
    once, labels = Once(), []
    for row in read_rows(path, (_KEY,), (BINARY.name,), (AFFECT.name,)):
        key = row.word(_KEY)
        once.add(key, row.where)
        subject, _, task = key.partition("_")
        if not subject or not task:
            advice = "keys are like 2ea4_Counting1"
            raise TableError(f"{key!r} is no subject and task", where=row.where, advice=advice)
        binary = row.class_of(BINARY.classes, BINARY.name)
        labels.append(_Label(key, subject, task, binary, row.class_of(AFFECT.classes, AFFECT.name)))
    if not labels:
        raise TableError("holds no row", where=path)
    return labels


def _read_stress(root: Path) -> dict[str, float]:
    """Stress that each person gave to each task, by ``subject_task`` in small letters."""
    stress: dict[str, float] = {}
    once, suffix = Once(), "_stress"
    for row in read_rows(find_file(root, "self_assessments.csv")):
        subject = next(iter(row.cells.values())).strip()
        once.add(subject, row.where)
        for name in row.cells:
            if name.endswith(suffix):
                stress[f"{subject}_{name.removesuffix(suffix)}".lower()] = row.number_within(0, 10, name)
    return stress
