"""`dfe compare`: two groups of people, or two conditions, compared in what their faces do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import OmitArgPrefixes, Positional, arg

from dfe.base.errors import UsageError
from dfe.cli.event_options import EventArguments

if TYPE_CHECKING:
    from dfe.compare.comparison import Comparison


@dataclass(frozen=True)
class Compare:
    """Compare groups of subjects, or conditions within subjects, display by display; write tables and a page."""

    table: Positional[Path]
    """CSV with a row per recording: recording, the subject, the group, and columns for the options below."""
    recordings: Annotated[Path, arg(metavar="DIR")]
    """Folder that `dfe encode` wrote."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the results; made if it is not there."""
    group: Annotated[str | None, arg(metavar="COLUMN")] = None
    """What is compared between subjects."""
    subject: Annotated[str, arg(metavar="COLUMN")] = "subject"
    """Whose face it is."""
    within: Annotated[str | None, arg(metavar="COLUMN")] = None
    """What is compared within subjects; with --group also whether the groups differ in it."""
    covariate: Annotated[str, arg(metavar="A,B")] = ""
    """Columns to be held constant, as in age,sex,site."""
    categories: Annotated[str, arg(metavar="A,B")] = ""
    """Covariates whose numbers are names, as in site."""
    stratum: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Exchange subjects only within it."""
    groups: Annotated[str, arg(metavar="A,B")] = ""
    """Which two groups; B is compared with A. By default in alphabetical order."""
    conditions: Annotated[str, arg(metavar="A,B")] = ""
    """Which two conditions."""
    align: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Seconds in the recording at which time courses are aligned and compared."""
    window: Annotated[tuple[float, float], arg(metavar="FROM TO")] = (-1.0, 3.0)
    """Seconds around that moment."""
    min_coverage: Annotated[float, arg(metavar="SHARE")] = 0.7
    """Leave out recordings with less usable time."""
    permutations: Annotated[int, arg(metavar="B")] = 9_999
    """For p."""
    draws: Annotated[int, arg(metavar="N")] = 2_000
    """Of the bootstrap, for intervals."""
    seed: int = 0
    """Of permutations and draws."""
    tokenizer: Annotated[str | None, arg(metavar="NAME")] = None
    """Name or folder of the tokenizer; needed only where it does not come with the package."""
    others: bool = False
    """Leave out recordings that are not in the table, without complaint."""
    events: OmitArgPrefixes[EventArguments] = field(default_factory=EventArguments)
    """What counts as an event."""
    no_models: bool = False
    """Leave out the models of counts, which take longest."""
    overwrite: bool = False
    """Replace results that are there already."""
    json: bool = False
    """Print the results as JSON on standard output."""

    def run(self) -> int:
        """Compare, write, print; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.compare.as_json import comparison_json
        from dfe.compare.comparison import CompareOptions, compare
        from dfe.compare.effects import Settings
        from dfe.compare.files import check_folder, write_comparison
        from dfe.compare.table import Columns
        from dfe.tokenizer.file import load_tokenizer

        check_folder(self.out, overwrite=self.overwrite)
        options = CompareOptions(
            columns=Columns(self.subject, self.group, listed(self.covariate), self.within, self.stratum, self.align),
            groups=_two(self.groups, "--groups"),
            conditions=_two(self.conditions, "--conditions"),
            categories=listed(self.categories),
            others=self.others,
            min_coverage=self.min_coverage,
            settings=Settings(self.permutations, self.draws, self.seed),
            events=self.events.config(),
            window_s=self.window,
            models=not self.no_models,
        )
        tokenizer = None if self.tokenizer is None else load_tokenizer(self.tokenizer)
        with show_progress("comparing", "recordings") as progress:
            done = compare(self.table, self.recordings, options, tokenizer=tokenizer, progress=progress)
        write_comparison(done, self.out, overwrite=self.overwrite)
        if self.json:
            print(json.dumps(comparison_json(done), indent=2, ensure_ascii=False, allow_nan=False))
        else:
            print(summary(done))
            print(f"results: {self.out / 'compare.html'}")
        return 0


def summary(done: Comparison) -> str:
    """What was compared and what differs, in a few lines."""
    from dfe.compare.methods import p_words

    first, last = done.flow[0], done.flow[-1]
    subjects = " and ".join(str(number) for number in last.subjects)
    lines = [f"{subjects} subjects, {sum(last.recordings)} of {sum(first.recordings)} recordings"]
    lines += [f"caution: {caution}" for caution in done.coverage.cautions]
    for family in done.families:
        if family.measure != "per_min" or family.regions:
            continue
        mine = [
            r for r in done.rows if r.analysis == family.analysis and r.measure == "per_min" and not r.kind.is_region
        ]
        tested = sorted((r for r in mine if r.p == r.p), key=lambda r: (r.p, -abs(r.effect)))
        lines.append(
            f"{family.analysis}: {family.tested} displays tested in events per minute, p of any difference "
            f"{p_words(family.p_any)}"
        )
        lines.append("  display  effect [95%]            ratio   p       q")
        lines += [
            f"  {r.kind.token:>7}  {r.effect:6.2f} [{r.low:6.2f},{r.high:6.2f}]  {_ratio(r.ratio)}   {p_words(r.p):6}  "
            f"{r.q:.3f}  {r.kind.label}"
            for r in tested[:5]
        ]
    return "\n".join(lines)


def _ratio(value: float) -> str:
    return f"{value:6.2f}" if value == value else "     –"


def listed(words: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(word.strip() for word in words.split(",") if word.strip())


def _two(words: str, option: str) -> tuple[str, str] | None:
    names = listed(words)
    if not names:
        return None
    if len(names) != 2:
        raise UsageError(f"{option} {words!r} names {len(names)}, not two", advice=f"write it as in {option} A,B")
    return names[0], names[1]
