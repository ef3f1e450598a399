"""What a user can change from the page, each change one that a command knows too, saved to the file that it reads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from getpass import getuser
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dfe.base.errors import UsageError
from dfe.displays.merges import parse_group, parse_merge, with_groups, with_merges, without_groups, without_merges
from dfe.displays.names import LONGEST_NAME, LONGEST_NOTE, Name, Names
from dfe.recording.faces import merge_faces, split_face
from dfe.recording.recording import Recording
from dfe.recording.roles import COLUMNS as ROLES
from dfe.recording.roles import read_roles
from dfe.tokenizer.tokenizer import Tokenizer
from dfe.viewer.label_rows import NEUTRAL, WINDOWS, add_row, remove_row

Sent = Mapping[str, Any]
Changing = Callable[..., AbstractContextManager[None]]
BESIDE_THE_CHARTS = ("role", "not role", "window", "not window")
"""Changes that change nothing of what the charts draw."""
_LONGEST_WORD = 200


@dataclass(frozen=True)
class Files:
    """Where changes are kept."""

    names: Path
    roles: Path
    windows: Path


@dataclass(frozen=True)
class Target:
    """What is changed: one recording, with the tokenizer and the names of its displays."""

    path: Path
    name: str
    tokenizer: Tokenizer | None
    names: Names | None
    files: Files


def edit(sent: Sent, target: Target, changing: Changing) -> str:
    """Make one change; says which.

    Args:
        sent: ``what`` is the kind of change, the other entries say the rest.
        target: what is changed.
        changing: :meth:`dfe.viewer.history.History.changing`.

    Raises:
        UsageError: it makes no sense.
        DfeError: a file that does not fit, or cannot be written.
    """
    kinds: Mapping[str, Callable[[Sent, Target, Changing], str]] = {
        "name": _name,
        "merge": _merge,
        "unmerge": _unmerge,
        "group": _group,
        "ungroup": _ungroup,
        "join faces": _join,
        "split face": _split,
        "role": _role,
        "not role": _not_role,
        "window": _window,
        "not window": _not_window,
    }
    what = _text(sent, "what")
    if what not in kinds:
        raise UsageError("the page asked for a change that there is not")
    return kinds[what](sent, target, changing)


def _name(sent: Sent, target: Target, changing: Changing) -> str:
    names, tokenizer = _named(target)
    display = _whole(sent, "display")
    if not 1 <= display < tokenizer.size:
        raise UsageError(f"{tokenizer.id} has displays 1 to {tokenizer.size - 1}, not {display}")
    said, note = " ".join(_text(sent, "name", "").split()), _text(sent, "note", "", LONGEST_NOTE).strip()
    if len(said) > LONGEST_NAME:
        raise UsageError(f"a name may have {LONGEST_NAME} characters, not {len(said)}", advice="shorten it")
    entries = {number: entry for number, entry in names.entries.items() if number != display}
    if said or note:
        entries[display] = Name(said, note)
    words = f"display {display} is called {said}" if said else f"display {display} has no name of yours"
    return _keep_names(replace(names, entries=entries), words, target, changing)


def _merge(sent: Sent, target: Target, changing: Changing) -> str:
    names, tokenizer = _named(target)
    numbers = _numbers(sent, "displays")
    made = {
        "who": getuser(),
        "when": datetime.now(UTC).date().isoformat(),
        "tool": f"dfe {version('discrete-facial-encoding')}",
    }
    merge = parse_merge(f"{'+'.join(map(str, numbers))}={_text(sent, 'name')}", **made)
    words = f"displays {', '.join(map(str, numbers))} count as one, {merge.name}"
    return _keep_names(with_merges(names, tokenizer, [merge]), words, target, changing)


def _unmerge(sent: Sent, target: Target, changing: Changing) -> str:
    names, _ = _named(target)
    name = _text(sent, "name")
    return _keep_names(without_merges(names, [name]), f"{name} is merged no longer", target, changing)


def _group(sent: Sent, target: Target, changing: Changing) -> str:
    names, tokenizer = _named(target)
    numbers = _numbers(sent, "displays")
    group = parse_group(f"{_text(sent, 'name')}={'+'.join(map(str, numbers))}")
    said = (
        f"group {group[0]} is displays {', '.join(map(str, group[1]))}" if numbers else f"group {group[0]} is left out"
    )
    return _keep_names(with_groups(names, tokenizer, [group]), said, target, changing)


def _ungroup(sent: Sent, target: Target, changing: Changing) -> str:
    names, _ = _named(target)
    name = _text(sent, "name")
    return _keep_names(without_groups(names, [name]), f"your group {name} is gone", target, changing)


def _keep_names(names: Names, said: str, target: Target, changing: Changing) -> str:
    with changing(said, target.files.names):
        names.write(target.files.names, overwrite=True)
    return said


def _join(sent: Sent, target: Target, changing: Changing) -> str:
    face, into = _whole(sent, "face"), _whole(sent, "into")
    changed = merge_faces(Recording.read(target.path), {face: into})
    return _keep_recording(changed, f"face {face} is part of face {into}", target, changing)


def _split(sent: Sent, target: Target, changing: Changing) -> str:
    face, at = _whole(sent, "face"), _seconds(sent, "at_s")
    changed = split_face(Recording.read(target.path), face, at)
    return _keep_recording(changed, f"face {face} is another from {at:.2f} s on", target, changing)


def _keep_recording(changed: Recording, said: str, target: Target, changing: Changing) -> str:
    with changing(said, target.path):
        changed.write(target.path, overwrite=True)
    return said


def _role(sent: Sent, target: Target, changing: Changing) -> str:
    subject = _text(sent, "subject")
    row = {
        "recording": target.name,
        "face_id": str(_whole(sent, "face")),
        "start": _moment(sent, "start_s"),
        "end": _moment(sent, "end_s"),
        "subject": subject,
        "role": _text(sent, "role", ""),
    }
    if not subject:
        raise UsageError("say whose face it is")
    said = f"face {row['face_id']} of {target.name} is {subject}'s"
    with changing(said, target.files.roles):
        add_row(target.files.roles, ROLES, row)
        read_roles(target.files.roles)
    return said


def _not_role(sent: Sent, target: Target, changing: Changing) -> str:
    row = _row(sent, ROLES)
    said = f"face {row['face_id']} of {target.name} is not {row['subject']}'s"
    with changing(said, target.files.roles):
        remove_row(target.files.roles, ROLES, row)
    return said


def _window(sent: Sent, target: Target, changing: Changing) -> str:
    start, end, condition = _seconds(sent, "start_s"), _seconds(sent, "end_s"), _text(sent, "condition")
    if not condition:
        raise UsageError("give the window a condition")
    if not 0 <= start < end:
        raise UsageError("the window ends before it begins")
    face = sent.get("face")
    row = {
        "recording": target.name,
        "face_id": "" if face is None else str(_whole(sent, "face")),
        "start_s": f"{start:.4f}",
        "end_s": f"{end:.4f}",
        "condition": condition,
    }
    kind = "rest" if condition == NEUTRAL else f"window {condition}"
    said = f"{kind} from {start:.2f} to {end:.2f} s of {target.name}"
    with changing(said, target.files.windows):
        add_row(target.files.windows, WINDOWS, row)
    return said


def _not_window(sent: Sent, target: Target, changing: Changing) -> str:
    row = _row(sent, WINDOWS)
    said = f"no window {row['condition']} from {row['start_s']} to {row['end_s']} s of {target.name}"
    with changing(said, target.files.windows):
        remove_row(target.files.windows, WINDOWS, row)
    return said


def _named(target: Target) -> tuple[Names, Tokenizer]:
    if target.names is None or target.tokenizer is None:
        raise UsageError("this recording has no displays to name", advice="the page says why")
    return target.names, target.tokenizer


def _row(sent: Sent, columns: tuple[str, ...]) -> dict[str, str]:
    row = sent.get("row")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in columns):
        raise UsageError("the page sent a row that is none")
    return {name: row[name] for name in columns}


def _text(sent: Sent, key: str, default: str | None = None, longest: int = _LONGEST_WORD) -> str:
    value = sent.get(key, default)
    if (
        not isinstance(value, str)
        or len(value) > longest
        or any(ord(sign) < 32 and sign not in "\n\t" for sign in value)
    ):
        raise UsageError(f"{key} is no text that can be kept", advice=f"up to {longest} characters, no control signs")
    return value.strip()


def _whole(sent: Sent, key: str) -> int:
    value = sent.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1_000_000:
        raise UsageError(f"{key} is no number that can be kept")
    return value


def _numbers(sent: Sent, key: str) -> list[int]:
    value = sent.get(key)
    if not isinstance(value, list) or len(value) > 10_000:
        raise UsageError(f"{key} is no list of numbers")
    return [_whole({key: one}, key) for one in value]


def _seconds(sent: Sent, key: str) -> float:
    value = sent.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e7:
        raise UsageError(f"{key} is no time in seconds")
    return float(value)


def _moment(sent: Sent, key: str) -> str:
    """Seconds as a cell; nothing where there is no limit."""
    return "" if sent.get(key) is None else f"{_seconds(sent, key):.4f}"
