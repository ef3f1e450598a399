"""Which edition of FLAME a model file is: their meshes are alike, but the same coefficient makes another expression.

All editions have the same arrays of the same shapes, so nothing in a file says which it is. What is known: the SHA-256
of the official FLAME 2020 file, the names that the files are published under, and what the user says. A folder's name
counts for nothing, since a 2023 Open file is often put in place of ``FLAME2020/generic_model.pkl``.
"""

from __future__ import annotations

import re
from pathlib import Path

from dfe.base.errors import ModelError, UsageError

EDITIONS: dict[str, str] = {
    "2017": "FLAME 2017",
    "2019": "FLAME 2019",
    "2020": "FLAME 2020",
    "2023": "FLAME 2023",
    "2023nojaw": "FLAME 2023 without jaw rotation",
    "2023open": "FLAME 2023 Open",
}
"""Editions and what they are called; each has an expression basis of its own."""

ENCODERS_EDITION = "2020"
"""The edition whose coefficients DECA, EMOCA and SMIRK give."""

_KNOWN_FILES = {"efcd14cc4a69f3a3d9af8ded80146b5b6b50df3bd74cf69108213b144eba725b": "2020"}
"""SHA-256 of published files: generic_model.pkl of FLAME2020.zip, 53,023,716 bytes."""


def find_edition(path: Path, sha256: str, edition: str | None) -> str:
    """The edition of a file.

    Args:
        path: its name may hold the year, as ``flame2023_Open.pkl`` or ``flame2020.pkl``.
        sha256: of the file.
        edition: what the user says, one of :data:`EDITIONS`.

    Raises:
        UsageError: there is no such edition.
        ModelError: it cannot be told, or what the user says contradicts the file.
    """
    if edition is not None and edition not in EDITIONS:
        raise UsageError(f"no edition of FLAME is called {edition!r}", advice=f"use one of {', '.join(EDITIONS)}")
    told = _KNOWN_FILES.get(sha256) or edition_of_name(path.name)
    if told is None and edition is None:
        raise ModelError(
            "is a FLAME model whose edition cannot be told from its contents or name",
            where=path,
            advice="name it flame2020.pkl (or flame2017, 2019, 2023, 2023_no_jaw, 2023_Open), or give its edition",
        )
    if told is not None and edition not in (None, told):
        what = f"is {EDITIONS[told]} by its {'contents' if sha256 in _KNOWN_FILES else 'name'}, not {edition}"
        raise ModelError(what, where=path, advice="give the right file or the right edition")
    found = edition or told
    assert found is not None
    return found


def edition_of_name(name: str) -> str | None:
    """The edition that a file's name speaks of; None if it speaks of none or of several."""
    years = {year for year in ("2017", "2019", "2020", "2023") if year in name}
    if len(years) != 1:
        return None
    year = years.pop()
    if year == "2023" and re.search("open", name, re.IGNORECASE):
        return "2023open"
    if year == "2023" and re.search("no.?jaw", name, re.IGNORECASE):
        return "2023nojaw"
    return year


def check_decodes(path: str, edition: str, wanted: str) -> None:
    """Refuses to let a file of one edition decode coefficients of another.

    Raises:
        ModelError: the editions differ; the error says what to get.
    """
    if edition == wanted:
        return
    name, other = EDITIONS[edition], EDITIONS.get(wanted, f"FLAME {wanted}")
    from_encoders = " (those of DECA, EMOCA and SMIRK)" if wanted == ENCODERS_EDITION else ""
    raise ModelError(
        f"is {name}, whose expression basis is not that of {other}: "
        f"it would turn coefficients of {other}{from_encoders} into wrong expressions",
        where=path,
        advice=f"give the file of {other}, or use space flame{edition}/... for coefficients that were made with {name}",
    )
