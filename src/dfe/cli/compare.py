"""`dfe compare`: two groups of people, or two conditions, compared in what their faces do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from dfe.cli.event_options import EventArguments
from dfe.cli.options import (
    TABLE,
    AsJson,
    Categories,
    MadeByTokenizer,
    MinCoverage,
    Missing,
    NamesFile,
    NoSensitivity,
    OutFolder,
    Overwrite,
    RecordingsFolder,
    Seed,
    Speakers,
    Speech,
    Subject,
    Unmatched,
    arg,
    need,
    need_extra,
)
from dfe.recording.coverage import MIN_COVERAGE
from dfe.stats.draws import PERMUTATIONS

_WINDOW_S = (-1.0, 3.0)


@dataclass(frozen=True)
class Compare:
    """Compare groups, conditions and scores of subjects, display by display; write tables and a page.

    Examples:
        dfe compare people.csv --recordings out --group diagnosis --covariates age sex -o results
        dfe compare clips.csv --recordings out --within condition --conditions rest task -o results
        dfe compare people.csv --recordings out --group diagnosis --scores bdi --contrasts planned.toml -o results
        dfe compare people.csv --recordings out --windows windows.csv --cluster dyad -o results
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
    missing: Missing = ()
    stratum: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: subjects are compared only within it, in effects, intervals and p (site)."""
    scores: Annotated[tuple[str, ...], arg(metavar="COLUMN ...")] = ()
    """Columns of the table that hold a score of each subject: how much values rise or fall with it."""
    cluster: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: what subjects share beyond themselves, as a dyad or a class."""
    period: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: which condition came first, second and so on; it is held constant, and tested."""
    windows: Annotated[Path | None, arg(metavar="CSV")] = None
    """Parts of the recordings: columns recording, start_s, end_s, condition (or the name that --within says)."""
    speech: Speech = None
    speakers: Speakers = ()
    part: Annotated[Literal["all", "silent", "speaking"], arg()] = "all"
    """Which time counts, where --speech says who speaks when."""
    contrasts: Annotated[Path | None, arg(metavar="FILE")] = None
    """Questions written down beforehand, .toml or .json: they are confirmatory, all else is exploratory."""
    groups: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Which groups; the others are compared with the first. By default all, in alphabetical order."""
    conditions: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Which conditions."""
    align: Annotated[str | None, arg(metavar="COLUMN")] = None
    """Column of the table: seconds in the recording at which time courses are aligned and compared."""
    window: Annotated[tuple[float, float], arg(metavar="FROM TO")] = _WINDOW_S
    """Seconds around that moment."""
    min_coverage: MinCoverage = MIN_COVERAGE
    permutations: Annotated[int, arg(metavar="N", help="Number of permutations for p.")] = PERMUTATIONS
    seed: Seed = 0
    tokenizer: MadeByTokenizer = None
    names: NamesFile = None
    unmatched: Unmatched = "refuse"
    events: EventArguments = field(default_factory=EventArguments)
    """What counts as an event."""
    no_sensitivity: NoSensitivity = False
    confirmatory: Annotated[str, arg(metavar="MEASURE")] = "rate_ratio"
    """The measure that answers your question, said beforehand; all others explore. One of rate_ratio (model of counts),
    pooled_ratio, per_min, share, intensity, main_ratio."""
    confirmatory_unit: Annotated[str, arg(metavar="UNIT")] = "display"
    """What it is about: display, region, eyes or group."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Compare, write, print; return the exit code."""
        from dfe.base.files import refuse_existing
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show_json
        from dfe.cli.words import comparison_words, design_words
        from dfe.comparison.as_json import comparison_json
        from dfe.comparison.comparison import compare
        from dfe.comparison.designs.as_json import design_json
        from dfe.comparison.designs.design import compare_design, is_design
        from dfe.comparison.designs.files import write_design
        from dfe.comparison.families import declared
        from dfe.comparison.files import ANY_FILES, write_comparison
        from dfe.comparison.options import CompareOptions
        from dfe.formats.speech import speaker_faces
        from dfe.tokenizer.file import load_tokenizer

        need_extra("a comparison", "study", "scipy")
        need("--groups", self.groups, "--group", self.group)
        need("--conditions", self.conditions, "--within", self.within or self.windows)
        need("--period", self.period, "--within", self.within or self.windows)
        need("--part", self.part != "all", "--speech", self.speech)
        need("--speakers", self.speakers, "--speech", self.speech)
        need("--categories", self.categories, "--covariates", self.covariates)
        need(
            "--missing", self.missing, "--group, --covariates or --scores", self.group or self.covariates or self.scores
        )
        need("--window", self.window != _WINDOW_S, "--align", self.align)
        refuse_existing(*(self.out / name for name in ANY_FILES), overwrite=self.overwrite)
        options = CompareOptions(
            group=self.group,
            subject=self.subject,
            within=self.within,
            covariates=self.covariates,
            categories=self.categories,
            missing=self.missing,
            stratum=self.stratum,
            scores=self.scores,
            cluster=self.cluster,
            period=self.period,
            windows=self.windows,
            speech=self.speech,
            speaker=speaker_faces(self.speakers) or None,
            part=self.part,
            contrasts=self.contrasts,
            sensitivity=not self.no_sensitivity,
            groups=self.groups or None,
            conditions=self.conditions or None,
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
        if is_design(self.table, options):
            with show_progress("comparing", "recordings") as progress:
                design = compare_design(self.table, self.recordings, options, tokenizer=tokenizer, progress=progress)
            write_design(design, self.out, overwrite=self.overwrite)
            if self.json:
                show_json(design_json(design))
            else:
                say(*design_words(design))
                say(f"results: {self.out / 'compare.html'}")
            return 0
        with show_progress("comparing", "recordings") as progress:
            done = compare(self.table, self.recordings, options, tokenizer=tokenizer, progress=progress)
        write_comparison(done, self.out, overwrite=self.overwrite)
        if self.json:
            show_json(comparison_json(done))
        else:
            say(*comparison_words(done))
            say(f"results: {self.out / 'compare.html'}")
        return 0
