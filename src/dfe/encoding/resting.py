"""Resting faces as a result: what each person of some recordings looks like at rest, beside everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dfe.base.csv_text import csv_text
from dfe.base.errors import TableError, UsageError
from dfe.base.files import replacing
from dfe.base.frames import data_frame
from dfe.base.types import DoubleArray, Progress
from dfe.facemodel.eyes import lids_mm
from dfe.facemodel.file import load_model
from dfe.facemodel.measures import rms_mm
from dfe.facemodel.model import FaceModel
from dfe.facemodel.neutral import RestingFace, shape_at_rest
from dfe.recording.provenance import RestingNote
from dfe.recording.recording import Recording
from dfe.recording.schema import expression_columns
from dfe.space.registry import FACE_MODEL_ID

if TYPE_CHECKING:
    import pandas as pd

_ADVICE = f"encode it with --space {FACE_MODEL_ID}"
_DIGITS = 4


@dataclass(frozen=True)
class Rest:
    """One person's face at rest, in the columns of the table; the modes follow as ``exp_`` columns, in mm."""

    recording: str
    face_id: int
    neutral: str
    """Whose resting face it is: `own`, an interval, or another recording's."""
    points: int
    """Points that the model was fitted to."""
    calm_frames: float
    """How many frames' worth of calm it rests on: few are little to go by."""
    sure: float
    """0 to 1: the share of what is special about the calm frames that is believed to be the person's resting face."""
    rest_mm: float
    """How far the face at rest is from everybody's, root mean square over the points."""
    lids_left_mm: float
    lids_right_mm: float
    """How far the lids are apart at rest."""


@dataclass(frozen=True, eq=False)
class RestingTable:
    """Resting faces of some recordings.

    Args:
        rows: one for each person.
        modes_mm: ``(n, K)``: by what each differs from everybody's along the face model's modes.
        names: of the K modes.
        without: recordings that tell none: pictures that were measured each on its own, or no face was found.
    """

    rows: tuple[Rest, ...]
    modes_mm: DoubleArray
    names: tuple[str, ...]
    without: tuple[str, ...]

    def records(self) -> list[dict[str, object]]:
        """One mapping a person: the columns of the table."""
        columns = expression_columns(self.names)
        return [
            asdict(row) | dict(zip(columns, mm, strict=True))
            for row, mm in zip(self.rows, self.modes_mm.round(_DIGITS).tolist(), strict=True)
        ]

    def to_pandas(self) -> pd.DataFrame:
        """The table for pandas.

        Raises:
            DfeError: pandas is not installed.
        """
        return data_frame(self.records(), self._heads())

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write it, whole or not at all; CSV or Parquet by the name's end.

        Raises:
            UsageError: another end.
            OutputError: it exists (without ``overwrite``) or cannot be written.
        """
        kind, heads = path.suffix.lower(), self._heads()
        if kind not in (".csv", ".parquet"):
            raise UsageError("is neither .csv nor .parquet", where=path, advice="name the table so")
        rows = self.records()
        with replacing(path, overwrite=overwrite) as (file,):
            if kind == ".csv":
                file.write(csv_text(heads, [[row[head] for head in heads] for row in rows]).encode())
            else:
                pq.write_table(pa.table({head: [row[head] for row in rows] for head in heads}), file)

    def _heads(self) -> list[str]:
        return [*(field.name for field in fields(Rest)), *expression_columns(self.names)]


def resting_faces(tables: Sequence[Path], progress: Progress | None = None) -> RestingTable:
    """The resting faces that recordings in the face model's space were measured against.

    A resting face is personal: a person may be known again by it.

    Args:
        tables: the recordings.
        progress: called after each.

    Raises:
        UsageError: no recording.
        TableError: a table that cannot be read, or is of another space.
    """
    if not tables:
        raise UsageError("no recording is named")
    model = load_model()
    rows, modes, without = [], [], []
    for done, path in enumerate(tables, start=1):
        recording = Recording.read(path, landmarks=False)
        if recording.space_id != FACE_MODEL_ID:
            raise TableError(f"is of space {recording.space_id}, and tells no resting face", where=path, advice=_ADVICE)
        kept = [note for note in recording.provenance.resting if note.face is not None and note.numbers]
        for note in kept:
            row, mm = _rest(path.stem, note, model)
            rows.append(row)
            modes.append(mm)
        without += [] if kept else [path.stem]
        if progress is not None:
            progress(done, len(tables))
    return RestingTable(tuple(rows), np.array(modes).reshape(-1, model.dimension), model.names, tuple(without))


def face_of(note: RestingNote) -> RestingFace | None:
    """The resting face that a recording's provenance keeps; None where it keeps none."""
    if note.calm_frames is None or note.sure is None or not note.numbers:
        return None
    arrays = {name: np.array(row, np.float64) for name, row in note.numbers.items()}
    return RestingFace(**arrays, calm_frames=note.calm_frames, sure=note.sure)


def _rest(name: str, note: RestingNote, model: FaceModel) -> tuple[Rest, DoubleArray]:
    face = face_of(note)
    if face is None or note.face is None:
        raise TableError("its resting face is incomplete", where=name, advice=_ADVICE)
    left, right = lids_mm(shape_at_rest(model, face)[None])[0]
    numbers = (face.calm_frames, face.sure, rms_mm(model.displace(face.rest[None])[0]), left, right)
    calm, sure, far, *lids = (round(float(number), _DIGITS) for number in numbers)
    return Rest(name, note.face, note.neutral, note.points, calm, sure, far, *lids), face.rest
