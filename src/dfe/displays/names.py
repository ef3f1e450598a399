"""The user's own names, merges and groups of displays: a small JSON file that is bound to one tokenizer.

{"format_version": 1, "tokenizer": {"id": "dfe-face41@3", "hash": "ed48..."},
 "names": {"27": {"name": "polite smile", "note": "seen with pressed lips"}},
 "merges": [{"name": "broad smile", "displays": [15, 22], "who": "anna", "when": "2026-05-01", "tool": "dfe 0.1.0"}],
 "groups": {"smile": [15, 22, 27]}}

``merges`` and ``groups`` may be left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dfe.base.errors import ModelError, UsageError
from dfe.base.files import replacing
from dfe.base.json_objects import read_object
from dfe.displays.units import EYES, REGIONS, WAYS

NAMES_FILE = "names.json"
"""Name of the file that is looked for beside a tokenizer."""

VARIABLE = "DFE_NAMES"
"""Environment variable with a names file, or a folder of them for several tokenizers."""

FORMAT_VERSION = 1
RESERVED = frozenset({"blink", *(unit.token for unit in EYES), *REGIONS, *(f"gaze shift {way}" for way in WAYS)})
"""What no group may be called, since something else that is counted is."""
LONGEST_NAME, LONGEST_NOTE = 120, 4000

PACKAGE = Path(__file__).resolve().parents[1]
_MAX_BYTES = 4 * 2**20
_MERGE_ADVICE = "undo one of them with `dfe atlas --unmerge NAME`"
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
class Merge:
    """Displays that count as one, and who decided so."""

    name: str
    displays: tuple[int, ...]
    """Numbers, rising, two at least; all count under the first."""
    who: str = ""
    when: str = ""
    """Day, as in ``2026-05-01``."""
    tool: str = ""
    """Name and version of the package."""

    @property
    def said(self) -> str:
        """One line for everything that was counted with it."""
        numbers = f"{', '.join(map(str, self.displays[:-1]))} and {self.displays[-1]}"
        made = " ".join(part for part in (f"by {self.who}" if self.who else "", self.when, self.tool) if part)
        return f"displays {numbers} count as one, {self.name}{f' (merged {made})' if made else ''}"


@dataclass(frozen=True)
class Names:
    """Names of one tokenizer's displays.

    Args:
        tokenizer: ``name@version``.
        hash: of the tokenizer.
        entries: by number of the display; displays without a name are left out.
        merges: displays that count as one; no display in two.
        groups: displays by the name of the user's own groups; an empty one takes a group of the package out.
    """

    tokenizer: str
    hash: str
    entries: Mapping[int, Name] = field(default_factory=dict)
    merges: tuple[Merge, ...] = ()
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

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
        whole: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            "tokenizer": {"id": self.tokenizer, "hash": self.hash},
            "names": entries,
        }
        if self.merges:
            whole["merges"] = [asdict(merge) for merge in self.merges]
        if self.groups:
            whole["groups"] = {name: list(numbers) for name, numbers in self.groups.items()}
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
            if _hash_of(_values(one)) == tokenizer.hash:
                return read_names(one, tokenizer)
    beside = folder if folder is not None else getattr(tokenizer, "folder", None)
    if beside is not None and (Path(beside) / NAMES_FILE).is_file():
        return read_names(Path(beside) / NAMES_FILE, tokenizer)
    return Names(tokenizer.id, tokenizer.hash)


def names_target(
    tokenizer: Named, path: str | os.PathLike[str] | None = None, *, folder: str | os.PathLike[str] | None = None
) -> Path:
    """The file that :func:`load_names` reads, or would read if it were there: where changes are kept.

    Raises:
        UsageError: the tokenizer has no folder of its own, and nobody named a file.
    """
    if path is not None:
        return Path(path)
    said = os.environ.get(VARIABLE, "")
    if said:
        if not Path(said).is_dir():
            return Path(said)
        mine = [one for one in sorted(Path(said).glob("*.json")) if _hash_of(_values(one)) == tokenizer.hash]
        return mine[0] if mine else Path(said) / f"{tokenizer.id}.names.json"
    beside = folder if folder is not None else getattr(tokenizer, "folder", None)
    if beside is None or PACKAGE in Path(beside).resolve().parents:
        advice = f"name a file with --names, and set {VARIABLE} to it, so that every command reads it"
        raise UsageError(f"{tokenizer.id} comes with the package, so its folder keeps no names of yours", advice=advice)
    return Path(beside) / NAMES_FILE


def read_names(path: str | os.PathLike[str], tokenizer: Named) -> Names:
    """Read one names file.

    Raises:
        ModelError: missing, not JSON, of another tokenizer, or it names a display that there is not.
    """
    where = Path(path)
    values = _values(where)
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
        _check_display(display, key, tokenizer, where)
        entries[display] = _entry(entry, display, where)
    merges = tuple(_merge(one, tokenizer, where) for one in _listed(values, "merges", list, where))
    groups = {
        _group_name(name, where): _numbers(numbers, tokenizer, where)
        for name, numbers in _listed(values, "groups", dict, where).items()
    }
    found = Names(tokenizer.id, tokenizer.hash, entries, merges, groups)
    check_merges(found.merges, where)
    return found


def check_merges(merges: Sequence[Merge], where: str | os.PathLike[str]) -> None:
    """Refuse a display in two merges, and two merges of one name.

    Raises:
        ModelError: there is one.
    """
    seen: dict[int, str] = {}
    for merge in merges:
        if merge.name in {other.name for other in merges if other is not merge}:
            raise ModelError(f"has two merges that are called {merge.name}", where=where, advice=_MERGE_ADVICE)
        for number in merge.displays:
            if number in seen:
                raise ModelError(
                    f"display {number} is part of {seen[number]}, so it cannot be part of {merge.name} too",
                    where=where,
                    advice=_MERGE_ADVICE,
                )
            seen[number] = merge.name


def _check_display(display: int, said: object, tokenizer: Named, where: Path) -> None:
    if not 1 <= display < tokenizer.size:
        raise ModelError(
            f"names display {said!r}, and {tokenizer.id} has displays 1 to {tokenizer.size - 1}",
            where=where,
            advice=_ADVICE,
        )


def _listed(values: Mapping[str, Any], key: str, kind: type, where: Path) -> Any:
    found = values.get(key, kind())
    if not isinstance(found, kind):
        raise ModelError(f"holds no {key} where they should be", where=where, advice=_ADVICE)
    return found


def _numbers(said: Any, tokenizer: Named, where: Path) -> tuple[int, ...]:
    if not isinstance(said, list) or not all(isinstance(n, int) and not isinstance(n, bool) for n in said):
        raise ModelError("has no list of numbers of displays", where=where, advice=_ADVICE)
    for number in said:
        _check_display(number, number, tokenizer, where)
    return tuple(sorted(set(said)))


def _merge(said: Any, tokenizer: Named, where: Path) -> Merge:
    if not isinstance(said, dict):
        raise ModelError("has a merge that is none", where=where, advice=_ADVICE)
    texts = {key: said.get(key, "") for key in ("name", "who", "when", "tool")}
    if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in texts.values()) or not texts["name"]:
        raise ModelError("has a merge without a name, or with text that is none", where=where, advice=_ADVICE)
    numbers = _numbers(said.get("displays"), tokenizer, where)
    if len(numbers) < 2:
        raise ModelError(f"has a merge {texts['name']} of fewer than two displays", where=where, advice=_ADVICE)
    return Merge(displays=numbers, **{key: " ".join(text.split()) for key, text in texts.items()})


def _group_name(name: str, where: Path) -> str:
    said = " ".join(name.split())
    if not said or len(said) > LONGEST_NAME or said.isdecimal() or said in RESERVED:
        advice = "give the group another name: no number, and none of those of the eyes' displays"
        raise ModelError(f"has a group called {name!r}, which another unit is called", where=where, advice=advice)
    return said


def _entry(entry: Any, display: int, where: Path) -> Name:
    name, note = (entry.get("name", ""), entry.get("note", "")) if isinstance(entry, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(note, str):
        raise ModelError("has no text as name and note", where=f"{where}, display {display}", advice=_ADVICE)
    if len(name) > LONGEST_NAME or len(note) > LONGEST_NOTE:
        what = f"has a name of over {LONGEST_NAME} or a note of over {LONGEST_NOTE} characters"
        raise ModelError(what, where=f"{where}, display {display}", advice="shorten it")
    return Name(" ".join(name.split()), note.strip())


def _values(path: Path) -> dict[str, Any]:
    absent = "there is no such file of names"
    return read_object(path, "file of names", absent=absent, advice=_ADVICE, most=_MAX_BYTES)


def _hash_of(values: Mapping[str, Any]) -> object:
    bound = values.get("tokenizer")
    return bound.get("hash") if isinstance(bound, dict) else None
