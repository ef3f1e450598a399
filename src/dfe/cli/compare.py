"""`dfe compare`: two groups of people, or two conditions, compared in what their faces do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.event_options import EventArguments
from dfe.cli.options import (
    TABLE,
    AsJson,
    Categories,
    MadeByTokenizer,
    MinCoverage,
    NamesFile,
    OutFolder,
    Overwrite,
    RecordingsFolder,
    Seed,
    Subject,
    Unmatched,
    arg,
    need,
    need_extra,
)

_WINDOW_S = (-1.0, 3.0)


@dataclass(frozen=True)
class Compare:
    """Compare groups of subjects, or conditions within subjects, display by display; write tables and a page.

    Examples:
        dfe compare people.csv --recordings out --group diagnosis --covariates age sex -o results
        dfe compare clips.csv --recordings out --within condition --conditions rest task -o results
    """

    table: Annotated[
        Positional[Path],
        arg(metavar="CSV", help=f"{TABLE}: columns recording, the subject, the group, and those of the options below."),
    ]
    recordings: RecordingsFolder
    out: OutFolder
    group: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: what is compared between subjects."""
    subject: Subject = "subject"
    within: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: what is compared within subjects; with --group also whether the groups differ in it."""
    covariates: Annotated[tuple[str, ...], arg(metavar="COLUMN ...")] = ()
    """Columns of the table to be held constant, as in age sex site."""
    categories: Categories = ()
    stratum: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: subjects are compared only within it, in effects, intervals and p (site)."""
    groups: Annotated[tuple[str, str] | None, arg(metavar="A B")] = None
    """Which two groups; B is compared with A. By default in alphabetical order."""
    conditions: Annotated[tuple[str, str] | None, arg(metavar="A B")] = None
    """Which two conditions."""
    align: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: seconds in the recording at which time courses are aligned and compared."""
    window: Annotated[tuple[float, float], arg(metavar="FROM TO")] = _WINDOW_S
    """Seconds around that moment."""
    min_coverage: MinCoverage = 0.7
    permutations: Annotated[int, arg(metavar="N", help="Permutations behind p.")] = 9_999
    seed: Seed = 0
    tokenizer: MadeByTokenizer = None
    names: NamesFile = None
    unmatched: Unmatched = "refuse"
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    confirmatory: Annotated[str, arg(metavar="MEASURE")] = "rate_ratio"
    """The measure that answers your question, said beforehand; all others explore. One of rate_ratio (model of counts),
    pooled_ratio, per_min, share, intensity, main_ratio."""
    confirmatory_unit: Annotated[str, arg(metavar="UNIT")] = "display"
    """What it is about: display, region, eyes or group."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Compare, write, print; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show_json
        from dfe.cli.words import comparison_words
        from dfe.comparison.as_json import comparison_json
        from dfe.comparison.comparison import CompareOptions, compare
        from dfe.comparison.families import declared
        from dfe.comparison.files import check_folder, write_comparison
        from dfe.tokenizer.file import load_tokenizer

        need_extra("a comparison", "study", "scipy")
        need("--groups", self.groups, "--group", self.group)
        need("--conditions", self.conditions, "--within", self.within)
        need("--categories", self.categories, "--covariates", self.covariates)
        need("--window", self.window != _WINDOW_S, "--align", self.align)
        check_folder(self.out, overwrite=self.overwrite)
        options = CompareOptions(
            group=self.group,
            subject=self.subject,
            within=self.within,
            covariates=self.covariates,
            categories=self.categories,
            stratum=self.stratum,
            groups=self.groups,
            conditions=self.conditions,
            align=self.align,
            window_s=self.window,
            unmatched=self.unmatched,
            min_coverage=self.min_coverage,
            permutations=self.permutations,
            seed=self.seed,
            events=self.events.config(),
            names=self.names,
            confirmatory=declared(self.confirmatory, self.confirmatory_unit),
        )
        tokenizer = None if self.tokenizer is None else load_tokenizer(self.tokenizer)
        with show_progress("comparing", "recordings") as progress:
            done = compare(self.table, self.recordings, options, tokenizer=tokenizer, progress=progress)
        write_comparison(done, self.out, overwrite=self.overwrite)
        if self.json:
            show_json(comparison_json(done))
        else:
            say(*comparison_words(done))
            say(f"results: {self.out / 'compare.html'}")
        return 0
