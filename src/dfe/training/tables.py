"""The tables that a command line names: files as they are, folders by what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dfe.recording.storage import recordings_in


def table_files(paths: Iterable[Path]) -> list[Path]:
    """Tables, those of a folder (and below) in order of their names.

    Raises:
        UsageError: a folder without a recording.
    """
    return [table for path in paths for table in (recordings_in(path) if path.is_dir() else [path])]
