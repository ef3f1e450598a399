"""What the commands print."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dfe.base.printable import printable, printable_json, printable_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dfe.encoding.summary import RunSummary


def say(*lines: str) -> None:
    """Print lines on standard output: the only way in which a command's own words get to a terminal."""
    for line in lines:
        print(printable_line(line))


def tell(*lines: str) -> None:
    """The same on standard error."""
    for line in lines:
        print(printable_line(line), file=sys.stderr)


def show(what: RenderableType) -> None:
    """Print a table or a tree."""
    from rich.console import Console

    Console(highlight=False).print(what)


def show_json(value: object) -> None:
    """Print plain values as JSON, which knows no NaN: what is not known is null."""
    text = json.dumps(_known(value), indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    print(printable_json(text))


def complain(problems: Iterable[object]) -> int:
    """Print problems, one a line, on standard error; the exit code that they make."""
    code = 0
    for problem in problems:
        tell(f"dfe: {printable(str(problem))}")
        code = 1
    return code


def note_open_key(key_file: Path | None) -> None:
    """Say so, where people other than the owner and the group can read a key of pseudonyms."""
    from dfe.encoding.one_naming import is_open_to_others

    if key_file is not None and is_open_to_others(key_file):
        tell(f"note: everybody on this computer can read {key_file} or who is who beside it; chmod 600 closes them")


def show_run(summary: RunSummary, *, as_json: bool) -> int:
    """What became of every input of an encoding; its exit code."""
    complain(summary.problems)
    if as_json:
        show_json(summary.as_dict())
    else:
        say(*summary.lines())
    return summary.exit_code


def _known(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _known(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_known(one) for one in value]
    return None if isinstance(value, float) and value != value else value


def _plain(value: object) -> object:
    """A number of numpy as Python's own; a path, an error as its text."""
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
