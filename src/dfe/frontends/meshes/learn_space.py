"""A learned expression space from mesh sequences: read, aligned, each from its own neutral face."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dfe.base.errors import TableError, UsageError
from dfe.base.types import DoubleArray, Progress
from dfe.frontends.meshes.reading import read_sequence, sequences_in
from dfe.frontends.meshes.sequence import MeshSequence
from dfe.space.learned import LearnedSpace, learn, mean_face
from dfe.space.posing import Neutral, Posed, face_size, own_neutral, pose_frames
from dfe.space.recipe import UNIT_MM, Recipe, Unit

FACE_MM = (35.0, 180.0)
"""A face's points lie this far from their middle, root mean square, in any plausible selection of them: a unit that
makes it so is taken for the data's. The range is less than a factor of ten, so at most one unit fits."""

_ROUNDS = 3


@dataclass(frozen=True)
class LearnOptions:
    """How a space is learned.

    Args:
        name: the space's id is ``learned/<name>``.
        components: their number; None: as many as explain ``variance``.
        variance: share of the squared displacement that principal components explain.
        method: ``pca``, or ``sparse``: components that each move a part of the face.
        strength: of the penalty of sparse components.
        neutral: as in :class:`dfe.space.recipe.Recipe`.
        unit: of the data; ``auto`` guesses it from the size of the faces.
        rigid: points that the head's motion is read from; empty: all, robustly.
        scale: each frame is scaled to its neutral too.
        axes: coordinates that count.
    """

    name: str = "mine"
    components: int | None = None
    variance: float = 0.98
    method: Literal["pca", "sparse"] = "pca"
    strength: float = 0.1
    neutral: str = "calm"
    unit: Unit | Literal["auto"] = "auto"
    rigid: tuple[int, ...] = ()
    scale: bool = False
    axes: str = "xyz"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", self.name):
            raise UsageError(f"{self.name!r} cannot name a space", advice="use letters, digits, '.', '_' and '-'")


@dataclass(frozen=True)
class Learned:
    """A space and what was found on the way to it."""

    space: LearnedSpace
    recordings: tuple[tuple[str, int, int], ...]
    """Name, frames, frames with a face of each."""
    warnings: tuple[str, ...]
    """One line each, for the user."""


def learn_space(
    paths: Sequence[Path], options: LearnOptions | None = None, progress: Progress | None = None
) -> Learned:
    """Learn a space from all mesh sequences that the paths name.

    Args:
        paths: sequences, or folders of them.
        options: see there.
        progress: called with sequences done and their number.

    Raises:
        TableError: a sequence that cannot be read, or is of another topology than the first.
        UsageError: nothing to learn from, or options that make no sense.
    """
    found = [sequence for path in paths for sequence in sequences_in(path)]
    if not found:
        raise UsageError("nothing to learn from: name a mesh sequence or a folder of them")

    def read(number: int) -> MeshSequence:
        sequence = read_sequence(found[number])
        if progress is not None:
            progress(number + 1, len(found))
        return sequence

    return learn_from([read(number) for number in range(len(found))], options)


def point_numbers(words: Iterable[str]) -> tuple[int, ...]:
    """Numbers of points, from words as in ``36-47`` and ``89``.

    Raises:
        UsageError: they are none.
    """
    numbers: list[int] = []
    for word in words:
        match = re.fullmatch(r"(\d{1,7})(?:-(\d{1,7}))?", word)
        if match is None or int(match[1]) > int(match[2] or match[1]):
            raise UsageError(f"--rigid takes numbers of points as in 36-47 89, not {word!r}")
        numbers.extend(range(int(match[1]), int(match[2] or match[1]) + 1))
    if 0 < len(set(numbers)) < 3:
        raise UsageError("--rigid needs three points or more")
    return tuple(sorted(set(numbers)))


