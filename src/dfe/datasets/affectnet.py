"""AffectNet: pictures from the web, labelled by one annotator each (Mollahosseini et al., IEEE T-AffC 2019).

Two layouts: ``{train_set,val_set}/images/<int>.jpg`` with ``annotations/<int>_{exp,val,aro}.npy``; or
``Manually_Annotated_file_lists/{training,validation}.csv`` (``subDirectory_filePath``, ``expression``, ``valence``,
``arousal``) with ``Manually_Annotated_Images/<folder>/<name>.jpg``. Labels are of what the annotator saw in a face. The
test part was never released; results are reported on the validation part. Nothing says who is on a picture, so each
counts as another person, which nobody can check.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.array_files import read_npy
from dfe.base.errors import ModelError, TableError
from dfe.datasets.examples import Examples, Target
from dfe.datasets.naming import Named, names_of, told
from dfe.datasets.rows import Once, Row, optional_file, read_rows

EXPRESSION = Target(
    "expression",
    "classes",
    "accuracy",
    ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt"),
)
VALENCE = Target("valence", "number", "ccc")
AROUSAL = Target("arousal", "number", "ccc")

_SETS = {"train_set": "train", "val_set": "validation"}
_LISTS = {"training.csv": "train", "validation.csv": "validation"}
_LIST_FOLDER, _PICTURES = "Manually_Annotated_file_lists", "Manually_Annotated_Images"
_HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
_NO_CLASS = (8, 9, 10)
"""None of the eight, uncertain, no face."""
_NO_NUMBER = -2.0
"""Valence and arousal of a picture that has none."""


class _Label(NamedTuple):
    path: str
    """Of the picture, below the data set's folder."""
    part: str
    expression: str
    valence: float
    arousal: float


@dataclass(frozen=True)
class AffectNet:
    """The data set in a folder."""

    name: str = "affectnet"

    def media(self, root: Path) -> tuple[Path, ...]:
        """The folder that holds all folders of pictures.

        Raises:
            TableError: neither layout is there.
        """
        if _sets(root):
            # Both sets' pictures lie in folders called images; told apart by name only if named from above.
            return (root,)
        return (_picture_folder(root),)

    def examples(self, root: Path) -> Examples:
        """One example for each labelled picture that is there.

        Raises:
            TableError: neither layout is there, or a label is broken; names the file, and the row in a list.
        """
        return _as_examples(*_read(self, root))

    def check(self, root: Path) -> tuple[str, ...]:
        """Missing parts, labels without pictures and the reverse, and unknown labels."""
        try:
            labels, names = _read(self, root)
        except TableError as error:
            return (str(error),)
        lines = []
        parts = {label.part for label in labels}
        for part in ("train", "validation"):
            if part not in parts:
                lines.append(f"{root}: has no labels of the {part} part")
        known = {label.path for label in labels}
        lines += told((label.path for label in labels if label.path not in names), "labelled pictures are not there")
        lines += told((path for path in names if path not in known), "pictures have no label")
        there = [label for label in labels if label.path in names]
        lines += told(
            (label.path for label in there if not label.expression), "pictures show none of the eight classes"
        )
        unknown = [label.path for label in there if math.isnan(label.valence) or math.isnan(label.arousal)]
        return (*lines, *told(unknown, "pictures have no valence and arousal"))


AFFECTNET = AffectNet()


def _read(task: AffectNet, root: Path) -> tuple[list[_Label], dict[str, Named]]:
    sets = _sets(root)
    names = names_of(root, task.media(root))
    if not sets:
        return _read_lists(root), names
    # Other pictures may lie below the folder; only these are the data set's.
    wanted = tuple(f"{folder}/images/" for folder in sets)
    own = {path: named for path, named in names.items() if path.startswith(wanted)}
    return [_read_arrays(root, path) for path in own], own


def _as_examples(labels: list[_Label], names: dict[str, Named]) -> Examples:
    there = [label for label in labels if label.path in names]
    keys = tuple(label.path.rpartition(".")[0] for label in there)
    return Examples(
        name=keys,
        recording=tuple(names[label.path].recording for label in there),
        subject=np.array([f"affectnet/{key}" for key in keys], np.str_),
        labels={
            EXPRESSION.name: np.array([label.expression for label in there], np.str_),
            VALENCE.name: np.array([label.valence for label in there], np.float64),
            AROUSAL.name: np.array([label.arousal for label in there], np.float64),
        },
        targets=(EXPRESSION, VALENCE, AROUSAL),
        split=np.array([label.part for label in there], np.str_),
        picture=np.array([names[label.path].picture for label in there], np.int64),
    )


def _sets(root: Path) -> list[str]:
    return [folder for folder in _SETS if (root / folder / "images").is_dir()]


def _picture_folder(root: Path) -> Path:
    found = sorted(path for depth in ("", "*/") for path in root.glob(f"{depth}{_PICTURES}") if path.is_dir())
    if not found:
        what = f"has neither train_set/images or val_set/images nor {_PICTURES}"
        raise TableError(what, where=root, advice="name the folder that AffectNet was unpacked into")
    return found[0]


def _read_lists(root: Path) -> list[_Label]:
    folder = _picture_folder(root).relative_to(root).as_posix()
    lists = {part: path for name, part in _LISTS.items() if (path := optional_file(root, name))}
    if not lists:
        advice = f"put training.csv and validation.csv into {_LIST_FOLDER}"
        raise TableError("has no list of labels", where=root, advice=advice)
    once = Once()
    labels: list[_Label] = []
    for part, path in lists.items():
        _need_header(path)
        for row in read_rows(path, ("subDirectory_filePath",), ("expression",), ("valence",), ("arousal",)):
            below = f"{folder}/{row.word('subDirectory_filePath')}"
            once.add(below, row.where)
            expression = row.class_of(EXPRESSION.classes, "expression", unknown=_NO_CLASS)
            labels.append(_Label(below, part, expression, _affect(row, "valence"), _affect(row, "arousal")))
    return labels


def _need_header(path: Path) -> None:
    with path.open("rb") as file:
        begins = file.read(len(_HEADER)).decode("utf-8-sig", "replace")
    if not begins.lower().lstrip().startswith(_HEADER.partition(",")[0].lower()):
        raise TableError("has no line of column names", where=path, advice=f"put this one first: {_HEADER}")


def _affect(row: Row, name: str) -> float:
    if row.number(name) == _NO_NUMBER:
        return math.nan
    return row.number_within(-1, 1, name)


def _read_arrays(root: Path, below: str) -> _Label:
    picture = root / below
    start = picture.parents[1] / "annotations" / picture.stem

    def cell(kind: str) -> Row:
        path = start.with_name(f"{start.name}_{kind}.npy")
        return Row(str(path), {kind: _only_value(path)})

    part = _SETS[Path(below).parts[0]]
    expression = cell("exp").class_of(EXPRESSION.classes, "exp", unknown=_NO_CLASS)
    return _Label(below, part, expression, _affect(cell("val"), "val"), _affect(cell("aro"), "aro"))


def _only_value(path: Path) -> str:
    """The one number or word in an array; ``""`` where there is no such file."""
    try:
        if not path.exists():
            return ""
        value = read_npy(path)
    except ModelError as error:
        what = f"cannot be read as an array ({type(error).__name__})"
        raise TableError(what, where=path, advice="get it from the data set anew") from error
    if value.size != 1:
        raise TableError("holds not one label", where=path, advice="get it from the data set anew")
    return str(value.ravel()[0])
