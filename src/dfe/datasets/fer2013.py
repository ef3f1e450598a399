"""FER2013: 48 x 48 grey pictures from the web in seven classes (Goodfellow et al., ICML 2013 challenge).

A data set that cannot be encoded as it comes: :meth:`Fer2013.prepare` reads any of three layouts and writes a picture
file each, enlarged to 256 pixels and padded by 64, since detectors miss a face that fills its picture; in these, 87% of
faces are found. What it makes is then the folder that the task runs on.

- ``fer2013.csv`` or ``icml_face_data.csv``: ``emotion, pixels, Usage`` (``Training``, ``PublicTest``, ``PrivateTest``);
- ``train/<class>/*.png`` (or jpg) and ``test/<class>/``, as on Kaggle, where both tests are one;
- ``training.npz``, ``publictest.npz``, ``privatetest.npz``: ``image (n, 48, 48)`` uint8, ``label``, ``label_names``.

The public test validates (and tests where there is no private one); the private test, or the Kaggle folder's, tests.
Nothing says who is on a picture: each counts as another person, though the same pictures come more than once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfe.base.errors import TableError
from dfe.base.files import refuse_filled
from dfe.base.types import Progress
from dfe.datasets.examples import Examples, Target
from dfe.datasets.fer_pictures import CLASSES, LABELS, PARTS, prepare_pictures
from dfe.datasets.naming import names_of, told
from dfe.datasets.rows import Once, read_rows

EXPRESSION = Target("expression", "classes", "accuracy", CLASSES)


@dataclass(frozen=True)
class Fer2013:
    """The data set in the folder that :meth:`prepare` made."""

    name: str = "fer2013"

    def prepare(self, root: Path, out: Path, progress: Progress | None = None) -> str:
        """Write ``out/<part>/<number>.png``, 384 pixels wide, and ``out/labels.csv``.

        Args:
            root: the data set as it comes.
            out: the folder that is made; it must be new or empty.
            progress: told of pictures done.

        Returns:
            What was made and what comes next.

        Raises:
            TableError: no layout that is known, or a broken one; names file and row.
            OutputError: ``out`` is not empty, or cannot be written.
        """
        refuse_filled(out)
        count = prepare_pictures(root, out, progress)
        return f"{count:,} pictures; next: dfe encode {out} -o RECORDINGS, then dfe study run fer2013 on {out}"

    def media(self, root: Path) -> tuple[Path, ...]:
        """The prepared folder.

        Raises:
            TableError: it was not prepared.
        """
        if not (root / LABELS).is_file():
            raise TableError(
                f"has no {LABELS}: its pictures are not prepared", where=root, advice="run dfe study prepare fer2013"
            )
        return (root,)

    def examples(self, root: Path) -> Examples:
        """One example a picture.

        Raises:
            TableError: the folder was not prepared, a picture is gone, or ``labels.csv`` is broken.
        """
        labels = self._labels(root)
        names = names_of(root, self.media(root))
        absent = next((path for path in labels if path not in names), None)
        if absent:
            raise TableError("the picture is gone", where=root / absent, advice="prepare the data set anew")
        keys = [path.removesuffix(".png") for path in labels]
        return Examples(
            name=tuple(keys),
            recording=tuple(names[path].recording for path in labels),
            subject=np.array([f"fer2013/{key}" for key in keys], np.str_),
            labels={EXPRESSION.name: np.array(list(labels.values()), np.str_)},
            targets=(EXPRESSION,),
            split=np.array([path.partition("/")[0] for path in labels], np.str_),
            picture=np.array([names[path].picture for path in labels], np.int64),
        )

    def check(self, root: Path) -> tuple[str, ...]:
        """Whether the folder was prepared and is whole."""
        try:
            labels = self._labels(root)
            names = names_of(root, self.media(root))
        except TableError as error:
            return (str(error),)
        lines = told((path for path in labels if path not in names), "pictures are gone")
        lines += told((path for path in names if path not in labels), "pictures have no label")
        here = {path.partition("/")[0] for path in labels}
        if "train" not in here or len(here) < 2:
            lines.append(
                f"{root}: has pictures of the parts {', '.join(sorted(here))} only; train and a test are needed"
            )
        return tuple(lines)

    def _labels(self, root: Path) -> dict[str, str]:
        """Class of each picture by its path below the folder."""
        self.media(root)
        once, labels = Once(), {}
        for row in read_rows(root / LABELS, ("picture",), ("expression",)):
            path, word = row.word("picture"), row.word("expression")
            once.add(path, row.where)
            if path.partition("/")[0] not in PARTS:
                raise TableError(f"{path} is in none of the parts {', '.join(PARTS)}", where=row.where)
            if word not in CLASSES:
                raise TableError(f"{word!r} is no class", where=row.where, advice=f"use one of {', '.join(CLASSES)}")
            labels[path] = word
        if not labels:
            raise TableError("holds no row", where=root / LABELS)
        return labels


FER2013 = Fer2013()
