"""FER2013's pictures out of any of its layouts, into files that a face detector can work with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from dfe.base.array_files import read_npz
from dfe.base.errors import MediaError, ModelError, OutputError, TableError
from dfe.base.files import replacing
from dfe.base.types import Progress
from dfe.datasets.enlarged import padded_png
from dfe.datasets.rows import Row, optional_file, read_rows
from dfe.media.image import read_image

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""In the order of the data set's numbers."""
PARTS = ("train", "validation", "test")
LABELS = "labels.csv"
SIDE = 48

_USAGE = {"training": "train", "publictest": "validation", "privatetest": "test"}
_TABLES = ("fer2013.csv", "icml_face_data.csv")
_WORDS = {"anger": "angry", "happiness": "happy", "sadness": "sad", "surprised": "surprise", "fearful": "fear"}
_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})


class Picture(NamedTuple):
    """One of the data set."""

    part: str
    label: str
    pixels: NDArray[np.uint8]
    """``(48, 48)`` grey."""


def prepare_pictures(root: Path, out: Path, progress: Progress | None = None) -> int:
    """Write every picture as ``out/<part>/<number>.png``, and then ``out/labels.csv``; how many there are.

    Numbers have five digits, so that the order of names is the order of numbers. The labels come last: a folder
    without them is not a prepared one.

    Raises:
        TableError: no layout that is known, or a broken one; names file and row.
        OutputError: a file cannot be written.
    """
    lines = ["picture,expression"]
    counts = dict.fromkeys(PARTS, 0)
    for picture in read_pictures(root):
        path = out / picture.part / f"{counts[picture.part]:05d}.png"
        counts[picture.part] += 1
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(padded_png(picture.pixels))
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", where=path) from error
        lines.append(f"{picture.part}/{path.name},{picture.label}")
        if progress is not None:
            progress(len(lines) - 1, None)
    if len(lines) == 1:
        raise TableError("holds no picture", where=root)
    with replacing(out / LABELS) as (file,):
        file.write("\n".join([*lines, ""]).encode())
    return len(lines) - 1


def read_pictures(root: Path) -> Iterator[Picture]:
    """All pictures, in the order of the data set.

    Raises:
        TableError: no layout that is known, or a broken one.
    """
    if not root.is_dir():
        raise TableError("no such folder", where=root, advice="name the folder that FER2013 was unpacked into")
    if (root / LABELS).is_file():
        raise TableError("is prepared already", where=root, advice="encode it, or name the data set as it came")
    if any((root / f"{name}.npz").is_file() for name in _USAGE):
        yield from _of_arrays(root)
        return
    if any((root / folder).is_dir() for folder in ("train", "test")):
        yield from _of_folders(root)
        return
    table = optional_file(root, *_TABLES)
    if table is None:
        what = f"has neither {' nor '.join(_TABLES)}, training.npz, or folders train and test"
        raise TableError(what, where=root, advice="name the folder that FER2013 was unpacked into")
    yield from map(_of_row, read_rows(table, ("emotion",), ("pixels",), ("Usage",)))


def _of_row(row: Row) -> Picture:
    label = row.class_of(CLASSES, "emotion")
    usage = row.word("Usage").lower()
    if usage not in _USAGE:
        advice = "use Training, PublicTest or PrivateTest"
        raise TableError(f"{row.word('Usage')!r} is no part of the data set", where=row.where, advice=advice)
    if not label:
        raise TableError("has no emotion", where=row.where)
    try:
        values = np.array(row.word("pixels").split(), np.int64)
    except (ValueError, OverflowError):
        values = np.zeros(0, np.int64)
    if len(values) != SIDE * SIDE or values.min() < 0 or values.max() > 255:
        raise TableError(f"pixels are not {SIDE * SIDE} whole numbers of 0 to 255", where=row.where)
    return Picture(_USAGE[usage], label, values.astype(np.uint8).reshape(SIDE, SIDE))


def _of_arrays(root: Path) -> Iterator[Picture]:
    for name, part in _USAGE.items():
        path = root / f"{name}.npz"
        if not path.is_file():
            continue
        try:
            arrays = read_npz(path, ("image", "label", "label_names"))
            image, label, words = (arrays[key] for key in ("image", "label", "label_names"))
        except (ModelError, KeyError) as error:
            what = f"holds no image, label and label_names ({type(error).__name__})"
            raise TableError(what, where=path, advice="get it anew") from error
        if image.dtype != np.uint8 or image.shape[1:] != (SIDE, SIDE) or label.shape != image.shape[:1]:
            raise TableError(f"images of shape {image.shape} do not fit labels of {label.shape}", where=path)
        for number, (pixels, place) in enumerate(zip(image, label.tolist(), strict=True)):
            if place not in range(len(words)):
                raise TableError(f"label {place} has no name", where=f"{path}, picture {number}")
            yield Picture(part, _class(str(words[place]), f"{path}, picture {number}"), pixels)


def _of_folders(root: Path) -> Iterator[Picture]:
    for part in ("train", "test"):
        for folder in sorted((root / part).glob("*/")):
            label = _class(folder.name, str(folder))
            for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES):
                try:
                    pixels = cv2.cvtColor(read_image(path), cv2.COLOR_RGB2GRAY)
                except MediaError as error:
                    raise TableError(error.what, where=error.where, advice=error.advice) from error
                if pixels.shape != (SIDE, SIDE):
                    size = f"{pixels.shape[1]} x {pixels.shape[0]}"
                    raise TableError(f"is {size} pixels, not {SIDE} x {SIDE}", where=path)
                yield Picture(part, label, np.asarray(pixels, np.uint8))


def _class(word: str, where: str) -> str:
    found = _WORDS.get(word.strip().lower(), word.strip().lower())
    if found not in CLASSES:
        raise TableError(f"{word!r} is no class", where=where, advice=f"known are {', '.join(CLASSES)}")
    return found
