"""`dfe train`: tables to a tokenizer."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from dfe.base.errors import DfeError, UsageError


@dataclass(frozen=True)
class Train:
    """Train a tokenizer on tables that `dfe extract` or `dfe encode` wrote (needs the extra "train").

    The same tables and options give the same tokenizer. A training that was interrupted goes on from its last
    checkpoint when the same command is given again. Started by torchrun in several processes it gives the same, sooner.
    """

    tables: Positional[tuple[Path, ...]]
    """Tables of expression coefficients, or folders of them."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    """Folder for the tokenizer, its log and, meanwhile, a checkpoint."""
    validation: Annotated[tuple[Path, ...], arg(metavar="TABLE")] = ()
    """Tables used for nothing but validation; without them one person (or source) in ten is kept apart."""
    weights: Annotated[tuple[float, ...], arg(metavar="W")] = ()
    """Relative weight of a row of each table, in the order of the tables; all alike by default."""
    person: Annotated[str, arg(metavar="REGEX")] = ""
    """Regular expression whose first group, found in a row's file name, says who it is: people are kept together."""
    preset: Annotated[str, arg(metavar="NAME")] = "displays"
    """What it is for: displays (to look at and count; few, local, steady), fidelity (faces told exactly) or paper
    (transformers on both sides of the codebook, for comparison)."""
    space: Annotated[str, arg(metavar="ID")] = "arkit51/face41"
    """Expression space of the tables: its name, or the folder of one that `dfe learn-space` wrote."""
    name: str = "mine"
    """Name of the tokenizer."""
    version: str = "1"
    """Version of the tokenizer; never give two tokenizers one name and version."""
    size: Annotated[int, arg(metavar="K")] = 64
    """Displays in the codebook, silence included."""
    levels: Annotated[int, arg(metavar="N")] = 8
    """Tokens per face at most."""
    steps: Annotated[int | None, arg(metavar="STEPS")] = None
    """Training steps; by default as many as the preset asks for."""
    seed: int = 0
    """Seed of everything random."""
    threads: Annotated[int, arg(metavar="N")] = 1
    """Threads of torch; results repeat exactly at the same number."""
    patience: Annotated[int, arg(metavar="N")] = 0
    """Stop after so many validations without a better one, and keep the best; 0 takes every step."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to compute: cpu, cuda, or auto for CUDA where there is one."""
    tensorboard: bool = False
    """Write TensorBoard's event files to DIR too (needs the extra "tensorboard")."""
    overwrite: bool = False
    """Replace a finished tokenizer in DIR."""
    json: bool = False
    """Print the figures as JSON on standard output."""

    def run(self) -> int:
        """Train, print the measured figures, return the exit code."""
        if not self.tables:
            raise UsageError("nothing to train on: name at least one table or folder of tables")
        try:
            from dfe.training.distributed import first_process
            from dfe.training.loop import train
        except ModuleNotFoundError as error:
            advice = "pip install 'discrete-facial-encoding[train]'"
            raise DfeError(f"training needs {error.name}, which is not installed", advice=advice) from error
        from dfe.cli.progress import show_progress
        from dfe.training.config import preset
        from dfe.training.tables import table_files

        config = replace(
            preset(self.preset),
            name=self.name,
            version=self.version,
            space=self.space,
            size=self.size,
            levels=self.levels,
            seed=self.seed,
            threads=self.threads,
            group_pattern=self.person,
            patience=self.patience,
            device=self.device,
        )
        if self.steps is not None:
            config = replace(config, steps=self.steps)
        with show_progress("training", "steps") as progress:
            result = train(
                table_files(self.tables),
                self.out,
                config,
                progress,
                validation=table_files(self.validation),
                table_weights=self.weights or None,
                overwrite=self.overwrite,
                tensorboard=self.tensorboard,
                tell=lambda line: print(line, file=sys.stderr),
            )
        if not first_process():
            return 0
        if self.json:
            print(json.dumps({"tokenizer": result.tokenizer.id, "folder": str(result.folder), **result.measured}))
        else:
            measured = result.measured
            print(f"{result.tokenizer.id} is in {result.folder}")
            print(
                f"{measured['faces']} validation faces: error {measured['error_mm']:.3f} mm with "
                f"{measured['tokens_per_face']:.1f} tokens a face (mean face {measured['mean_face_mm']:.3f} mm); "
                f"{measured['displays_used']} of {result.tokenizer.size - 1} displays used"
            )
            print("all figures: dfe info " + str(result.folder), file=sys.stderr)
        return 0
