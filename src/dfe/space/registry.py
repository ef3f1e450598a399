"""Expression spaces by name: the package's own, learned ones in a folder, and those that other packages register."""

from __future__ import annotations

import importlib
import os
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from os import PathLike
from pathlib import Path

from dfe.base.errors import ModelError
from dfe.space.arkit import ARKIT_IDS, arkit_space
from dfe.space.base import ExpressionSpace
from dfe.space.file import holds_space, read_space
from dfe.space.plain import BFM_ID, FLAME_IDS, PLAIN_VERSION, bfm_space, flame_space

GROUP = "dfe.spaces"
"""Entry-point group; a point's name is the space's id, and it names a function of the version (None: the newest)."""

FLAME_VARIABLE = "DFE_FLAME"
"""Environment variable that names the user's FLAME model file, for verbs that have no ``--flame``."""

COEFFICIENTS_ID = "arkit51/face41"
"""Space of the 41 coefficients of a face's skin: of phones, and of tables without points."""
FACE_MODEL_ID = "dfe-face"
"""The face model's space, in which faces are measured unless another is asked for."""
_ABOVE = {FACE_MODEL_ID: ("dfe.facemodel.space", "face_space")}
"""Spaces whose makers stand in rooms above this one: named here, imported when they are asked for."""

_ADVICE = "update dfe"
_PLAIN_IDS = (*FLAME_IDS, BFM_ID)
MESH_VERSION = 2


def space_ids() -> tuple[str, ...]:
    """Ids of all spaces that can be loaded by name."""
    return (*ARKIT_IDS, *_ABOVE, *_PLAIN_IDS, *_foreign())


def load_space(
    id: str = FACE_MODEL_ID, version: int | None = None, *, flame: str | PathLike[str] | None = None
) -> ExpressionSpace:
    """A space by its id; made once, then shared.

    ``dfe-face`` lives on the face model's 468 points (:mod:`dfe.facemodel.space`), ``arkit51/face41`` (no gaze, no
    blink) and ``arkit51`` on the embedded head. The ``flame2020`` spaces and
    ``bfm/exp64`` have no mesh here: their millimetres are coefficient units (:mod:`dfe.space.plain`). Version 2 of the
    ``flame2020`` spaces lives on the user's FLAME file. Other packages add spaces under the entry-point group
    ``dfe.spaces``.

    A folder with a ``space.json`` (its path as a string) is a learned space (:mod:`dfe.space.learned`).

    A version other than the one that is known is refused; of the ``flame2020`` spaces it is 2 where there is a FLAME
    file, else 1.

    Args:
        id: of the space.
        version: of the space.
        flame: FLAME model file; by default the one that the environment variable ``DFE_FLAME`` names, if any.

    Raises:
        ModelError: no such space or version, the installed head or a learned space is damaged, or another package's
            space is broken.
    """
    if id in ARKIT_IDS:
        return arkit_space(id, version)
    if id in _PLAIN_IDS:
        file = flame_file(flame)
        if id in FLAME_IDS and (version == MESH_VERSION or (version is None and file is not None)):
            if file is None:
                what = f"version {version} of space {id!r} lives on a FLAME file, which this package does not hold"
                raise ModelError(what, advice=f"name the file with --flame, or in the variable {FLAME_VARIABLE}")
            return _on_flame(os.path.realpath(file), id)
        if version not in (None, PLAIN_VERSION):
            raise ModelError(f"no version {version} of space {id!r} is known here", advice=_ADVICE)
        return bfm_space() if id == BFM_ID else flame_space(id)
    if id in _ABOVE:
        return _versioned(_load_above(id), version)
    if id in (foreign := _foreign()):
        return _load_foreign(foreign[id], version)
    if holds_space(id):
        return _versioned(read_space(id), version)
    known = ", ".join(f"'{name}'" for name in space_ids())
    raise ModelError(
        f"no expression space is called {id!r}", advice=f"use one of {known}, or the folder of a learned space"
    )


def _versioned(space: ExpressionSpace, version: int | None) -> ExpressionSpace:
    if version not in (None, space.version):
        raise ModelError(f"is version {space.version}, not {version}", where=space.id, advice=_ADVICE)
    return space


def _load_above(id: str) -> ExpressionSpace:
    module, maker = _ABOVE[id]
    space: ExpressionSpace = getattr(importlib.import_module(module), maker)()
    return space


def flame_file(given: str | PathLike[str] | None = None) -> Path | None:
    """The user's FLAME model file: the one that was given, else the one that :data:`FLAME_VARIABLE` names, if any."""
    named = given or os.environ.get(FLAME_VARIABLE)
    return Path(named) if named else None


@cache
def _on_flame(file: str, id: str) -> ExpressionSpace:
    from dfe.space.flame import flame_mesh_space, read_flame

    return flame_mesh_space(read_flame(Path(file)), id)


@cache
def _foreign() -> dict[str, EntryPoint]:
    own = (*ARKIT_IDS, *_ABOVE, *_PLAIN_IDS)
    return {point.name: point for point in sorted(entry_points(group=GROUP)) if point.name not in own}


@cache
def _load_foreign(point: EntryPoint, version: int | None) -> ExpressionSpace:
    package = point.dist.name if point.dist else point.value
    try:
        space = point.load()(version)
    except Exception as error:  # whatever another package raises, the user must learn whose it is
        what = f"space {point.name!r} of package {package} cannot be loaded ({type(error).__name__}: {error})"
        raise ModelError(what, advice="update or uninstall that package") from error
    if not isinstance(space, ExpressionSpace) or space.id != point.name:
        what = f"what package {package} registers as space {point.name!r} is no ExpressionSpace of that id"
        raise ModelError(what, advice="update that package")
    return space
