"""`dfe ablate`: what each part of a tokenizer brings."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from dfe.base.errors import DfeError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from dfe.judge.ablation.inputs import AblationTables

_COLUMNS = ("error_mm", "tokens", "bits", "local_share", "faithful", "reliability")


@dataclass(frozen=True)
class Ablate:
    """Train the presets and their variants with several seeds, and judge all alike (needs the extras "train", "study").

    Writes ablation.json, ablation.csv, ablation.md and ablation.svg. Every training and its figures are kept in DIR:
    the same command goes on where it was interrupted.
    """

    tables: Positional[tuple[Path, ...]]
    """Tables to train on, or folders of them."""
    validation: Annotated[tuple[Path, ...], arg(metavar="TABLE")]
    """Tables of other people, to judge on."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the results, the runs and their tokenizers."""
    preset: Annotated[str | None, arg(metavar="NAME")] = None
    """Variants of one preset only: displays or fidelity."""
    only: Annotated[tuple[str, ...], arg(metavar="NAME")] = ()
    """Variants by name; by default all."""
    seeds: Annotated[int, arg(metavar="N")] = 5
    """Trainings of each variant."""
    steps: Annotated[int, arg(metavar="STEPS")] = 1500
    """Steps of each training, whatever the preset asks for."""
    size: Annotated[int, arg(metavar="K")] = 64
    """Displays in the codebook, silence included."""
    levels: Annotated[int, arg(metavar="N")] = 8
    """Tokens per face at most."""
    perturbed: Annotated[tuple[str, ...], arg(metavar="NAME=TABLE")] = ()
    """Tables of the validation pictures after a change, as in jpeg=jpeg.parquet: reliability."""
    probe_train: Annotated[tuple[Path, ...], arg(metavar="TABLE")] = ()
    """Tables of labelled faces that an emotion probe learns from."""
    probe_test: Annotated[tuple[Path, ...], arg(metavar="TABLE")] = ()
    """Tables of labelled faces of other people that the probe is tested on."""
    probe_about: Annotated[Path | None, arg(metavar="CSV")] = None
    """Labels of the pictures for the probe: columns picture, label, and subject where it is known."""
    workers: Annotated[int, arg(metavar="N")] = 2
    """Processes, each on one core."""
    json: bool = False
    """Print all figures as JSON on standard output."""

    def run(self) -> int:
        """Train, judge, write, print; return the exit code."""
        try:
            from dfe.judge.ablation.ablation import AblationConfig, ablate
        except ModuleNotFoundError as error:
            advice = "pip install 'discrete-facial-encoding[train,study]'"
            raise DfeError(f"training needs {error.name}, which is not installed", advice=advice) from error
        from dfe.cli.progress import show_progress
        from dfe.judge.ablation.output import JSON, PAGE, PICTURE, write_ablation

        config = AblationConfig(self.seeds, self.steps, self.size, self.levels, self.preset, self.only)
        with show_progress("training", "runs") as progress:
            found = ablate(self._tables(), self.out, config, workers=self.workers, progress=progress)
        stopped = sorted((str(error), run) for run, error in found.failed.items())
        for said, same in groupby(stopped, key=lambda one: one[0]):
            print(f"dfe: {', '.join(run for _, run in same)}: {said}", file=sys.stderr)
        if not found.result["variants"]:
            return 1
        write_ablation(found.result, self.out)
        if self.json:
            print(json.dumps(found.result, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            from rich.console import Console

            Console().print(variants_table(found.result))
            print(f"tables:      {self.out / PAGE}\npicture:     {self.out / PICTURE}\nall figures: {self.out / JSON}")
        return 1 if found.failed else 0

    def _tables(self) -> AblationTables:
        from dfe.judge.ablation.inputs import AblationTables
        from dfe.training.tables import table_files

        changed: list[tuple[str, Path]] = []
        for given in self.perturbed:
            name, equals, table = given.partition("=")
            if not (name and equals and table):
                raise UsageError(f"{given!r} is no NAME=TABLE", advice="write --perturbed jpeg=jpeg.parquet")
            changed += [(name, file) for file in table_files([Path(table)])]
        return AblationTables(
            training=tuple(table_files(self.tables)),
            validation=tuple(table_files(self.validation)),
            perturbed=tuple(changed),
            probe_train=tuple(table_files(self.probe_train)),
            probe_test=tuple(table_files(self.probe_test)),
            probe_about=self.probe_about,
        )


def variants_table(result: Mapping[str, Any]) -> Table:
    """One line a variant, means of what most will ask for first; fits 80 columns."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table

    from dfe.judge.ablation.ablation import headings
    from dfe.judge.ablation.output import mean

    shown = {name: figure for name, figure in headings(result).items() if name in _COLUMNS}
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for figure in shown.values():
        table.add_column(figure.heading, justify="right", no_wrap=True)
    table.add_column("variant", overflow="fold")
    for row in result["variants"]:
        label = f"[bold]{escape(row['label'])}[/]" if row["preset"] else escape(row["label"])
        table.add_row(*(mean(row, name, figure) for name, figure in shown.items()), label)
    return table
