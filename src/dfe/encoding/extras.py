"""Extras of the package: what each is for, and whether it is there, half there, or simply not wanted."""

from __future__ import annotations

import importlib.metadata
import re
from typing import NamedTuple

from dfe.base.installing import PACKAGE, how_to_install

FOR = {
    "train": "dfe train and dfe ablate",
    "study": "dfe study and dfe evaluate",
    "flame": "the front ends deca, emoca and smirk, and dfe export-encoder",
    "pandas": "to_pandas()",
    "plot": "figures: plot_displays() and its kin",
    "tensorboard": "dfe train --tensorboard",
    "viewer": "dfe view and dfe live",
    "corpus": "dfe corpus query, and stores that pyarrow does not know",
    "distributed": "dfe corpus run --engine ray",
}
"""Each in the words of what a user would do with it."""

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*([^;]*);.*extra == ['\"]([a-z]+)['\"]")
_LEAST = re.compile(r">=\s*([0-9.]+)")


class Extra(NamedTuple):
    """One extra."""

    name: str
    there: tuple[str, ...]
    """Packages of it that are there, with their versions."""
    lacking: tuple[str, ...]
    """Packages of it that are not there, or too old."""
    begun: bool
    """Whether somebody set out to install it: a package of it is there that no whole extra has brought."""

    @property
    def install(self) -> str:
        """The command that brings it."""
        return how_to_install(self.name)


def extras() -> list[Extra]:
    """The extras for users, as the package's own metadata lists them."""
    wanted: dict[str, list[tuple[str, str]]] = {name: [] for name in FOR}
    for line in _requirements():
        found = _REQUIREMENT.match(line)
        if found is not None and found[3] in wanted:
            wanted[found[3]].append((found[1], found[2]))
    lacking = {name: [p for p, limits in needs if not _is_there(p, limits)] for name, needs in wanted.items()}
    explained = {package for name, needs in wanted.items() if not lacking[name] for package, _ in needs}
    return [
        Extra(
            name,
            tuple(f"{p} {importlib.metadata.version(p)}" for p, _ in needs if p not in lacking[name]),
            tuple(lacking[name]),
            any(_version(p) is not None and p not in explained for p, _ in needs),
        )
        for name, needs in wanted.items()
    ]


def _requirements() -> list[str]:
    try:
        return importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:  # run from its source, without being installed
        return []


def _is_there(package: str, limits: str) -> bool:
    version, least = _version(package), _LEAST.search(limits)
    return version is not None and (least is None or _numbers(version) >= _numbers(least[1]))


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"[0-9.]+", version)
    return tuple(int(part) for part in found[0].split(".") if part) if found else ()
