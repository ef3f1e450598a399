"""Front ends by name: those of the package and those that other packages register as entry points."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from dfe.base.cells import Cells, shown_names
from dfe.base.errors import DfeError, UsageError
from dfe.frontends.spec import FrontEndSpec

GROUP = "dfe.frontends"
"""Entry-point group; each point names a :class:`FrontEndSpec`."""

DEFAULT = "landmarks"

OWN: dict[str, str] = {
    "landmarks": "dfe.frontends.landmarks.spec:LANDMARKS",
    "deca": "dfe.frontends.encoders.spec:DECA",
    "emoca": "dfe.frontends.encoders.spec:EMOCA",
    "smirk": "dfe.frontends.encoders.spec:SMIRK",
    "arkit": "dfe.frontends.tables.arkit:ARKIT",
    "pyfeat": "dfe.frontends.tables.pyfeat:PYFEAT",
    "openface": "dfe.frontends.tables.openface:OPENFACE",
    "clnf": "dfe.frontends.tables.clnf:CLNF",
    "libreface": "dfe.frontends.tables.libreface:LIBREFACE",
    "flame-params": "dfe.frontends.tables.flame_parameters:FLAME_PARAMETERS",
    "bfm": "dfe.frontends.tables.bfm:BFM",
    "mesh": "dfe.frontends.meshes.spec:MESH",
}
"""Our own, each imported when it is asked for; a table is read by the first that recognises it."""


def front_end_names() -> tuple[str, ...]:
    """Names of all front ends, the package's own first."""
    return (*OWN, *_foreign())


def find_front_end(name: str) -> FrontEndSpec:
    """The front end of that name.

    Raises:
        UsageError: there is none, or the package that registers it cannot be imported.
    """
    if name in OWN:
        module, _, attribute = OWN[name].partition(":")
        return _checked(getattr(importlib.import_module(module), attribute), name)
    foreign = _foreign()
    if name not in foreign:
        known = ", ".join(front_end_names())
        raise UsageError(f"no front end is called {name!r}", advice=f"use one of {known}")
    point = foreign[name]
    try:
        loaded = point.load()
    except Exception as error:  # whatever another package's import raises, the user must learn whose it is
        package = point.dist.name if point.dist else point.value
        what = f"front end {name!r} of package {package} cannot be loaded ({type(error).__name__}: {error})"
        raise UsageError(what, advice="update or uninstall that package") from error
    return _checked(loaded, name)


def recognise(path: Path) -> FrontEndSpec | None:
    """The first front end for tables that knows the file; None if no one does.

    A foreign front end that cannot be loaded is passed over: it must not keep others from working.
    """
    for name in front_end_names():
        try:
            spec = find_front_end(name)
        except DfeError:
            continue
        if spec.recognises is not None and spec.recognises(path):
            return spec
    return None


def why_unknown(path: Path) -> str:
    """Why no front end for tables reads a file, in words for an error."""
    for name in front_end_names():
        try:
            spec = find_front_end(name)
        except DfeError:
            continue
        if spec.misses is not None and (why := spec.misses(path)) is not None:
            return why
    suffix = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if suffix in ("npz", "npy", "mat", "pkl", "pickle", "obj", "ply"):
        return "holds no arrays that a front end for tables knows by their names and shapes"
    try:
        header = Cells(path, short_rows=True).header
    except DfeError as error:
        return error.what
    return f"is no table of faces that a front end knows: its columns are {shown_names(header)}"


@cache
def _foreign() -> dict[str, EntryPoint]:
    return {point.name: point for point in sorted(entry_points(group=GROUP)) if point.name not in OWN}


def _checked(found: object, name: str) -> FrontEndSpec:
    if not isinstance(found, FrontEndSpec):
        raise UsageError(f"what is registered as front end {name!r} is no FrontEndSpec", advice="update that package")
    return found
