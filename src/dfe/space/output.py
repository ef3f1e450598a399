"""Learned spaces as they are written."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from dfe.base.errors import OutputError
from dfe.base.files import replacing
from dfe.space.file import ARRAYS, FIELDS, space_files
from dfe.space.learned import LearnedSpace


def save_space(space: LearnedSpace, folder: str | PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a learned space's two files into a folder, both or none, and return the folder.

    Raises:
        OutputError: the folder holds a space already, or cannot be written.
    """
    folder = Path(folder)
    if not overwrite and (folder / FIELDS).exists():
        raise OutputError("holds a space already", where=folder, advice="choose another folder or overwrite it")
    files = space_files(space)
    with replacing(folder / ARRAYS, folder / FIELDS, overwrite=True) as (arrays, fields):
        arrays.write(files.arrays)
        fields.write(files.fields)
    return folder
