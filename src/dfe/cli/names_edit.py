"""Changing and listing a tokenizer's merges and groups, for `dfe atlas`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dfe.displays.names import Names
    from dfe.tokenizer.tokenizer import Tokenizer


@dataclass(frozen=True)
class NamesEdit:
    """What shall be changed in a file of names."""

    merge: Sequence[str] = ()
    unmerge: Sequence[str] = ()
    group: Sequence[str] = ()
    ungroup: Sequence[str] = ()
    by: str | None = None

    def __bool__(self) -> bool:
        return bool(self.merge or self.unmerge or self.group or self.ungroup)


def edit_names(tokenizer: Tokenizer, path: Path | None, edit: NamesEdit) -> int:
    """Change the file of names, whole or not at all, and say what it holds now.

    Raises:
        UsageError: a change that makes no sense, or no file to keep it in.
        ModelError: the file does not fit.
        OutputError: it cannot be written.
    """
    from datetime import UTC, datetime
    from getpass import getuser
    from importlib.metadata import version

    from dfe.cli.show import say
    from dfe.displays.merges import parse_group, parse_merge, with_groups, with_merges, without_groups, without_merges
    from dfe.displays.names import Names, load_names, names_target

    target = names_target(tokenizer, path)
    names = load_names(tokenizer, target) if target.is_file() else Names(tokenizer.id, tokenizer.hash)
    made = {
        "who": edit.by or getuser(),
        "when": datetime.now(UTC).date().isoformat(),
        "tool": f"dfe {version('discrete-facial-encoding')}",
    }
    names = without_merges(names, edit.unmerge)
    names = with_merges(names, tokenizer, [parse_merge(text, **made) for text in edit.merge])
    names = without_groups(names, edit.ungroup)
    names = with_groups(names, tokenizer, [parse_group(text) for text in edit.group])
    names.write(target, overwrite=True)
    for merge in names.merges:
        say(merge.said)
    for name, numbers in names.groups.items():
        say(f"group {name}: {', '.join(map(str, numbers)) or 'taken out'}")
    say(f"names: {target}")
    return 0


def list_groups(tokenizer: Tokenizer, names: Names) -> int:
    """Print the groups of displays, the merges, and the displays of the eyes."""
    from dfe.cli.show import say
    from dfe.displays.groups import RULES
    from dfe.displays.units import EYES
    from dfe.displays.vocabulary import vocabulary_of

    vocabulary = vocabulary_of(tokenizer, names)
    described = tokenizer.displays().described
    for group in vocabulary.groups:
        how = "your own" if group.made_by == "user" else RULES[group.name].words
        say(f"{group.name} ({how})")
        for number in group.displays:
            say(f"  {number:3}  {names.title(number, described[number].words)}")
    for note in vocabulary.notes:
        say(note)
    say("eyes, counted where the recording measures them")
    for eye in EYES:
        say(f"  {eye.token}: {eye.label}, from {eye.on:g} {eye.measure}")
    say("  blink: both eyes closed and open again within half a second")
    return 0
