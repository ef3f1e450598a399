"""Tables of many pictures by a tool that has no numbers of frames: the column that says which picture a row is of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dfe.base.types import IntArray

COLUMNS = ("imageid", "image_id", "image", "filename", "file", "picture")
"""Names of such a column, in small letters."""


def picture_column(header: Sequence[str]) -> str | None:
    """The column that names the picture of each row, as the header spells it; None where there is none."""
    return next((name for wanted in COLUMNS for name in header if name.strip().lower() == wanted), None)


def picture_numbers(names: Sequence[str]) -> IntArray:
    """Number of each row's picture ``(n,)``, from 0 in the order in which the table first names them."""
    place: dict[str, int] = {}
    return np.array([place.setdefault(name, len(place)) for name in names], np.int64)
