"""How a study is run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from dfe.base.errors import UsageError
from dfe.events.config import RestingChoice
from dfe.predict.selection import Policy, SeenPolicy
from dfe.recording.coverage import MIN_COVERAGE
from dfe.stats.draws import DRAWS

LEAST_REPEATS = 10
"""Fewer repeats of a cross-validation are said to be too few."""


@dataclass(frozen=True)
class StudyConfig:
    """How a study is run: folds, permutations, and whom to leave out.

    Args:
        folds, repeats: of cross-validation, where there is no official split.
        inner_folds: within each training part, to choose the penalty.
        permutations: B of the permutation test; 0 for none.
        null_model: what permutations are held to: the study's own model, fitted anew each time (``refit``), or ridge
            regression on the same columns, for which a thousand cost little (``ridge``, :mod:`dfe.predict.null`).
        contrasts: further pairs of representations to be compared; none: the first side of the primary contrast
            against every other.
        primary: ids of the two representations that the study is about; all other contrasts are Holm's.
        min_coverage: examples with a usable face for a smaller share of their time are left out (of an official split:
            of its training part alone, since its test part is what others report on).
        draws: of the subject bootstrap.
        seed: of everything drawn.
        seen, shared, unmatched: what to do with people whom the tokenizer knows, with people in two parts of an
            official split, and with labels and recordings that do not find each other.
        workers: processes; results do not depend on it.
        all_rows: turned, small, covered, frozen and blurred faces count too; by default usable rows alone.
        resting_face: against whose resting face tokens count; ``population``: each person's own is put back.
        leave_one_out: every person is tested once, by models of all the others, in place of folds of people.
        common: leave out examples of which any representation says nothing, so that all are judged on the same faces.
    """

    folds: int = 5
    repeats: int = LEAST_REPEATS
    inner_folds: int = 3
    permutations: int = 200
    primary: tuple[str, str] = ("bag of tokens", "AU proxy")
    min_coverage: float = MIN_COVERAGE
    draws: int = DRAWS
    seed: int = 0
    seen: SeenPolicy = "refuse"
    shared: SeenPolicy = "refuse"
    unmatched: Policy = "refuse"
    workers: int = 1
    all_rows: bool = False
    common: bool = False
    leave_one_out: bool = False
    null_model: Literal["refit", "ridge"] = "refit"
    contrasts: tuple[tuple[str, str], ...] = ()
    resting_face: RestingChoice = "recorded"

    def __post_init__(self) -> None:
        least = {"folds": 2, "repeats": 1, "inner_folds": 2, "permutations": 0, "draws": 1, "workers": 1, "seed": 0}
        for name, lowest in least.items():
            if getattr(self, name) < lowest:
                raise UsageError(f"{name} is {getattr(self, name)}, and must be at least {lowest}")
        if not 0 <= self.min_coverage <= 1:
            raise UsageError(f"min_coverage is {self.min_coverage}, and must be between 0 and 1")
        if self.primary[0] == self.primary[1]:
            raise UsageError("the primary contrast names one representation twice")

    def to_json(self) -> dict[str, Any]:
        """All that decides the results."""
        own = asdict(self)
        own.pop("workers")
        own["primary"] = list(self.primary)
        own["contrasts"] = [list(pair) for pair in self.contrasts]
        return own
