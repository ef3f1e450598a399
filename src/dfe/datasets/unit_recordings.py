"""Recordings of action units alone, of data sets that release neither video nor landmarks.

Such a recording has OpenFace's intensities where others have coefficients, in a space of their own
(``openface/au17``), with the tool's times, confidence and head pose. It never has tokens, and no tokenizer fits it.
Windows, usability by head pose, coverage and the nuisance row are those of any recording.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dfe.base.cells import Cells
from dfe.base.errors import TableError
from dfe.base.numbers import number
from dfe.base.types import DoubleArray, FloatArray
from dfe.facs.tables import HIGHEST, AuTable, read_au_table
from dfe.recording.build import build_measured
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.space.plain import plain_space

FAILED = "tracking failed (OpenFace)"
_ROTATION = ("pose_Rx", "pose_Ry", "pose_Rz")


def unit_recording(path: Path) -> Recording:
    """The recording that stands for a table of OpenFace's action units and head pose.

    Raises:
        TableError: it cannot be read, is not OpenFace's, or lacks times or head pose; names file and row.
    """
    table = read_au_table(path)
    if table.tool != "OpenFace" or not np.isfinite(table.time_s).all():
        raise TableError("is no table of OpenFace with times", where=path)
    columns = _columns(path, (*_ROTATION, "confidence"))
    order = np.argsort(table.frame, kind="stable")
    if (np.diff(table.frame[order]) <= 0).any():
        raise TableError("holds a frame twice", where=path, advice="get it from the data set anew")
    return _recording(path.name, table, columns, order)


def _recording(
    name: str, table: AuTable, columns: DoubleArray, order: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> Recording:
    highest = HIGHEST[table.kind]
    space = plain_space(f"openface/au{len(table.names)}", table.names, lower=0.0, upper=highest)
    success = table.success[order]
    frame = table.frame[order]
    measured = Measured(
        space,
        frame - int(frame[0] >= 1),
        table.time_s[order],
        table.values[order].clip(0, highest),
        success,
        [None if good else FAILED for good in success.tolist()],
        face=np.zeros(len(order), np.int64),
        confidence=columns[order, 3].clip(0, 1).astype(np.float32),
        pose=_head_angles(columns[order, :3]),
        about={"measured_by": "OpenFace", "from": "action units"},
    )
    from dfe.base.version import __version__

    made = Provenance(
        source=SourceInfo(name, "table", frames=len(order)),
        space=SpaceRef(space.id, space.version, space.hash),
        package_version=__version__,
        frontend={"name": "openface action units", **measured.about},
    )
    return build_measured(measured, made, np.zeros(len(order), np.int64))


def _columns(path: Path, names: tuple[str, ...]) -> DoubleArray:
    cells = Cells(path)
    cells.need(*names)
    places = [cells.header.index(name) for name in names]
    return np.array([[number(row[i], f"{path}, row {line}", cells.decimal) for i in places] for line, row in cells])


def _head_angles(rotation: DoubleArray) -> FloatArray:
    """OpenFace's rotations ``(n, 3)`` in radians, ``R = Rx Ry Rz`` with y down and z away, as pitch, yaw and roll here.

    Half a turn about x brings them to our axes; alone, Rx is minus pitch, Ry minus yaw, Rz roll.
    """
    x, y, z = rotation.T
    pitch = np.arcsin((-np.sin(x) * np.cos(y)).clip(-1, 1))
    yaw = np.arctan2(-np.sin(y), np.cos(x) * np.cos(y))
    roll = np.arctan2(
        np.cos(x) * np.sin(z) + np.sin(x) * np.sin(y) * np.cos(z),
        np.cos(x) * np.cos(z) - np.sin(x) * np.sin(y) * np.sin(z),
    )
    return np.stack([pitch, yaw, roll], axis=1).astype(np.float32)
