"""`dfe evaluate`: which coding of the face is better."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from dfe.cli.options import (
    AsJson,
    Draws,
    Flag,
    OutFolder,
    Overwrite,
    Perturbed,
    ProbeAbout,
    ProbeTest,
    ProbeTrain,
    Seed,
    arg,
    perturbed_tables,
)
from dfe.stats.draws import DRAWS


@dataclass(frozen=True)
class Evaluate:
    """Judge tokenizers, and baselines beside them, on faces that they have not seen (needs the extra "study").

    Writes evaluation.json, evaluation.html and table.csv. A measure whose input is missing is named as not measured,
    with the option that gives it.

    Examples:
        dfe evaluate default --faces tables -o evaluation
        dfe evaluate default mine/ --faces tables --about people.csv --fit others -o evaluation
    """

    tokenizers: Annotated[Positional[tuple[str, ...]], arg(metavar="TOKENIZER [TOKENIZER ...]")]
    """Tokenizers: name, name@version or folder."""
    faces: Annotated[tuple[Path, ...], arg(metavar="TABLE ...")]
    """Tables of the faces to judge on, or folders of them; with landmarks, retrieval is measured too."""
    out: OutFolder
    about: Annotated[Path | None, arg(metavar="CSV")] = None
    """Who is on the pictures: columns picture, subject, label, and any group such as gender or age."""
    fit: Annotated[tuple[Path, ...], arg(metavar="TABLE ...")] = ()
    """Tables of other people's faces to fit baselines to, and to learn bits and the mean face from."""
    baselines: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Baselines to fit and judge: all, none, or names; by default all where there are tables to fit them to."""
    refit: Flag = False
    """Fit baselines once more with another seed, for their stability."""
    baseline_size: Annotated[int | None, arg(metavar="K")] = None
    """Codes of the baselines; by default as many as the largest tokenizer has."""
    baseline_levels: Annotated[int | None, arg(metavar="N")] = None
    """Tokens per face of the baselines; by default as many as the longest tokenizer has."""
    probe_train: ProbeTrain = ()
    probe_test: ProbeTest = ()
    probe_about: ProbeAbout = None
    perturbed: Perturbed = ()
    turned: Annotated[tuple[Path, ...], arg(metavar="TABLE ...")] = ()
    """Tables of people who turn their heads."""
    retrained: Annotated[tuple[str, ...], arg(metavar="TOKENIZER ...")] = ()
    """Other trainings of the tokenizers, for stability; compared with those of the same size and levels."""
    seen: Annotated[
        Literal["refuse", "allow"],
        arg(help="What to do with people whom the tokenizer was trained on; allow marks them in the report."),
    ] = "refuse"
    draws: Draws = DRAWS
    seed: Seed = 0
    max_retrieval: Annotated[int, arg(metavar="FACES")] = 3000
    """Faces for retrieval at most."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Read, fit, judge, write, print; return the exit code."""
        from dfe.base.files import refuse_existing
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show, show_json
        from dfe.cli.tables import evaluation_table
        from dfe.judge.evaluate import EvaluateOptions, evaluate
        from dfe.judge.result import FILES, write_evaluation

        refuse_existing(*(self.out / name for name in FILES), overwrite=self.overwrite)
        options = EvaluateOptions(
            about=self.about,
            fit=self.fit,
            baselines=self.baselines,
            refit=self.refit,
            baseline_size=self.baseline_size,
            baseline_levels=self.baseline_levels,
            probe_train=self.probe_train,
            probe_test=self.probe_test,
            probe_about=self.probe_about,
            perturbed=perturbed_tables(self.perturbed),
            turned=self.turned,
            retrained=self.retrained,
            seen=self.seen,
            draws=self.draws,
            seed=self.seed,
            max_retrieval=self.max_retrieval,
        )
        result = evaluate(self.tokenizers, self.faces, options, stages=show_progress)
        write_evaluation(result, self.out, overwrite=self.overwrite)
        if self.json:
            show_json(result.to_json())
        else:
            show(evaluation_table(result.to_json()))
            say(f"page:        {self.out / 'evaluation.html'}", f"all figures: {self.out / 'evaluation.json'}")
        return 0
