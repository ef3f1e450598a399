"""What is known of pictures beside their pixels: person, label, groups; read from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import TableError
from dfe.base.label_table import read_label_table
from dfe.base.numbers import is_missing
from dfe.base.types import IntArray

PICTURE, SUBJECT, LABEL = "picture", "subject", "label"
UNKNOWN = -1
"""Number of a person that nobody has named."""


class Known(NamedTuple):
    """What is known of n pictures, in their order."""

    subject: IntArray | None
    """``(n,)`` number of the person, -1 where unknown; None where the file names nobody."""
    label: NDArray[np.str_] | None
    """``(n,)``, empty where unknown; None where the file has no labels."""
    groups: Mapping[str, NDArray[np.str_]]
    """By name one array ``(n,)``, empty where unknown."""
    missing: int
    """How many of the n pictures are not in the file."""


@dataclass(frozen=True, eq=False)
class About:
    """Known facts of p pictures.

    Args:
        pictures: file names, each once.
        subject: ``(p,)`` name of the person, empty where unknown; None where there is no such column.
        label: ``(p,)``, empty where unknown; None where there is no such column.
        groups: every further column by its name, ``(p,)`` each, empty where unknown.
    """

    pictures: tuple[str, ...]
    subject: NDArray[np.str_] | None
    label: NDArray[np.str_] | None
    groups: Mapping[str, NDArray[np.str_]]

    @classmethod
    def read(cls, path: str | PathLike[str]) -> About:
        """Read a CSV file, as people have it (see :class:`~dfe.base.cells.Cells`), that has a column ``picture``.

        Columns ``subject`` and ``label`` are optional; any other column (gender, age ...) is a group. ``NA`` and the
        like, as R and pandas write them, are empty cells.

        Raises:
            TableError: missing or not CSV, no column ``picture``, a column or a picture twice, a row of another length.
        """
        where = Path(path)
        table = read_label_table(where, short_rows=False)
        table.need(PICTURE)
        columns = {name: [row.cells[name] for row in table.rows] for name in table.names}
        pictures = columns.pop(PICTURE)
        columns = {name: ["" if is_missing(value) else value for value in column] for name, column in columns.items()}
        first: dict[str, int] = {}
        for (line, _), name in zip(table.rows, pictures, strict=True):
            if not name:
                raise TableError("no picture is named", where=f"{where}, line {line}")
            if name in first:
                raise TableError(f"picture {name} is also on line {first[name]}", where=f"{where}, line {line}")
            first[name] = line
        arrays = {name: np.array(values, np.str_) for name, values in columns.items()}
        return cls(tuple(pictures), arrays.pop(SUBJECT, None), arrays.pop(LABEL, None), arrays)

    @cached_property
    def people(self) -> tuple[str, ...]:
        """Names of the people, sorted; a person's number is the place in this list."""
        return () if self.subject is None else tuple(sorted(set(self.subject.tolist()) - {""}))

    def of(self, pictures: ArrayLike) -> Known:
        """What is known of some pictures ``(n,)``, by file name; those that the file does not hold are unknown."""
        at = np.array([self._row.get(str(name), UNKNOWN) for name in np.asarray(pictures)], np.int64)
        return Known(
            subject=None if self.subject is None else np.array([self._number[s] for s in _pick(self.subject, at)], int),
            label=None if self.label is None else _pick(self.label, at),
            groups={name: _pick(values, at) for name, values in self.groups.items()},
            missing=int((at == UNKNOWN).sum()),
        )

    @cached_property
    def _row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.pictures)}

    @cached_property
    def _number(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.people)} | {"": UNKNOWN}


def _pick(values: NDArray[np.str_], at: IntArray) -> NDArray[np.str_]:
    """``values[at]``, empty where ``at`` is unknown."""
    return np.append(values, np.array([""], np.str_))[np.where(at == UNKNOWN, len(values), at)]