def learn_from(sequences: Sequence[MeshSequence], options: LearnOptions | None = None) -> Learned:
    """As :func:`learn_space`, from sequences that were read."""
    options = options or LearnOptions()
    first = sequences[0]
    for sequence in sequences[1:]:
        _same_topology(sequence, first)
    warnings = [f"{Path(sequence.name).name}: {line}" for sequence in sequences for line in sequence.warnings]
    unit: Unit = options.unit if options.unit != "auto" else _unit(sequences, warnings)
    if first.unit not in (None, unit) and unit != "size":
        raise UsageError(f"{first.name} is in {first.unit}, whatever --unit says", advice="leave --unit out")
    if max(options.rigid, default=0) >= first.points.shape[1]:
        raise UsageError(f"there is no point {max(options.rigid)}: the data have {first.points.shape[1]}, from 0")
    recipe = Recipe(
        unit=unit, neutral=options.neutral, rigid=options.rigid, scale=options.scale, axes=options.axes,
        method=options.method,
    )  # fmt: skip
    posed = pose_all(sequences, recipe)
    space = learn(
        posed,
        first.triangles,
        recipe,
        name=options.name,
        components=options.components,
        variance=options.variance,
        strength=options.strength,
    )
    counts = [
        (Path(s.name).name, len(p.reason), sum(reason is None for reason in p.reason))
        for s, p in zip(sequences, posed, strict=True)
    ]
    return Learned(space, tuple(counts), tuple(warnings))


def pose_all(sequences: Sequence[MeshSequence], recipe: Recipe) -> list[Posed]:
    """Every sequence from its own neutral face, all in the pose of their mean neutral."""
    neutrals = [_neutral(sequence, recipe) for sequence in sequences]
    middle = neutrals[0].points_mm
    for _ in range(_ROUNDS if len(neutrals) > 1 else 0):
        neutrals = [_placed(n, middle, recipe, s.name) for n, s in zip(neutrals, sequences, strict=True)]
        middle = mean_face([neutral.points_mm for neutral in neutrals])
    return [
        pose_frames(sequence.points, recipe, neutral) for sequence, neutral in zip(sequences, neutrals, strict=True)
    ]


def _neutral(sequence: MeshSequence, recipe: Recipe) -> Neutral:
    try:
        return own_neutral(sequence.points, recipe, sequence.frame)
    except TableError as error:
        raise TableError(error.what, where=sequence.name, advice=error.advice) from None


def _placed(neutral: Neutral, onto: DoubleArray, recipe: Recipe, name: str) -> Neutral:
    try:
        return neutral.placed(onto, recipe)
    except TableError as error:
        raise TableError(error.what, where=name) from None


def _same_topology(sequence: MeshSequence, first: MeshSequence) -> None:
    if sequence.points.shape[1] != first.points.shape[1]:
        what = f"has {sequence.points.shape[1]} points, {first.name} has {first.points.shape[1]}"
        raise TableError(what, where=sequence.name, advice="learn from sequences of one topology")
    if not np.array_equal(sequence.triangles, first.triangles):
        what = f"has other faces than {first.name}"
        raise TableError(what, where=sequence.name, advice="learn from sequences of one topology")
    if sequence.unit != first.unit:
        what = f"is in {sequence.unit or 'an unknown unit'}, {first.name} in {first.unit or 'an unknown unit'}"
        raise TableError(what, where=sequence.name, advice="learn from sequences of one kind")


def _unit(sequences: Sequence[MeshSequence], warnings: list[str]) -> Unit:
    if sequences[0].unit is not None:
        return sequences[0].unit
    sizes: DoubleArray = np.array([_size(sequence) for sequence in sequences])
    for unit, factor in UNIT_MM.items():
        if FACE_MM[0] <= np.median(sizes) * factor <= FACE_MM[1]:
            warnings.append(f"the unit is taken for {unit}, by the size of the faces (give --unit if it is another)")
            return unit  # type: ignore[return-value]
    warnings.append(
        "the unit is not known: each face is scaled to the size of a typical one (give --unit if you know it)"
    )
    return "size"


def _size(sequence: MeshSequence) -> float:
    """Median over some frames of the points' root mean square distance from their middle, in the data's unit."""
    some = sequence.points[:: max(len(sequence.points) // 20, 1)]
    sizes = [face_size(frame) for frame in some if np.isfinite(frame).any()]
    return float(np.median(sizes)) if sizes else 0.0
