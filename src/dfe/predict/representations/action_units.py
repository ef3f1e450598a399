"""Action units as studies use them: means, spreads, and a bag of their quantised intensities.

From the AU proxy, which is made of the same coefficients as the tokens and is never called FACS, or from the table that
OpenFace, LibreFace or py-feat wrote of the same recording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.preprocessing import StandardScaler

from dfe.base.errors import TableError
from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.facs.detectors import STEPS
from dfe.facs.recordings import au_proxy_rows
from dfe.facs.tables import HIGHEST, AuTable, read_au_table
from dfe.predict.reading import Reading
from dfe.predict.representation import Features, Measuring
from dfe.predict.representations.coefficients import with_spread
from dfe.predict.representations.moments import Moments
from dfe.recording.recording import Recording

TABLE_SUFFIXES = (".csv", ".csv.gz", ".txt")
_SAME_MOMENT_S = 0.06
"""A row of a table belongs to the frame that is nearest in time, but not farther than this."""


class Units(NamedTuple):
    """Action units of the rows of one recording."""

    names: tuple[str, ...]
    values: DoubleArray
    """``(n, A)`` 0 to 5; NaN where the detector failed."""


@dataclass(frozen=True, eq=False)
class ActionUnits:
    """Mean, spread and share of time at each of the intensities 1 to 5 of every action unit.

    Args:
        id: as in results.
        read: the units of a recording's rows.
    """

    id: str
    read: Callable[[Reading], Units]

    def measuring(self, examples: Examples) -> Measuring:
        """Means, spreads, then shares of each whole intensity; see :class:`Representation`.

        Raises:
            TableError: an AU table is missing or damaged, or the tables are not of one tool.
        """
        names: tuple[str, ...] = ()
        moments: tuple[Moments, Moments] | None = None

        def add(reading: Reading) -> None:
            nonlocal names, moments
            units = self.read(reading)
            if moments is None:
                names, count = units.names, len(examples)
                moments = Moments(count, len(names)), Moments(count, len(names) * STEPS)
            if units.names != names:
                raise TableError("its action units are not those of the first recording", where=reading.name)
            rows = reading.rows()
            found = np.isfinite(units.values[rows.row]).all(axis=1)
            kept = rows._replace(example=rows.example[found], row=rows.row[found], seconds=rows.seconds[found])
            of_rows = units.values[kept.row]
            whole = np.clip(np.floor(of_rows + 0.5), 0, STEPS).astype(np.int64)
            at_steps = (whole[:, :, None] == np.arange(1, STEPS + 1)).reshape(len(whole), whole.shape[1] * STEPS)
            for sums, values in zip(moments, (of_rows, at_steps.astype(np.float64)), strict=True):
                sums.add(values, kept, reading)

        def features() -> Features:
            if moments is None:
                raise TableError("no example at all")
            values, bags = moments
            x, labels = with_spread(values, names)
            shares = tuple(f"{name} at {step}" for name in names for step in range(1, STEPS + 1))
            return Features(np.column_stack([x, bags.mean]), (*labels, *shares), values.coverage, values.valid_s)

        return Measuring(add, features)

    def steps(self) -> Sequence[tuple[str, Any]]:
        """Every column to mean 0 and spread 1."""
        return [("scale", StandardScaler())]


def au_proxy() -> ActionUnits:
    """The AU proxy, from the recordings' own coefficients."""
    return ActionUnits("AU proxy", _proxy)


def au_tables(tables: Path | Mapping[str, Path]) -> ActionUnits:
    """Units of a detector's tables.

    Args:
        tables: a folder of ``<name of the recording>.csv`` (``.csv.gz``, ``.txt``), or each table by that name.
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
        return _aligned(read_au_table(path), reading.recording, path)

    return ActionUnits("AU tables", read)


def _proxy(reading: Reading) -> Units:
    found = au_proxy_rows(reading.recording)
    return Units(tuple(unit.id for unit in found.units), found.values.astype(np.float64))


def _aligned(table: AuTable, recording: Recording, path: Path) -> Units:
    """The table's values in the rows of the recording: by time where both have one, else by place."""
    scaled = table.values.astype(np.float64) * (STEPS / HIGHEST[table.kind])
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
