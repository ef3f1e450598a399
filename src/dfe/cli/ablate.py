"""`dfe ablate`: what each part of a tokenizer brings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.cli.options import (
    AsJson,
    Levels,
    OutFolder,
    Perturbed,
    Preset,
    ProbeAbout,
    ProbeTest,
    ProbeTrain,
    Size,
    Steps,
    Validation,
    Workers,
    arg,
    need_extra,
    perturbed_tables,
)


@dataclass(frozen=True)
class Ablate:
    """Train the presets and their variants with several seeds, and judge all alike (needs the extras "train", "study").

    Writes ablation.json, ablation.csv, ablation.md and ablation.svg. Every training and its figures are kept beside
    them: the same command goes on where it was interrupted. Without --preset, the variants of all presets are trained,
    each for 1500 steps unless --steps says otherwise.

    Examples:
        dfe ablate tables --validation others -o ablation --workers 2
        dfe ablate tables --validation others -o ablation --preset displays --seeds 3
    """

    tables: Annotated[Positional[tuple[Path, ...]], arg(metavar="TABLE [TABLE ...]")]
    """Tables to train on, or folders of them."""
    validation: Validation
    out: OutFolder
    preset: Preset = None
    only: Annotated[tuple[str, ...], arg(metavar="NAME ...")] = ()
    """Variants by name; by default all."""
    seeds: Annotated[int, arg(metavar="N")] = 5
    """Trainings of each variant, with seeds 0, 1, 2 ..."""
    steps: Steps = None
    size: Size = 64
    levels: Levels = 8
    perturbed: Perturbed = ()
    probe_train: ProbeTrain = ()
    probe_test: ProbeTest = ()
    probe_about: ProbeAbout = None
    workers: Workers = 1
    json: AsJson = False

    def run(self) -> int:
        """Train, judge, write, print; return the exit code."""
        need_extra("training", "train,study", "torch", "sklearn")
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show, show_json
        from dfe.cli.tables import ablation_table
        from dfe.judge.ablation.ablation import STEPS, AblationConfig, ablate
        from dfe.judge.ablation.inputs import AblationTables
        from dfe.judge.ablation.output import JSON, PAGE, PICTURE, write_ablation
        from dfe.recording.storage import table_files

        changed = perturbed_tables(self.perturbed)
        tables = AblationTables(
            training=tuple(table_files(self.tables)),
            validation=tuple(table_files(self.validation)),
            perturbed=tuple((name, file) for name, files in changed.items() for file in files),
            probe_train=tuple(table_files(self.probe_train)),
            probe_test=tuple(table_files(self.probe_test)),
            probe_about=self.probe_about,
        )
        config = AblationConfig(
            self.seeds, STEPS if self.steps is None else self.steps, self.size, self.levels, self.preset, self.only
        )
        with show_progress("training", "runs") as progress:
            found = ablate(tables, self.out, config, workers=self.workers, progress=progress)
        stopped = sorted((str(error), run) for run, error in found.failed.items())
        code = complain(
            f"{', '.join(run for _, run in same)}: {said}" for said, same in groupby(stopped, lambda s: s[0])
        )
        if not found.result["variants"]:
            return 1
        write_ablation(found.result, self.out)
        if self.json:
            show_json(found.result)
        else:
            show(ablation_table(found.result))
            say(f"tables:      {self.out / PAGE}", f"picture:     {self.out / PICTURE}")
            say(f"all figures: {self.out / JSON}")
        return code
