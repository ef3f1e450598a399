"""What the front end saw of the pictures in a table that keeps landmarks: the input of the fit of a reading."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from dfe.frontends.landmarks.coefficients import columns, find_coefficients, find_logits
from dfe.frontends.landmarks.geometry import pose_normalised
from dfe.frontends.landmarks.networks import Networks
from dfe.recording.recording import Recording
from learning.reading import Looks
from training_media import lfw_people


class Seen:
    """The faces of one table: looks, names of the pictures, the network's sigmoids; the looks are kept beside it."""

    def __init__(self, table: Path) -> None:
        recording = Recording.read(table)
        found = recording.success & (recording.face_ids <= 0)
        self.names = recording.column("source")[found].astype(str)
        kept = table.with_suffix(".looks.npz")
        if not kept.exists():
            np.savez(kept, **measured(recording, found))
        with np.load(kept, allow_pickle=False) as arrays:
            self.expressions = arrays["sigmoids"]
            """``(n, 41)``: the coefficient network's sigmoids as they come, 0 to 1."""
            self.looks = Looks(arrays["logits"], arrays["pose"])
            self.landmarks = arrays["landmarks"]
            """``(n, 1404)``: pose-normalised, cm."""


def measured(recording: Recording, found: np.ndarray) -> dict[str, np.ndarray]:
    """Of the faces found: logits ``(n, 51)``, sigmoids ``(n, 41)``, pose-normalised landmarks ``(n, 1404)``, pose."""
    networks = Networks()
    points = recording.landmarks()
    assert points is not None, "extract with --landmarks"
    points = points[found].astype(np.float64)
    logits = np.array([find_logits(networks, face)[1:] for face in points], np.float64)
    sigmoids = [columns(find_coefficients(networks, face)[0]).expression for face in points]
    landmarks = pose_normalised(points, networks).reshape(len(points), -1)
    pose = recording.poses[found].astype(np.float64)
    return {"logits": logits, "sigmoids": np.array(sigmoids, np.float64), "landmarks": landmarks, "pose": pose}


def people_and_labels(data: Path, names: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Person and label of LFW pictures."""
    person = {picture.name: name for picture, name in lfw_people(data)}
    with (data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        label = {row["image"]: row["label"] for row in csv.DictReader(file)}
    return np.array([person[name] for name in names]), np.array([label[name] for name in names])


def fer_labels(data: Path, names: np.ndarray) -> np.ndarray:
    """Labels of FER2013 training pictures, whose names are their numbers."""
    with np.load(data / "fer2013" / "training.npz", allow_pickle=False) as archive:
        labels, words = archive["label"], [str(word) for word in archive["label_names"]]
    return np.array([words[labels[int(Path(name).stem)]] for name in names])


def one_of_both(one: list[Seen], both: list[Seen]) -> tuple[Looks, np.ndarray]:
    """Faces seen in one look that were found both ways too, and the row of each in the tables of ``both``."""
    rows, start, parts = [], 0, []
    for once, twice in zip(one, both, strict=True):
        place = {name: row for row, name in enumerate(twice.names)}
        here = np.array([place.get(name, -1) for name in once.names])
        rows.append(here[here >= 0] + start)
        parts.append(once.looks.take(here >= 0))
        start += len(twice.names)
    return Looks(*(np.concatenate(part) for part in zip(*parts, strict=True))), np.concatenate(rows)
