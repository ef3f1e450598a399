"""Options as words of a command line: what the parser does, the other way round."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def words_for(options: DataclassInstance) -> list[str]:
    """The words that the parser makes these options of; those that are as they are by default are left out.

    Args:
        options: flags, numbers, texts and paths, and further options among them, as commands have them.

    Raises:
        TypeError: an option is of another kind, or an argument without a name.
    """
    words: list[str] = []
    for field in fields(options):
        value = getattr(options, field.name)
        if is_dataclass(value) and not isinstance(value, type):
            words += words_for(value)
        elif value != _default(field):
            words += _said(f"--{field.name.replace('_', '-')}", value)
    return words


def _said(option: str, value: object) -> list[str]:
    match value:
        case True:
            return [option]
        case str() | int() | float() | Path():
            text = str(value)
            # What begins like an option is taken for one, unless it is written to the option itself.
            return [f"{option}={text}"] if text.startswith("-") else [option, text]
    raise TypeError(f"{option}: {value!r} cannot be written as words")


def _default(field: Field[Any]) -> object:
    if field.default is MISSING:
        raise TypeError(f"{field.name} is no option that may be left out")
    return field.default
