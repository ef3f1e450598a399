"""The user's own names and notes for displays: a small JSON file that is bound to one tokenizer.

{"format_version": 1, "tokenizer": {"id": "dfe-face41@3", "hash": "ed48..."},
 "names": {"27": {"name": "polite smile", "note": "seen with pressed lips"}}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dfe.base.errors import ModelError
from dfe.base.files import replacing

NAMES_FILE = "names.json"
"""Name of the file that is looked for beside a tokenizer."""

VARIABLE = "DFE_NAMES"
"""Environment variable with a names file, or a folder of them for several tokenizers."""

FORMAT_VERSION = 1
LONGEST_NAME, LONGEST_NOTE = 120, 4000

_MAX_BYTES = 4 * 2**20
_ADVICE = "download it again from the atlas's page, or take names out of use"


class Named(Protocol):
    """What a names file is bound to; a tokenizer."""

    @property
    def id(self) -> str:
        """``name@version``."""
        ...

    @property
    def hash(self) -> str:
        """SHA-256 in hex."""
        ...

    @property
    def size(self) -> int:
        """Displays and silence, K."""
        ...


@dataclass(frozen=True)
class Name:
    """What a user calls a display, and what he has to say about it."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class Names:
    """Names of one tokenizer's displays.

    Args:
        tokenizer: ``name@version``.
        hash: of the tokenizer.
        entries: by number of the display; displays without a name are left out.
    """

    tokenizer: str
    hash: str
    entries: Mapping[int, Name] = field(default_factory=dict)

    def __len__(self) -> int:
        """Displays with a name or a note."""
        return len(self.entries)

    @property
    def by_display(self) -> dict[int, str]:
        """Names by number, of the displays that have one."""
        return {display: entry.name for display, entry in self.entries.items() if entry.name}

    def name(self, display: int) -> str:
        """The user's name of a display; empty where there is none."""
        return self.entries[display].name if display in self.entries else ""

    def note(self, display: int) -> str:
        """The user's note on a display; empty where there is none."""
        return self.entries[display].note if display in self.entries else ""

    def label(self, display: int, words: str = "") -> str:
        """What to call a display in events, tables and charts: the user's name, then the words, then its number."""
        return self.name(display) or words or f"display {display}"

    def title(self, display: int, words: str) -> str:
        """Name and words together, as in ``polite smile (lip corner pull, left)``."""
        name = self.name(display)
        return f"{name} ({words})" if name else words

    def to_json(self) -> str:
        """The file's text; the same names give the same text."""
        entries = {
            str(display): {"name": entry.name, "note": entry.note}
            for display, entry in sorted(self.entries.items())
            if entry.name or entry.note
        }
        whole = {
            "format_version": FORMAT_VERSION,
            "tokenizer": {"id": self.tokenizer, "hash": self.hash},
            "names": entries,
        }
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the file, whole or not at all.

        Raises:
            OutputError: it exists (without ``overwrite``) or cannot be written.
        """
        with replacing(Path(path), overwrite=overwrite) as (file,):
            file.write(self.to_json().encode())


def load_names(
    tokenizer: Named, path: str | os.PathLike[str] | None = None, *, folder: str | os.PathLike[str] | None = None
) -> Names:
    """The names that a user has given to a tokenizer's displays; none if there is no file.

    Looked for in this order: ``path``; the environment variable ``DFE_NAMES`` (a file, or a folder of which the files
    of other tokenizers are passed over); ``names.json`` in the tokenizer's ``folder``.

    Args:
        tokenizer: whose displays are named.
        path: a names file; it must be there.
        folder: of the tokenizer; what ``tokenizer.folder`` says if None.

    Raises:
        ModelError: the file is missing, not JSON, of another tokenizer, or names a display that there is not.
    """
    if path is not None:
        return read_names(path, tokenizer)
    said = os.environ.get(VARIABLE, "")
    if said:
        if not Path(said).is_dir():
            return read_names(said, tokenizer)
        for one in sorted(Path(said).glob("*.json")):
            if _hash_of(_json(one)) == tokenizer.hash:
                return read_names(one, tokenizer)
    beside = folder if folder is not None else getattr(tokenizer, "folder", None)
    if beside is not None and (Path(beside) / NAMES_FILE).is_file():
        return read_names(Path(beside) / NAMES_FILE, tokenizer)
    return Names(tokenizer.id, tokenizer.hash)


def read_names(path: str | os.PathLike[str], tokenizer: Named) -> Names:
    """Read one names file.

    Raises:
        ModelError: missing, not JSON, of another tokenizer, or it names a display that there is not.
    """
    where = Path(path)
    values = _json(where)
    bound = values.get("tokenizer")
    if not isinstance(bound, dict) or not isinstance(values.get("names"), dict):
        raise ModelError("is no file of names", where=where, advice=_ADVICE)
    version = values.get("format_version")
    if isinstance(version, bool) or version != FORMAT_VERSION:
        raise ModelError(
            f"has format version {version!r}, this package reads {FORMAT_VERSION}", where=where, advice="update dfe"
        )
    if bound.get("hash") != tokenizer.hash:
        other = str(bound.get("id", "an unknown tokenizer"))
        other = other if other != tokenizer.id else f"another {other} (its hash differs)"
        advice = "give names to the tokenizer that you use, or name the file of its names"
        raise ModelError(f"holds names of {other}, not of {tokenizer.id}", where=where, advice=advice)
    entries = {}
    for key, entry in values["names"].items():
        display = int(key) if key.isdecimal() and len(key) < 7 else 0
        if not 1 <= display < tokenizer.size:
            raise ModelError(
                f"names display {key!r}, and {tokenizer.id} has displays 1 to {tokenizer.size - 1}",
                where=where,
                advice=_ADVICE,
            )
        entries[display] = _entry(entry, display, where)
    return Names(tokenizer.id, tokenizer.hash, entries)


def _entry(entry: Any, display: int, where: Path) -> Name:
    name, note = (entry.get("name", ""), entry.get("note", "")) if isinstance(entry, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(note, str):
        raise ModelError("has no text as name and note", where=f"{where}, display {display}", advice=_ADVICE)
    if len(name) > LONGEST_NAME or len(note) > LONGEST_NOTE:
        what = f"has a name of over {LONGEST_NAME} or a note of over {LONGEST_NOTE} characters"
        raise ModelError(what, where=f"{where}, display {display}", advice="shorten it")
    return Name(" ".join(name.split()), note.strip())


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelError("is too large to be a file of names", where=path)
        values = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ModelError("there is no such file of names", where=path) from None
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror})", where=path) from None
    except (ValueError, RecursionError):
        raise ModelError("is not JSON: damaged, or no file of names", where=path, advice=_ADVICE) from None
    if not isinstance(values, dict):
        raise ModelError("is no file of names", where=path, advice=_ADVICE)
    return values


def _hash_of(values: Mapping[str, Any]) -> object:
    bound = values.get("tokenizer")
    return bound.get("hash") if isinstance(bound, dict) else None
