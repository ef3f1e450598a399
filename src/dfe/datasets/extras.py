"""What some data sets can do beyond :class:`~dfe.datasets.examples.Task`; ask with ``isinstance``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from dfe.base.types import Progress


@runtime_checkable
class Prepares(Protocol):
    """A data set that cannot be encoded as it comes."""

    def prepare(self, root: Path, out: Path, progress: Progress | None = None) -> str:
        """Make what is needed, in a new folder.

        Args:
            root: the data set as it was unpacked.
            out: folder that is made.
            progress: told of pictures or tables done.

        Returns:
            A sentence that says what was made and what comes next.

        Raises:
            TableError: the data set is not complete or damaged; names file and row.
            OutputError: ``out`` is there already, or cannot be written.
        """
        ...


@runtime_checkable
class HasAuTables(Protocol):
    """A data set that comes with action units, measured by its makers."""

    def au_tables(self, root: Path) -> Mapping[str, Path]:
        """Tables of action units by the name of the recording; what is not there is left out.

        A data set whose ``media`` are empty has nothing else: no tokens, no coefficients.
        """
        ...
