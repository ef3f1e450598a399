"""Lays out the faces of ../shared/data as folders that `dfe encode` reads, one folder a part of the split.

The split, once and for all: LFW people by ``int(sha256(name), 16) % 5``: 1, 2, 3 train, 4 tests; of the training
people every tenth (by another hash of the name) validates. FER2013: every tenth training picture validates; pictures
of 48 px are enlarged to 256 and padded by 64, since detectors fail on smaller faces.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from dfe.datasets.enlarged import padded_png

Part = Literal["train", "validate", "test"]


def hashed(person: str) -> int:
    """The number that decides where a person goes."""
    return int(hashlib.sha256(person.encode()).hexdigest(), 16)


def part_of_person(person: str) -> Part | None:
    """Part of an LFW person; None for people that are kept apart."""
    fifth = hashed(person) % 5
    if fifth == 4:
        return "test"
    if fifth == 0:
        return None
    return "validate" if hashed(f"validate {person}") % 10 == 0 else "train"


def lfw_people(data: Path) -> Iterator[tuple[Path, str]]:
    """Pictures of LFW with the person shown."""
    with (data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield data / "lfw" / "images" / row["image"], row["person"]


def lay_out(data: Path, work: Path) -> list[Path]:
    """Make the folders (links for files, pictures for FER2013) and return them; made before, they are kept."""
    for picture, person in lfw_people(data):
        part = part_of_person(person)
        if part is not None:
            _link(picture, work / f"lfw_{part}")
    for picture in sorted((data / "london").glob("*.jpg")):
        _link(picture, work / "london")
    for clip in sorted((data / "video").iterdir()):
        _link(clip, work / "video")
    with np.load(data / "fer2013" / "training.npz", allow_pickle=False) as archive:
        for number, image in enumerate(archive["image"]):
            folder = work / ("fer2013_validate" if number % 10 == 0 else "fer2013_train")
            _write_fer(image, folder / f"{number:05d}.png")
    with np.load(data / "fer2013" / "publictest.npz", allow_pickle=False) as archive:
        for number, image in enumerate(archive["image"]):
            _write_fer(image, work / "fer2013_test" / f"public_{number:05d}.png")
    return sorted(path for path in work.iterdir() if path.is_dir())


PERTURBATIONS = ("same", "crop", "jpeg", "blur", "shift", "mirror")
PERTURBED_OF = {"lfw_validate": 1, "lfw_test": 3}
"""Of these parts every so manyth picture (by hash) is perturbed."""


def lay_out_perturbed(data: Path, work: Path) -> None:
    """Pictures of validating and testing people, each as it is, cropped anew, as JPEG, blurred, shifted, mirrored."""
    for picture, person in lfw_people(data):
        part = part_of_person(person)
        if part not in ("validate", "test") or hashed(picture.name) % PERTURBED_OF[f"lfw_{part}"]:
            continue
        if (work / f"lfw_{part}_mirror" / picture.name).exists():
            continue
        image = cv2.imread(str(picture))
        for kind in PERTURBATIONS:
            write_picture(perturbed(image, kind), work / f"lfw_{part}_{kind}" / picture.name)


def perturbed(image: np.ndarray, kind: str) -> np.ndarray:
    """A picture changed in a way that leaves the face's expression as it is."""
    height, width = image.shape[:2]
    if kind == "crop":
        top, left = round(height * 0.04), round(width * 0.06)
        return image[top : height - round(height * 0.02), left : width - round(width * 0.01)]
    if kind == "jpeg":
        return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR)
    if kind == "blur":
        return cv2.GaussianBlur(image, (0, 0), 1.0)
    if kind == "shift":
        return np.ascontiguousarray(np.pad(image, ((1, 0), (1, 0), (0, 0)), mode="edge")[:height, :width])
    return image[:, ::-1] if kind == "mirror" else image


def write_picture(image: np.ndarray, target: Path) -> None:
    """A picture as PNG under any name: tables are matched by names, and readers go by content, not by suffix."""
    target.parent.mkdir(parents=True, exist_ok=True)
    ok, png = cv2.imencode(".png", image)
    assert ok
    target.write_bytes(png.tobytes())


def _link(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.name
    if not target.is_symlink():
        target.symlink_to(source.resolve())


def _write_fer(image: np.ndarray, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(padded_png(image))
