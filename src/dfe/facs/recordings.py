"""The AU proxy of a recording's rows, from the ARKit coefficients that are its expression or stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, FloatArray
from dfe.facs.proxy import au_intensities, units_in
from dfe.facs.units import TABLE, UNITS, VERSION, AuUnit
from dfe.recording.recording import Recording
from dfe.recording.schema import unit_column
from dfe.space.arkit import ARKIT_NAMES, BLINK_NAMES, FACE_NAMES, GAZE_NAMES
from dfe.space.registry import load_space


class UnitRows(NamedTuple):
    """Intensities of action units, of the proxy, in the rows of a recording."""

    units: tuple[AuUnit, ...]
    values: FloatArray
    """``(n, A)`` 0 to 5; NaN rows where there is no face."""


def au_proxy_rows(recording: Recording) -> UnitRows:
    """The units that the coefficients of the face's skin can speak of, gaze and lids left out.

    Raises:
        UsageError: the recording holds no ARKit coefficients.
    """
    found = recording.coefficients()
    if found is None:
        raise _none(recording)
    space = load_space(found.space_id)
    return UnitRows(units_in(space), au_intensities(found.values, space))


def au_proxy_rows_with_eyes(recording: Recording) -> UnitRows:
    """The same with the units of gaze and lids, where the front end told these of any face.

    Raises:
        UsageError: the recording holds no ARKit coefficients.
    """
    units, values = _all_units(recording)
    known: BoolArray = np.any(np.isfinite(values), axis=0)
    kept = [place for place in range(len(units)) if known[place]] or list(range(len(units)))
    # A face whose eyes alone are not known shows nothing there, and the rest of it counts.
    faces: BoolArray = np.any(np.isfinite(values), axis=1)
    filled = np.where(faces[:, None], np.nan_to_num(values), np.nan)[:, kept]
    return UnitRows(tuple(units[place] for place in kept), filled.astype(np.float32))


def with_au_proxy(recording: Recording) -> Recording:
    """The recording with a column ``au_proxy_`` for each unit, and the status of every unit in its provenance.

    Eyes are among them where the front end told gaze or lids of any row.

    Raises:
        UsageError: the recording holds no ARKit coefficients.
    """
    units, values = _all_units(recording)
    kept = [(unit, row) for unit, row in zip(units, values.T, strict=True) if np.isfinite(row).any() or not len(row)]
    columns = {unit_column(unit.id): column for unit, column in kept}
    return recording.with_units(columns, _status([unit for unit, _ in kept]))


def _all_units(recording: Recording) -> UnitRows:
    found = recording.coefficients()
    if found is None:
        raise _none(recording)
    if found.space_id == "arkit51":
        return UnitRows(UNITS, au_intensities(found.values, load_space("arkit51")))
    parts = {
        **dict(zip(FACE_NAMES, found.values.T, strict=True)),
        **dict(zip(GAZE_NAMES, recording.gaze().T, strict=True)),
        **dict(zip(BLINK_NAMES, recording.blinks().T, strict=True)),
    }
    whole = np.column_stack([parts[name] for name in ARKIT_NAMES])
    # A row whose eyes nobody measured still has the rest of a face: its units of the eyes alone are not known.
    faces: BoolArray = np.all(np.isfinite(found.values), axis=1)
    unknown: BoolArray = np.isnan(whole) & faces[:, None]
    values = au_intensities(np.where(unknown, 0.0, whole), load_space("arkit51"))
    for column, unit in enumerate(UNITS):
        needs = [ARKIT_NAMES.index(name) for _, name in unit.parts]
        values[unknown[:, needs].any(axis=1), column] = np.nan
    return UnitRows(UNITS, values)


def _status(kept: list[AuUnit]) -> Mapping[str, str]:
    """What stands behind every action unit of the table, by its name; the table's version first."""
    by_line = {line: [unit.id for unit in kept if unit.line is line] for line in TABLE}
    said = {"version": str(VERSION)}
    for line, ids in by_line.items():
        said |= dict.fromkeys(ids, line.status) if ids else {f"AU{line.number}{line.letter}": "absent"}
    return said


def _none(recording: Recording) -> UsageError:
    made = recording.provenance
    what = f"holds no ARKit coefficients, so no action unit has a proxy in space {made.space.id}"
    return UsageError(what, where=made.source.name, advice="leave the AU proxy out for it")
