"""`dfe evaluate`: which coding of the face is better."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from dfe.base.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from dfe.judge.faces import Faces
    from dfe.judge.inputs import Fitted, Inputs
    from dfe.tokenizer.tokenizer import Tokenizer

_NONE = "none"
_ALL = "all"


@dataclass(frozen=True)
class Evaluate:
    """Judge tokenizers, and baselines beside them, on faces that they have not seen (needs the extra "study").

    Writes evaluation.json, evaluation.html and table.csv. A measure whose input is missing is named as not measured,
    with the option that gives it.
    """

    tokenizers: Positional[tuple[str, ...]]
    """Tokenizers: name, name@version or folder."""
    faces: Annotated[tuple[Path, ...], arg(metavar="TABLE")]
    """Tables of the faces to judge on, or folders of them; with landmarks, retrieval is measured too."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the results."""
    about: Annotated[Path | None, arg(metavar="CSV")] = None
    """Who is on the pictures: columns picture, subject, label, and any group such as gender or age."""
    fit: Annotated[tuple[Path, ...], arg(metavar="TABLE")] = ()
    """Tables of other people's faces to fit baselines to, and to learn bits and the mean face from."""
    baselines: Annotated[tuple[str, ...], arg(metavar="NAME")] = ()
    """Baselines to fit and judge: all, none, or names; by default all where there are tables to fit them to."""
    refit: bool = False
    """Fit baselines once more with another seed, for their stability."""
    size: Annotated[int | None, arg(metavar="K")] = None
    """Codes of the baselines; by default as many as the largest tokenizer has."""
    levels: Annotated[int | None, arg(metavar="N")] = None
    """Tokens per face of the baselines; by default as many as the longest tokenizer has."""
    probe_train: Annotated[tuple[Path, ...], arg(metavar="TABLE")] = ()
    """Tables of labelled faces that the emotion probe learns from."""
    probe_test: Annotated[tuple[Path, ...], arg(metavar="TABLE")] = ()
    """Tables of labelled faces of other people that the emotion probe is tested on."""
    probe_about: Annotated[Path | None, arg(metavar="CSV")] = None
    """Labels of the pictures for the probe: columns picture, label, and subject where it is known."""
    perturbed: Annotated[tuple[str, ...], arg(metavar="NAME=TABLE")] = ()
    """Tables of the same pictures after a change, as in jpeg=jpeg.parquet; pictures keep their names."""
    turned: Annotated[tuple[Path, ...], arg(metavar="TABLE")] = ()
    """Tables of people who turn their heads."""
    seeds: Annotated[tuple[str, ...], arg(metavar="TOKENIZER")] = ()
    """Other trainings of the tokenizers, for stability; compared with those of the same size and levels."""
    allow_seen: bool = False
    """Judge on people whom a coding has seen, and mark it."""
    draws: int = 1000
    """Draws of the bootstrap behind the intervals."""
    seed: int = 0
    """Seed of everything drawn."""
    max_retrieval: Annotated[int, arg(metavar="FACES")] = 3000
    """Faces for retrieval at most."""
    overwrite: bool = False
    """Replace earlier results in DIR."""
    json: bool = False
    """Print all figures as JSON on standard output."""

    def run(self) -> int:
        """Read, fit, judge, write, print; return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.judge.inputs import load_bench
        from dfe.judge.result import refuse_existing_results, write_evaluation
        from dfe.judge.run import check, evaluate
        from dfe.tokenizer.file import load_tokenizer

        if not self.tokenizers:
            raise UsageError("nothing to judge: name at least one tokenizer")
        refuse_existing_results(self.out, overwrite=self.overwrite)
        names = self._baseline_names()
        tokenizers = [load_tokenizer(name) for name in self.tokenizers]
        seeds = [load_tokenizer(name) for name in self.seeds]
        with show_progress("reading", "sets of faces") as progress:
            bench = load_bench(
                self._inputs(),
                tokenizers[0].space,
                seeds=seeds,
                allow_seen=self.allow_seen,
                draws=self.draws,
                seed=self.seed,
                max_retrieval=self.max_retrieval,
                progress=progress,
            )
        check(tokenizers, bench)
        fitted = None if names is None or bench.fit is None else self._fit(bench.fit, tokenizers, names)
        if fitted is not None:
            bench = replace(bench, seeds=(*seeds, *fitted.again))
        with show_progress("judging", "measures") as progress:
            coders = [*tokenizers, *(fitted.coders.values() if fitted else ())]
            result = evaluate(coders, bench, progress).to_json()
        none = {"not_measured": "none was asked for" if self.fit else "no faces to fit them to (--fit gives them)"}
        result["about"]["baselines"] = fitted.told() if fitted else none
        write_evaluation(result, self.out, overwrite=self.overwrite)
        if self.json:
            print(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            from rich.console import Console

            Console().print(figures_table(result))
            print(f"page:        {self.out / 'evaluation.html'}\nall figures: {self.out / 'evaluation.json'}")
        return 0

    def _inputs(self) -> Inputs:
        from dfe.judge.inputs import Inputs
        from dfe.training.tables import table_files

        perturbed: dict[str, list[Path]] = {}
        for given in self.perturbed:
            name, equals, table = given.partition("=")
            if not (name and equals and table):
                raise UsageError(f"{given!r} is no NAME=TABLE", advice="write --perturbed jpeg=jpeg.parquet")
            perturbed.setdefault(name, []).extend(table_files([Path(table)]))
        return Inputs(
            faces=table_files(self.faces),
            about=self.about,
            fit=table_files(self.fit),
            probe_train=table_files(self.probe_train),
            probe_test=table_files(self.probe_test),
            probe_about=self.probe_about,
            perturbed=perturbed,
            turned=table_files(self.turned),
        )

    def _baseline_names(self) -> Sequence[str] | None:
        """Names of the baselines to fit, empty for all that can be fitted; None for none."""
        if self.baselines == (_NONE,) or not (self.baselines or self.fit):
            return None
        if not self.fit:
            raise UsageError("baselines need faces to be fitted to", advice="name tables of other people with --fit")
        return () if self.baselines in ((), (_ALL,)) else self.baselines

    def _fit(self, fit: Faces, tokenizers: Sequence[Tokenizer], names: Sequence[str]) -> Fitted:
        from dfe.baselines.suite import BaselineConfig
        from dfe.cli.progress import show_progress
        from dfe.judge.inputs import fit_baselines

        size = self.size or max(tokenizer.size for tokenizer in tokenizers)
        levels = self.levels or max(tokenizer.levels for tokenizer in tokenizers)
        config = BaselineConfig(size=size, levels=levels, seed=self.seed)
        with show_progress("fitting", "baselines") as progress:
            return fit_baselines(fit, config, names, refit=self.refit, progress=progress)


_COLUMNS: dict[str, tuple[str, str]] = {
    "error_mm": ("error, mm", "{:.3f}"),
    "tokens": ("tokens", "{:.1f}"),
    "bits": ("bits", "{:.1f}"),
    "retrieval_five": ("alike", "{:.3f}"),
    "faithful": ("faithful", "{:.0%}"),
    "agreement": ("reliable", "{:.2f}"),
    "probe_accuracy": ("emotion", "{:.3f}"),
}


def figures_table(result: Mapping[str, Any]) -> Table:
    """One line a coding, what most will ask for first; a dash where it was not measured; fits 80 columns."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from dfe.judge.result import main_figures

    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading, _ in _COLUMNS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("coding", overflow="fold")
    floor = {"error_mm": result["floors"]["mean_face_mm"], "tokens": 0.0, "bits": 0.0}
    table.add_row(*_cells(floor), "[dim]the mean face[/]")
    for coder in result["coders"]:
        seen = "\n[yellow]has seen these people[/]" if coder["seen"].get("faces") else ""
        table.add_row(*_cells(main_figures(coder)), f"{escape(coder['id'])}{seen}")
    return table


def _cells(figures: Mapping[str, float | None]) -> list[str]:
    values = [(figures.get(name), form) for name, (_, form) in _COLUMNS.items()]
    return ["–" if value is None else form.format(value) for value, form in values]
