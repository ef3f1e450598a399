"""Features that another program made, from an npz file: VideoMAE, MARLIN, an audio network."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfe.base.array_files import check_npz
from dfe.base.errors import ModelError, TableError
from dfe.base.types import DoubleArray
from dfe.datasets.examples import Examples
from dfe.predict.representation import Features, Measuring, Pipeline
from dfe.stats.scaling import Scaled

NAMES, FEATURES = "names", "features"
_NPY = b"\x93NUMPY"
"""What a file of one array begins with."""


@dataclass(frozen=True)
class GivenFeatures:
    """Means, and where recordings have several rows standard deviations, of given features.

    The file holds either one array for each recording, by its name: ``(F,)``, or ``(T, F)`` of T clips or frames; or
    two arrays, ``names`` ``(n,)`` and ``features`` ``(n, F)``, where a name may come again for a further row of the
    same recording. A row with a number that is not finite counts as not usable. An example that is a window, a picture
    or a second face of its recording is looked up by the example's own name, since the recording's would not do.

    Args:
        path: the file.
        id: as in results; by default the file's stem.
    """

    path: Path
    name: str | None = None

    @property
    def id(self) -> str:
        """As in results."""
        return self.name or self.path.stem

    def measuring(self, examples: Examples) -> Measuring:
        """Means, then spreads (left out where each recording has one row); see :class:`Representation`.

        Raises:
            TableError: the file is missing or damaged, lacks an example, or rows are of different widths.
        """
        made = self._features(examples)
        return Measuring(None, lambda: made)

    def pipelines(self, features: Features) -> Sequence[Pipeline]:  # noqa: ARG002 (the same for all)
        """Every column to mean 0 and spread 1."""
        return [[("scale", Scaled())]]

    def _features(self, examples: Examples) -> Features:
        with _opened(self.path) as archive:
            found = [self._of(archive, examples, place) for place in range(len(examples))]
        if not found:
            raise TableError("no example at all")
        width = found[0].shape[1]
        odd = next((place for place, rows in enumerate(found) if rows.shape[1] != width), None)
        if odd is not None:
            what = f"holds {found[odd].shape[1]} features of {examples.recording[odd]} and {width} of others"
            raise TableError(what, where=self.path, advice="make all of them with one network")
        good = [rows[np.isfinite(rows).all(axis=1)] for rows in found]
        mean = np.array([rows.mean(axis=0) if len(rows) else np.full(width, np.nan) for rows in good])
        names = [f"{self.id} {number}" for number in range(width)]
        labels = tuple(f"{name} mean" for name in names)
        x = mean
        if any(len(rows) > 1 for rows in found):
            spread = np.array([rows.std(axis=0) if len(rows) else np.full(width, np.nan) for rows in good])
            x, labels = np.column_stack([mean, spread]), (*labels, *(f"{name} sd" for name in names))
        usable = np.array([len(rows) for rows in good], np.float64)
        coverage = usable / np.array([max(1, len(rows)) for rows in found])
        return Features(x, labels, coverage, usable)

    def _of(self, archive: _Archive, examples: Examples, place: int) -> DoubleArray:
        """``(T, F)`` of an example."""
        names = (
            (examples.name[place],) if _is_part(examples, place) else (examples.name[place], examples.recording[place])
        )
        for name in names:
            rows = archive.rows(name)
            if rows is not None:
                return rows
        raise TableError(
            f"holds no features of {names[-1]}", where=self.path, advice="name its arrays as the recordings are named"
        )


def _is_part(examples: Examples, place: int) -> bool:
    """Whether an example is less than its recording."""
    return (
        (examples.onset_s is not None and bool(np.isfinite(examples.onset_s[place])))
        or (examples.offset_s is not None and bool(np.isfinite(examples.offset_s[place])))
        or (examples.picture is not None and int(examples.picture[place]) >= 0)
        or (examples.face is not None and int(examples.face[place]) > 0)
    )


class _Archive:
    """Either layout by name."""

    def __init__(self, path: Path, archive: Any) -> None:
        self._path, self._archive = path, archive
        self._table: dict[str, list[int]] | None = None
        if set(archive.files) == {NAMES, FEATURES}:
            names, self._features = archive[NAMES], archive[FEATURES]
            if names.ndim != 1 or names.dtype.kind != "U" or self._features.shape[:1] != names.shape:
                what = f"names of shape {names.shape} and features of shape {self._features.shape} do not fit"
                raise TableError(what, where=path, advice="give n names as text and an array (n, F)")
            self._table = {}
            for row, name in enumerate(names.tolist()):
                self._table.setdefault(name, []).append(row)

    def rows(self, name: str) -> DoubleArray | None:
        if self._table is not None:
            at = self._table.get(name)
            return None if at is None else self._checked(name, self._features[at])
        return self._checked(name, self._archive[name]) if name in self._archive.files else None

    def _checked(self, name: str, rows: NDArray[Any]) -> DoubleArray:
        rows = rows[None] if rows.ndim == 1 else rows
        if rows.ndim != 2 or not rows.size or rows.dtype.kind not in "fiu":
            what = f"the array of {name} is {rows.dtype} of shape {rows.shape}, not numbers (F,) or (T, F)"
            raise TableError(what, where=self._path)
        return rows.astype(np.float64)


def _is_npy(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_NPY)) == _NPY


@contextmanager
def _opened(path: Path) -> Iterator[_Archive]:
    advice = "write it with numpy.savez, numbers and text alone"
    try:
        if path.is_file() and not _is_npy(path):
            check_npz(path)
        loaded = np.load(path, allow_pickle=False)
    except ModelError as error:
        raise TableError(f"cannot be read as npz ({error.what})", where=path, advice=error.advice or advice) from None
    except FileNotFoundError:
        raise TableError("there is no such file", where=path) from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise TableError(f"cannot be read as npz ({error})", where=path, advice=advice) from None
    if not hasattr(loaded, "files"):
        raise TableError("is a single array, not an npz file", where=path, advice=advice)
    with loaded:
        try:
            yield _Archive(path, loaded)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise TableError(f"cannot be read as npz ({error})", where=path, advice=advice) from None
