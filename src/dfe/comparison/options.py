"""What is compared, and how: everything that a user can say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dfe.comparison.effects import Settings
from dfe.comparison.families import Declared
from dfe.comparison.table import CONDITION, Columns
from dfe.comparison.time_courses import BIN_S, WINDOW_S
from dfe.events.config import EventConfig
from dfe.events.rates import Part
from dfe.recording.coverage import MIN_COVERAGE


@dataclass(frozen=True)
class CompareOptions:
    """What is compared, and how.

    Args:
        group: column of the table: what is compared between subjects; None where groups are not compared.
        subject: column: whose face it is.
        within: column: what is compared within subjects; None where nothing is.
        covariates: columns to be held constant.
        categories: covariates whose numbers are names.
        missing: codes in covariates and scores that say that nothing is known (999); ``none`` if no number does.
        stratum: column: subjects are compared and exchanged within it only.
        groups, conditions: which, the first to be compared with; in alphabetical order if None.
        scores: columns: numbers of subjects (a scale's score) that values may rise or fall with.
        cluster: column: what subjects share beyond themselves (a dyad, a class).
        period: column: which condition came first, second and so on.
        windows: file of parts of the recordings, with their conditions.
        speech: who speaks when: a file, or a folder of files named like the recordings.
        speaker: face of each speaker, where there are several.
        part: all of the time, or the silent or speaking part of it, where speech is known.
        contrasts: file of questions that were written down beforehand.
        sensitivity: whether what can be counted otherwise (against everybody's resting face, in all of the time) is
            counted so too.
        align: column: seconds in the recording at which time courses are aligned.
        window_s, bin_s: of time courses, around these moments.
        unmatched: what to do with recordings that the table does not name.
        min_coverage: recordings with less usable time are left out.
        permutations: behind p.
        seed: of the permutations.
        events: thresholds of events.
        names: the user's file of names, merges and groups; by default DFE_NAMES, or names.json beside the tokenizer.
        confirmatory: the one measure that answers the question; all others are exploratory.
    """

    group: str | None = None
    subject: str = "subject"
    within: str | None = None
    covariates: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    stratum: str | None = None
    scores: tuple[str, ...] = ()
    cluster: str | None = None
    period: str | None = None
    windows: Path | None = None
    speech: Path | None = None
    speaker: Mapping[str, int] | None = None
    part: Part = "all"
    contrasts: Path | None = None
    sensitivity: bool = True
    groups: tuple[str, ...] | None = None
    conditions: tuple[str, ...] | None = None
    align: str | None = None
    window_s: tuple[float, float] = WINDOW_S
    bin_s: float = BIN_S
    unmatched: Literal["refuse", "drop"] = "refuse"
    min_coverage: float = MIN_COVERAGE
    permutations: int = Settings.permutations
    seed: int = Settings.seed
    events: EventConfig = field(default_factory=EventConfig)
    names: Path | None = None
    confirmatory: Declared = field(default_factory=Declared)

    @property
    def columns(self) -> Columns:
        """The columns of the table that are looked at."""
        within = self.within or (CONDITION if self.windows is not None else None)
        return Columns(self.subject, self.group, self.covariates, within, self.stratum, self.align, self.scores,
                       self.cluster, self.period)  # fmt: skip

    @property
    def settings(self) -> Settings:
        """How evidence is found."""
        return Settings(self.permutations, self.seed)
