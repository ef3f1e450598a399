"""Students at a screen, disengaged or partially engaged as a crowd called them, with OpenFace 2 on the same pictures.

18 students (Kamath, Biswas and Balasubramanian, *A crowdsourced approach to student engagement recognition in
e-learning environments*, WACV 2016; levels 1 and 2 of their open release). Grey crops of about 100 pixels that the face
fills: :meth:`Engagement.prepare` enlarges and pads them, else a detector misses half. The folder as it comes:

- ``images/*.jpg``;
- ``labels.csv``: ``image, subject, level`` (1 disengaged, 2 partially engaged);
- ``openface.csv.gz``: a table of OpenFace 2 with a row for each picture that it found a face in, named in ``ImageID``;
  it may be absent.

The label changes between a student's pictures, so permutations exchange labels within students.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from dfe.base.errors import MediaError, OutputError, TableError
from dfe.base.files import refuse_filled, replacing
from dfe.base.types import Progress
from dfe.datasets.enlarged import padded_png
from dfe.datasets.examples import Examples, Target
from dfe.datasets.naming import names_of, told
from dfe.datasets.rows import Once, read_rows
from dfe.media.image import read_image

CLASSES = ("partially engaged", "disengaged")
LEVEL = Target("level", "classes", "auc", CLASSES, level="task")
IMAGES, LABELS, OPENFACE = "images", "labels.csv", "openface.csv.gz"
_LEVELS = {1: "disengaged", 2: "partially engaged"}


class _Label(NamedTuple):
    subject: str
    level: str


@dataclass(frozen=True)
class Engagement:
    """The data set in the folder that :meth:`prepare` made."""

    name: str = "engagement"

    def prepare(self, root: Path, out: Path, progress: Progress | None = None) -> str:
        """Write the pictures enlarged and padded as ``out/images/<name>.png``, with the labels and OpenFace's table.

        Args:
            root: the data set as it comes.
            out: the folder that is made; it must be new or empty.
            progress: told of pictures done.

        Returns:
            What was made and what comes next.

        Raises:
            TableError: a picture or the labels are missing or broken.
            OutputError: ``out`` is not empty, or cannot be written.
        """
        refuse_filled(out)
        labels = _labels(root)
        try:
            (out / IMAGES).mkdir(parents=True, exist_ok=True)
            for done, image in enumerate(labels, start=1):
                target = out / IMAGES / f"{Path(image).stem}.png"
                target.write_bytes(padded_png(_pixels(root / IMAGES / image)))
                if progress is not None:
                    progress(done, len(labels))
            if (root / OPENFACE).is_file():
                shutil.copyfile(root / OPENFACE, out / OPENFACE)
            # Last, since a folder without labels is not a prepared one.
            with replacing(out / LABELS) as (file,):
                file.write((root / LABELS).read_bytes())
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", where=out) from error
        return f"{len(labels):,} pictures; next: dfe encode {out} -o RECORDINGS, then dfe study run engagement on {out}"

    def media(self, root: Path) -> tuple[Path, ...]:
        """The prepared folder of pictures.

        Raises:
            TableError: it was not prepared.
        """
        if not (root / LABELS).is_file() or not any((root / IMAGES).glob("*.png")):
            advice = "run dfe study prepare engagement"
            raise TableError("its pictures are not prepared", where=root, advice=advice)
        return (root / IMAGES,)

    def examples(self, root: Path) -> Examples:
        """One example a picture.

        Raises:
            TableError: the folder was not prepared, a picture is gone, or ``labels.csv`` is broken.
        """
        labels = _labels(root)
        names = names_of(root, self.media(root))
        keys = {image: f"{IMAGES}/{Path(image).stem}" for image in labels}
        absent = next((key for key in keys.values() if f"{key}.png" not in names), None)
        if absent:
            raise TableError("the picture is gone", where=root / f"{absent}.png", advice="prepare the data set anew")
        named = [names[f"{key}.png"] for key in keys.values()]
        return Examples(
            name=tuple(keys.values()),
            recording=tuple(one.recording for one in named),
            subject=np.array([label.subject for label in labels.values()], np.str_),
            labels={LEVEL.name: np.array([label.level for label in labels.values()], np.str_)},
            targets=(LEVEL,),
            picture=np.array([one.picture for one in named], np.int64),
        )

    def au_tables(self, root: Path) -> Mapping[str, Path]:
        """OpenFace's table, by the name of the recording of the pictures; nothing where there is none."""
        path = root / OPENFACE
        return {IMAGES: path} if path.is_file() else {}

    def check(self, root: Path) -> tuple[str, ...]:
        """Whether the folder was prepared and is whole."""
        try:
            labels = _labels(root)
            names = names_of(root, self.media(root))
        except TableError as error:
            return (str(error),)
        wanted = {f"{IMAGES}/{Path(image).stem}.png" for image in labels}
        lines = told((path for path in sorted(wanted) if path not in names), "pictures are gone")
        lines += told((path for path in names if path not in wanted), "pictures have no label")
        return tuple(lines)


def _labels(root: Path) -> dict[str, _Label]:
    once, labels = Once(), {}
    for row in read_rows(root / LABELS, ("image",), ("subject",), ("level",)):
        image, level = row.word("image"), row.number("level")
        once.add(image, row.where)
        if level not in _LEVELS:
            raise TableError(f"level is {level:g}", where=row.where, advice="1 is disengaged, 2 partially engaged")
        labels[image] = _Label(f"engagement/{row.word('subject')}", _LEVELS[int(level)])
    if not labels:
        raise TableError("holds no row", where=root / LABELS)
    return labels


def _pixels(path: Path) -> np.ndarray:
    try:
        image = read_image(path)
    except MediaError as error:
        raise TableError(error.what, where=error.where, advice=error.advice) from error
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), np.uint8)


ENGAGEMENT = Engagement()
"""Disengaged against partially engaged students."""
