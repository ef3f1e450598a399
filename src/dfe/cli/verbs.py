"""The commands: what each is for, in groups, and which module holds it; nothing is imported before it is asked for."""

from __future__ import annotations

import difflib
import importlib
import inspect
import io
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial
from typing import Protocol, get_origin, get_type_hints

from dfe.base.errors import UsageError
from dfe.base.printable import printable_line
from dfe.cli.show import tell

HELP = ("-h", "--help")
VERSION = "--version"


class Action(Protocol):
    """What the options of every command are."""

    def run(self) -> int:
        """Do it, print the outcome, return the exit code."""
        ...


@dataclass(frozen=True)
class Verb:
    """A command, as in ``dfe encode`` or ``dfe study run``."""

    name: str
    place: str
    """``module:class`` in :mod:`dfe.cli`."""
    line: str
    """What it does, for the list of commands."""

    def options(self) -> type[Action]:
        """The dataclass of its options; its docstring is the command's help."""
        module, _, name = self.place.partition(":")
        found: type[Action] = getattr(importlib.import_module(f"dfe.cli.{module}"), name)
        return found


GROUPS: dict[str, tuple[Verb, ...]] = {
    "start here": (
        Verb("demo", "demo:Demo", "try it on a clip, or on people, that dfe makes up itself"),
        Verb("encode", "encode:Encode", "measure the faces in videos, pictures, other tools' tables"),
        Verb("corpus", "", "thousands of recordings: plan, run, status, query, verify, merge, copy, slurm"),
        Verb("qc", "qc:Qc", "which recordings are usable, on one page"),
        Verb("view", "view:View", "film, measured face and displays together, in the browser"),
        Verb("report", "report:Report", "a recording as one page to keep: quality, strength over time, events"),
        Verb("events", "events:Events", "displays in time: onset, apex, offset, rates"),
        Verb("summary", "summary:Summary", "a line for each face: quality, rates, strongest moments"),
        Verb("atlas", "atlas:Atlas", "what each display looks like, and what your recordings do with it"),
        Verb("live", "live:Live", "the camera: displays of your face as you move it"),
        Verb("info", "info:Info", "what a table, tokenizer, video, front end or space is"),
    ),
    "studies": (
        Verb("compare", "compare:Compare", "groups, conditions or scores, display by display"),
        Verb("study", "", "predict labels from faces: run, report, check, prepare, encode"),
        Verb("reliability", "reliability:Reliability", "how well a person's rates hold"),
        Verb("transitions", "transitions:Transitions", "which display follows which, against chance"),
        Verb("sensitivity", "sensitivity:Sensitivity", "what effect a planned study could show"),
        Verb("naming-sheets", "naming_sheets:NamingSheets", "blinded sheets on which coders name displays"),
        Verb("agreement", "agreement:Agreement", "of coders on names, of events with people's marks"),
    ),
    "pictures, faces, other programs": (
        Verb("export", "export:Export", "events for ELAN, Praat, BORIS, WebVTT, spreadsheets"),
        Verb("render", "render:Render", "a recording as a moving head: video, or 3-D file"),
        Verb("grid", "grid:Grid", "one display as many people show it, side by side"),
        Verb("faces", "faces:Faces", "list, join and cut the faces of a recording"),
        Verb("resting", "resting:Resting", "what each person looks like at rest, as a table"),
    ),
    "for developers": (
        Verb("train", "train:Train", "a tokenizer from tables"),
        Verb("evaluate", "evaluate:Evaluate", "judge tokenizers, and baselines beside them"),
        Verb("ablate", "ablate:Ablate", "what each part of a tokenizer brings"),
        Verb("learn-space", "learn_space:LearnSpace", "an expression space from mesh sequences"),
        Verb("export-encoder", "export_encoder:ExportEncoder", "a DECA, EMOCA or SMIRK checkpoint as ONNX"),
        Verb("doctor", "doctor:Doctor", "check the installation"),
    ),
}
STUDY: tuple[Verb, ...] = (
    Verb("study check", "study.check:Check", "what a data set's folder lacks"),
    Verb("study prepare", "study.prepare:Prepare", "a data set that cannot be encoded as it comes"),
    Verb("study encode", "study.encode:EncodeMedia", "the data set's media, under the names of its labels"),
    Verb("study run", "study.run:Run", "predict its labels, with floors, permutations, contrasts"),
    Verb("study report", "study.report:Report", "make the page anew from a study's predictions"),
)
CORPUS: tuple[Verb, ...] = (
    Verb("corpus plan", "corpus.plan:MakePlan", "find and probe all media, estimate time and room"),
    Verb("corpus run", "corpus.run:RunPlan", "encode what is planned, whole or a share of it; goes on"),
    Verb("corpus status", "corpus.status:Status", "what is done, what failed and why"),
    Verb("corpus query", "corpus.query:Query", "ask all tables at once, in SQL"),
    Verb("corpus verify", "corpus.verify:Verify", "check every table against the list of results"),
    Verb("corpus merge", "corpus.merge:Merge", "the shares of several machines as one"),
    Verb("corpus copy", "corpus.copy:Copy", "from and to an object store, or only what stands for its media"),
    Verb("corpus slurm", "corpus.slurm:Slurm", "a job script for a cluster"),
)
PARTS = {
    "study": (STUDY, 'From tokens to labels: cross-validated prediction with floors (needs the extra "study").'),
    "corpus": (CORPUS, "Thousands of hours, on one machine or many, with nothing lost (docs/corpora.md)."),
}
"""Commands that have parts, and what these are for."""


