"""Action units as studies use them: from the AU proxy, or from the table that a real detector wrote of the same faces.

The proxy is made of ARKit coefficients that a recording holds, and is never called FACS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.facs.detectors import STEPS
from dfe.facs.recordings import au_proxy_rows, au_proxy_rows_with_eyes
from dfe.facs.tables import HIGHEST, AuTable, read_au_table
from dfe.predict.reading import Reading
from dfe.predict.representations.pooled import POOLINGS, Coded, Pooled, Pooling
from dfe.recording.recording import Recording

TABLE_SUFFIXES = (".csv", ".csv.gz", ".txt")
_SAME_MOMENT_S = 0.06
"""A row of a table belongs to the frame that is nearest in time, but not farther than this."""
_TRACE = 0.5
"""Half an intensity rounds to A, the least that FACS knows."""


class Units(NamedTuple):
    """Action units of the rows of one recording."""

    names: tuple[str, ...]
    values: DoubleArray
    """``(n, A)`` 0 to 5; NaN where the detector failed."""


@dataclass(frozen=True, eq=False)
class UnitCoding:
    """Action units with intensities from 0 to 5, whose letters A to E are the steps.

    Args:
        id: as in results.
        read: the units of a recording's rows.
    """

    id: str
    read: Callable[[Reading], Units]

    def code(self, reading: Reading) -> Coded:
        """All rows.

        Raises:
            TableError: an AU table is missing or damaged.
        """
        names, values = self.read(reading)
        edges = np.tile(np.arange(STEPS) + _TRACE, (len(names), 1))
        return Coded(values, names, values, names, edges, values >= _TRACE)


def au_proxy(poolings: tuple[Pooling, ...] = POOLINGS, *, eyes: bool = True) -> Pooled:
    """The AU proxy, from the recordings' ARKit coefficients.

    Args:
        poolings: to choose among.
        eyes: with the units of gaze and lids, where the front end told these.
    """
    return Pooled(UnitCoding("AU proxy" if eyes else "AU proxy, without the eyes", _proxy(eyes)), poolings)


def au_tables(
    tables: Path | Mapping[str, Path],
    poolings: tuple[Pooling, ...] = POOLINGS,
    *,
    name: str = "AU tables",
    without: Sequence[str] = (),
) -> Pooled:
    """Units of a detector's tables: its intensities, and beside them what it says of presence.

    Args:
        tables: a folder of ``<name of the recording>.csv`` (``.csv.gz``, ``.txt``), or each table by that name.
        poolings: to choose among.
        name: as in results.
        without: units that are left out, as in ``AU45``.
    """

    def read(reading: Reading) -> Units:
        name = reading.name
        if isinstance(tables, Path):
            path = next((p for s in TABLE_SUFFIXES if (p := tables / f"{name}{s}").is_file()), None)
        else:
            path = tables.get(name)
        if path is None:
            where = tables / name if isinstance(tables, Path) else name
            raise TableError("no AU table of this recording", where=where, advice="run the detector on it")
        units = reading.once(("AU table", path), lambda: _of_table(path, reading.recording))
        kept = [i for i, unit in enumerate(units.names) if unit.split()[0] not in without]
        return Units(tuple(units.names[i] for i in kept), units.values[:, kept])

    return Pooled(UnitCoding(name, read), poolings)


def _proxy(eyes: bool) -> Callable[[Reading], Units]:
    def read(reading: Reading) -> Units:
        found = (au_proxy_rows_with_eyes if eyes else au_proxy_rows)(reading.recording)
        return Units(tuple(unit.id for unit in found.units), found.values.astype(np.float64))

    return read


def _of_table(path: Path, recording: Recording) -> Units:
    table = read_au_table(path)
    units = _aligned(table, recording, path)
    if table.tool == "py-feat":
        return units
    try:
        present = _aligned(read_au_table(path, presence=True), recording, path)
    except TableError:
        return units
    # Presence is a decision of its own in OpenFace, and not a threshold on the intensity.
    names = tuple(f"{name} present" for name in present.names)
    return Units((*units.names, *names), np.column_stack([units.values, present.values / STEPS]))


def _aligned(table: AuTable, recording: Recording, path: Path) -> Units:
    """The table's values in the rows of the recording: by picture, by time where both have one, else by place."""
    scaled = table.values.astype(np.float64) * (STEPS / HIGHEST[table.kind])
    if table.picture is not None:
        return Units(table.names, _by_picture(table, scaled, recording, path))
    # Of several faces in a frame the recording's first face is compared with the table's first.
    own = np.flatnonzero(table.face == table.face.min())
    scaled, times = scaled[own], table.time_s[own]
    out = np.full((len(recording), scaled.shape[1]), np.nan)
    rows = recording.times
    if np.isfinite(times).all() and len(np.unique(times)) == len(times) and np.isfinite(rows).any():
        order = np.argsort(times, kind="stable")
        after = np.searchsorted(times[order], rows).clip(1, max(len(times) - 1, 1))
        before = np.maximum(after - 1, 0)
        after = np.minimum(after, len(times) - 1)
        left, right = times[order][before], times[order][after]
        nearest = np.where(np.abs(rows - left) <= np.abs(right - rows), before, after)
        near = np.abs(times[order][nearest] - rows) <= _SAME_MOMENT_S
        out[near] = scaled[order][nearest[near]]
        return Units(table.names, out)
    frames, place = np.unique(recording.frames, return_inverse=True)
    if len(frames) != len(scaled):
        what = f"has {len(scaled)} rows of its first face, and the recording {len(frames)} frames"
        raise TableError(what, where=path, advice="make both from the same video")
    out[:] = scaled[place]
    return Units(table.names, out)


def _by_picture(table: AuTable, scaled: DoubleArray, recording: Recording, path: Path) -> DoubleArray:
    """Of each picture the table's first face with values, by the picture's name without folder and suffix."""
    assert table.picture is not None
    row_of: dict[str, int] = {}
    for row in np.flatnonzero(table.success).tolist():
        row_of.setdefault(Path(table.picture[row]).stem, row)
    out = np.full((len(recording), scaled.shape[1]), np.nan)
    sources = [Path(str(name or "")).stem for name in recording.column("source").tolist()]
    places = np.array([row_of.get(name, -1) for name in sources], np.int64)
    if not (places >= 0).any():
        raise TableError("names none of the recording's pictures", where=path, advice="make both from the same ones")
    first = (places >= 0) & (recording.face_ids <= 0)
    out[first] = scaled[places[first]]
    return out
