"""Recordings of the camera: where they go, what they are called, and that they appear whole or not at all."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from dfe.base.errors import OutputError, UsageError
from dfe.base.files import make_folders, refuse_existing
from dfe.encoding.coders import Coders
from dfe.viewer.live.stretch import Stretch

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,79}")


def take_path(folder: Path, name: str = "") -> Path:
    """The table that a recording will be written to.

    Args:
        folder: that recordings go to; made if it is not there.
        name: given by the user; the moment if empty.

    Raises:
        UsageError: a name that is no plain file name.
        OutputError: there is such a recording already, or the folder cannot be written to.
    """
    if not name.strip():
        name = f"live {datetime.now():%Y-%m-%d %H.%M.%S}"
    name = name.strip()
    if not _NAME.fullmatch(name) or name.endswith("."):
        advice = "use letters without accents, digits, blanks, dots, - and _, 80 at most"
        raise UsageError(f"{name[:80]!r} cannot be the name of a recording", advice=advice)
    path = folder / f"{name}.parquet"
    try:
        make_folders(folder)
        refuse_existing(path, overwrite=False)
    except OutputError as error:
        raise OutputError(
            "there is a recording of this name already", where=path.name, advice="choose another"
        ) from error
    except OSError as error:
        what = f"recordings cannot go there ({error.strerror or error})"
        raise OutputError(what, where=folder, advice="choose another folder with -o") from error
    return path


def write_take(stretch: Stretch, path: Path, coders: Coders) -> str:
    """Write what was recorded; a line about it.

    Raises:
        UsageError: fewer than two frames.
        OutputError: the file exists meanwhile, the disk is full, there is no permission.
    """
    recording = stretch.recording(coders)
    recording.write(path)
    found = int(recording.success.sum())
    left = f", {stretch.left_out} of the camera's frames left out" if stretch.left_out else ""
    return f"{path}: {stretch.frames} frames, {stretch.seconds:.1f} s, a face in {found}{left}"