def verbs() -> tuple[Verb, ...]:
    """All commands that can be run."""
    return (*(verb for group in GROUPS.values() for verb in group if verb.place), *STUDY, *CORPUS)


def overview() -> str:
    """``dfe --help``: all commands in groups, on one screen."""
    lines = ["usage: dfe COMMAND ...   (visible movements of faces in videos: seen, counted, compared)"]
    for count, (group, members) in enumerate(GROUPS.items()):
        lines += [*([""] if count else []), f"{group}:", *_listed(members)]
    lines += ["", "dfe COMMAND --help: options and examples   --version   --debug: details of an error"]
    lines += ["--limit 4: four times larger inputs   -: paths from a list, a line each (--null: find -print0)"]
    return "\n".join(lines)


def find(arguments: Sequence[str]) -> tuple[Verb | str, list[str]]:
    """The command that the words begin with, and the words after it; the list of its parts where these are asked for.

    Raises:
        UsageError: there is no such command.
    """
    first, rest = arguments[0], list(arguments[1:])
    known = {verb.name: verb for group in GROUPS.values() for verb in group}
    if first not in known:
        raise _unknown(first, known)
    if known[first].place:
        return known[first], rest
    members, line = PARTS[first]
    parts = {verb.name.removeprefix(f"{first} "): verb for verb in members}
    if not rest:
        raise UsageError(f"dfe {first} is {', '.join(parts)}", advice=f"dfe {first} --help says what each does")
    if rest[0] in HELP:
        return "\n".join([f"usage: dfe {first} COMMAND ...", line, "", *_listed(members)]), []
    if rest[0] not in parts:
        raise _unknown(rest[0], parts, f"dfe {first} ")
    return parts[rest[0]], rest[1:]


def parse(verb: Verb, words: Sequence[str]) -> Action:
    """The command's options as the words say; leaves with exit code 2 and advice where they make no sense.

    Raises:
        UsageError: an option that takes a list is given twice (of any other the last one counts).
    """
    import tyro

    options = verb.options()
    lists = [
        f"--{name.replace('_', '-')}" for name, kind in get_type_hints(options).items() if get_origin(kind) is tuple
    ]
    given = Counter(word.partition("=")[0] for word in words)
    if doubled := next((option for option in lists if given[option] > 1), None):
        raise UsageError(f"{doubled} is given twice", advice=f"write the whole list once, as in {doubled} A B")
    config = (tyro.conf.FlagCreatePairsOff, tyro.conf.OmitArgPrefixes)
    parsed: Callable[[], Action] = partial(
        tyro.cli, options, prog=f"dfe {verb.name}", args=list(words), config=config, description=help_text(verb)
    )
    if all(printable_line(word) == word for word in words):
        return parsed()
    # The parser repeats words that it does not understand as they are.
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return parsed()
    except SystemExit:
        tell(*said.getvalue().splitlines())
        raise


def help_text(verb: Verb) -> str:
    """What its help says: examples first, since they are what most people look for."""
    text, _, shown = (inspect.getdoc(verb.options()) or verb.line).partition("Examples:")
    lines = "\n".join(f"  {line.strip()}" for line in shown.strip().splitlines())
    return f"{lines}\n\n{text.strip()}" if lines else text.strip()


def examples(verb: Verb) -> list[str]:
    """The command lines that its help shows."""
    lines = (line.strip() for line in (inspect.getdoc(verb.options()) or "").splitlines())
    return [line for line in lines if line.startswith("dfe ")]


def _listed(members: Sequence[Verb]) -> list[str]:
    return [f"  {verb.name:14}  {verb.line}" for verb in members]


def _unknown(word: str, known: dict[str, Verb], before: str = "dfe ") -> UsageError:
    near = difflib.get_close_matches(word, known, 1)
    advice = f"did you mean {before}{near[0]}?" if near else f"{before}--help lists the commands"
    return UsageError(f"there is no command {before}{word}", advice=advice)
