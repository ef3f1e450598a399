"""Writes docs/reference.md: the public names of the package, the commands, and every option, out of the code itself.

python scripts/make_reference.py
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
import textwrap
import types
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import dfe
from dfe.cli.verbs import GROUPS, PARTS, Verb, verbs

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"

HEAD = """# Reference

Made by `python scripts/make_reference.py` from the code; a test holds them together.

## Python

`import dfe` gives the names below, and they are all that the package promises: they keep their meaning, and the
changelog says when one changes. Everything else (`dfe.recording`, `dfe.stats`, ...) is private by convention: look, but
it may move in any release. For a front end or a data set of your own, see [front-ends.md](front-ends.md) and
[data-sets.md](data-sets.md).
"""

OPTIONS = """
## Options

One name has one type and one meaning in every command that has it.

- A list is separated by blanks and given once: `--covariates age sex`. No list is separated by commas.
- `-o` says where the results go. Nothing is replaced without `--overwrite`, but what `dfe encode` knows to be
  its own and out of date ([go on with a run](how-to.md#go-on-with-a-run)); `dfe qc`, `dfe study report` and `dfe demo`
  renew the files that are theirs.
- `--json` prints the results as JSON on standard output; problems and progress go to standard error.
- An option that does nothing for what is given is refused.
- Seconds, millimetres and frames per second are numbers with a point: `--end 12.5`.
- `--debug`, anywhere, shows the details of an error. Without it an error is one line, and an unexpected one also says
  which file keeps its details.
- `--limit 4`, anywhere, reads files four times as large as is usual. An error that names a limit says so.
- `-` in place of paths reads them from standard input, a line each; with `--null` as `find -print0` lists them:
  `find . -name '*.mp4' -print0 | dfe encode - --null -o out`.

Exit codes: 0 all done; 1 some input or output failed (the others are done); 2 the command line makes no sense; 130
interrupted; 141 whoever read the output has gone.

| option | value | meaning | commands |
|---|---|---|---|
"""


class Option(NamedTuple):
    """An option of a command, or one of the words before its options."""

    name: str
    """As in ``--min-coverage``; of a word before the options, its name in the code."""
    kind: str
    """The type, whether it may be left out or not."""
    help: str
    metavar: str
    positional: bool

    @property
    def meaning(self) -> str:
        """The first clause of the help: the same wherever the option is."""
        return re.split(r"[:;.,(]\s|[.:;]$", self.help, maxsplit=1)[0]


def options_of(verb: Verb) -> list[Option]:
    """What can be said to a command."""
    return _options(verb.options())


def _options(cls: Any) -> list[Option]:
    hints, texts = get_type_hints(cls, include_extras=True), _texts(cls)
    found = []
    for field in dataclasses.fields(cls):
        hint, notes = hints[field.name], []
        while get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            notes += more
        if dataclasses.is_dataclass(hint):
            found += _options(hint)
            continue
        said = [note for note in notes if hasattr(note, "metavar")]
        positional = any(not hasattr(note, "metavar") for note in notes)
        help = next((note.help for note in said if note.help), texts.get(field.name, ""))
        metavar = next((note.metavar for note in said if note.metavar), "")
        name = field.name if positional else f"--{field.name.replace('_', '-')}"
        found.append(Option(name, _kind(hint), " ".join(help.split()), metavar or _value(hint), positional))
    return found


def _texts(cls: type) -> dict[str, str]:
    """The string below each field."""
    (made,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    texts = {}
    for field, below in pairwise(made.body if isinstance(made, ast.ClassDef) else ()):
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            texts[ast.unparse(field.target)] = str(below.value.value)
    return texts


def _kind(hint: Any) -> str:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is Literal:
        return "str"
    if get_origin(hint) is tuple:
        return " ".join(_kind(one) if one is not ... else "..." for one in get_args(hint))
    return str(hint.__name__)


def _value(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(get_args(hint))
    return {"bool": "", "int": "N"}.get(_kind(hint), _kind(hint).upper())


def page() -> str:
    """All of the page."""
    lines = [HEAD]
    named = {name: getattr(dfe, name) for name in dfe.__all__ if name != "__version__"}
    kinds = {
        "What it does": [n for n, value in named.items() if inspect.isfunction(value)],
        "What it gives": [n for n, v in named.items() if inspect.isclass(v) and not _settings(n) and n != "DfeError"],
        "Settings": [n for n in named if _settings(n)],
        "Errors": ["DfeError"],
    }
    for title, names in kinds.items():
        lines += [f"### {title}\n", "| name | meaning |", "|---|---|"]
        for name in sorted(names, key=str.lower):
            call = f"{name}{_call(named[name])}" if inspect.isfunction(named[name]) else name
            lines.append(f"| `dfe.{call}` | {_first(named[name])} |")
        lines.append("")
    lines.append("## Commands\n\n`dfe COMMAND --help` says all, with examples.")
    for group, members in GROUPS.items():
        lines += ["", f"**{group}**", ""]
        for verb in members:
            lines.append(f"- `dfe {verb.name}`: {verb.line}")
            if not verb.place:
                lines += [f"    - `dfe {part.name}`: {part.line}" for part in PARTS[verb.name][0]]
    rows: dict[str, list[tuple[Option, str]]] = defaultdict(list)
    for verb in verbs():
        for option in options_of(verb):
            if not option.positional:
                rows[option.name].append((option, verb.name))
    table = []
    for name, uses in sorted(rows.items()):
        first = uses[0][0]
        values = dict.fromkeys(option.metavar for option, _ in uses if option.metavar)
        where = ", ".join(verb for _, verb in uses)
        texts = {option.help for option, _ in uses}
        meaning = first.help.removesuffix(".") if len(texts) == 1 else first.meaning
        table.append(f"| `{name}` | {' or '.join(f'`{v}`' for v in values)} | {meaning} | {where} |")
    return "\n".join(lines) + "\n" + OPTIONS + "\n".join(table) + "\n"


def _settings(name: str) -> bool:
    return name.endswith(("Options", "Config", "Rule"))


def _call(function: Any) -> str:
    parts = []
    star = False
    for one in inspect.signature(function).parameters.values():
        if one.kind is one.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        mark = "**" if one.kind is one.VAR_KEYWORD else ""
        default = "" if one.default is one.empty or mark else "=..."
        parts.append(f"{mark}{one.name}{default}")
    return f"({', '.join(parts)})"


def _first(value: Any) -> str:
    text = (inspect.getdoc(value) or "").split("\n\n")[0]
    return " ".join(re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text).replace("``", "`").replace("|", "\\|").split())


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE, file=sys.stderr)
