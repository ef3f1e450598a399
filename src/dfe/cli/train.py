"""`dfe train`: tables to a tokenizer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.cli.options import (
    AsJson,
    Device,
    Flag,
    Levels,
    Name,
    OutFolder,
    Overwrite,
    Preset,
    Seed,
    Size,
    Steps,
    Validation,
    arg,
    need_extra,
)


@dataclass(frozen=True)
class Train:
    """Train a tokenizer on tables that `dfe encode` wrote, with tokens or without (needs the extra "train").

    The same tables and options give the same tokenizer. A training that was interrupted goes on from its last
    checkpoint when the same command is given again. Started by torchrun in several processes it gives the same, sooner.

    Examples:
        dfe train tables -o model --name mine@1
        dfe train tables/a.parquet tables/b.parquet -o model --table-weights 1 0.5 --validation others
    """

    tables: Annotated[Positional[tuple[Path, ...]], arg(metavar="TABLE [TABLE ...]")]
    """Tables of expression coefficients, or folders of them."""
    out: OutFolder
    validation: Validation = ()
    table_weights: Annotated[tuple[float, ...], arg(metavar="W ...")] = ()
    """Relative weight of a row of each table, in the order of the tables; all alike by default."""
    person: Annotated[str, arg(metavar="REGEX")] = ""
    """Regular expression whose first group, found in a row's file name, names the person: people are kept together."""
    preset: Preset = None
    space: Annotated[str | None, arg(metavar="NAME")] = None
    """Expression space: of the tables, its id or the folder that `dfe learn-space` wrote; by default that of the first
    table."""
    name: Name = "mine@1"
    size: Size = 64
    levels: Levels = 8
    steps: Steps = None
    seed: Seed = 0
    threads: Annotated[int, arg(metavar="N")] = 1
    """Threads of torch; results repeat exactly at the same number."""
    patience: Annotated[int, arg(metavar="N")] = 0
    """Stop after so many validations without a better one, and keep the best; 0 takes every step."""
    device: Device = "auto"
    tensorboard: Flag = False
    """Write TensorBoard's event files into the results' folder too (needs the extra "tensorboard")."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Train, print the measured figures, return the exit code."""
        if not self.tables:
            raise UsageError("nothing to train on: name at least one table or folder of tables")
        need_extra("training", "train", "torch")
        from dfe.cli.progress import show_progress
        from dfe.cli.show import say, show_json, tell
        from dfe.recording.storage import table_files
        from dfe.training.config import DEFAULT_PRESET, preset
        from dfe.training.distributed import first_process
        from dfe.training.loop import train

        name, _, version = self.name.partition("@")
        chosen = preset(self.preset or DEFAULT_PRESET)
        config = replace(
            chosen,
            name=name,
            version=version or "1",
            space=self.space or chosen.space,
            size=self.size,
            levels=self.levels,
            steps=chosen.steps if self.steps is None else self.steps,
            seed=self.seed,
            threads=self.threads,
            group_pattern=self.person,
            patience=self.patience,
            device=self.device,
        )
        with show_progress("training", "steps") as progress:
            result = train(
                table_files(self.tables),
                self.out,
                config,
                progress,
                validation=table_files(self.validation),
                table_weights=self.table_weights or None,
                overwrite=self.overwrite,
                tensorboard=self.tensorboard,
                tell=tell,
            )
        if not first_process():
            return 0
        measured = result.measured
        if self.json:
            show_json({"tokenizer": result.tokenizer.id, "folder": str(result.folder), **measured})
            return 0
        say(f"{result.tokenizer.id} is in {result.folder}")
        say(
            f"{measured['faces']} validation faces: error {measured['error_mm']:.3f} mm with "
            f"{measured['tokens_per_face']:.1f} tokens a face (mean face {measured['mean_face_mm']:.3f} mm); "
            f"{measured['displays_used']} of {result.tokenizer.size - 1} displays used"
        )
        tell(f"all figures: dfe info {result.folder}")
        return 0
