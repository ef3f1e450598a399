"""One run of an ablation: a variant trained with a seed, measured, and kept."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dfe.base.errors import OutputError
from dfe.base.files import replacing
from dfe.base.types import IntArray
from dfe.base.version import __version__
from dfe.baselines.needs import one_thread
from dfe.baselines.suite import fit_baseline
from dfe.displays.displays import Coder, Displays
from dfe.judge.ablation.figures import SECONDS, measure
from dfe.judge.ablation.inputs import AblationData, AblationTables, load
from dfe.judge.ablation.variants import Baseline, Variant
from dfe.judge.coding import Coding
from dfe.judge.run import coder_hash
from dfe.space.base import ExpressionSpace
from dfe.training.checkpoint import CHECKPOINT
from dfe.training.config import TrainConfig
from dfe.training.data import load_data
from dfe.training.loop import train

RUNS, TRAINED = "runs", "trained"
"""Folders of an ablation: what was measured, and the tokenizers."""

FORMAT = 1


@dataclass(frozen=True)
class Run:
    """What is to be done.

    Args:
        variant: to train or fit.
        seed: of it.
        tables: to train and to judge on.
        folder: of the whole ablation.
    """

    variant: Variant
    seed: int
    tables: AblationTables
    folder: Path

    @property
    def name(self) -> str:
        """Variant and seed."""
        return f"{self.variant.name}-{self.seed}"

    @property
    def result(self) -> Path:
        """Where its figures are kept."""
        return self.folder / RUNS / f"{self.name}.json"

    @property
    def book(self) -> Path:
        """Where its displays are kept, to be matched with those of other seeds."""
        return self.result.with_suffix(".npz")

    def identity(self) -> dict[str, Any]:
        """All that decides its figures; plain JSON values."""
        return {
            "format": FORMAT,
            "dfe": __version__,
            "settings": self.variant.seeded(self.seed).to_json(),
            "given": self.variant.given,
            "tables": self.tables.fingerprint,
        }

    @property
    def hash(self) -> str:
        """SHA-256 in hex over :meth:`identity`."""
        return hashlib.sha256(json.dumps(self.identity(), sort_keys=True).encode()).hexdigest()


def do(run: Run) -> str:
    """Train, measure and keep a run; the same run gives the same figures, but for its seconds.

    A training that was interrupted goes on from its checkpoint. Everything is done on one thread, so that no figure
    depends on the number of cores.

    Returns:
        Its name.
    """
    with one_thread():
        data = load(run.tables)
        coder, seconds = _made(run, data)
        coding = Coding(coder, data.bench, data.floors)
        figures = measure(coding) | {SECONDS: None if seconds is None else round(seconds, 2)}
        uses = coding.units.uses(coding.codes)
    coded = {"id": coder.id, "hash": coder_hash(coder)}
    values = {"hash": run.hash, "variant": run.variant.name, "seed": run.seed, "coder": coded, "figures": figures}
    displays = coding.displays
    with replacing(run.book, run.result, overwrite=True) as (book, result):
        np.savez(book, directions=displays.directions, number=displays.number, mm=displays.mm, uses=uses)
        result.write((json.dumps({**values, **run.identity()}, indent=1, allow_nan=False) + "\n").encode())
    return run.name


def kept(run: Run) -> dict[str, Any] | None:
    """What was kept of a run; None where it has not been done.

    Raises:
        OutputError: the file cannot be read, or is of other settings or tables.
    """
    try:
        values: dict[str, Any] = json.loads(run.result.read_text("utf-8"))
        same = values["hash"] == run.hash and run.book.exists()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"is no run that can be read ({error})", where=run.result, advice="remove it") from None
    if not same:
        raise OutputError("comes from other settings or tables", where=run.result, advice="choose another folder")
    return values


def book_of(run: Run, space: ExpressionSpace) -> tuple[Displays, IntArray]:
    """Displays of a run that was done, and how often each is said of the validation faces, ``(U,)``.

    Raises:
        OutputError: the file cannot be read.
    """
    try:
        with np.load(run.book, allow_pickle=False) as arrays:
            displays = Displays.of(space, arrays["directions"], arrays["number"] - 1, arrays["mm"])
            return displays, arrays["uses"]
    except (OSError, ValueError, KeyError) as error:
        advice = f"remove it and {run.result.name}"
        raise OutputError(f"holds no displays that can be read ({error})", where=run.book, advice=advice) from None


def _made(run: Run, data: AblationData) -> tuple[Coder, float | None]:
    """The coder, and how many CPU seconds it took; None where a part of that was done before an interruption."""
    settings = run.variant.seeded(run.seed)
    space, began = data.bench.faces.space, time.process_time()
    if isinstance(settings, Baseline):
        usual = TrainConfig(size=settings.config.size)
        rows = load_data(data.training, space, usual, validation=data.validation).training.whole()
        return fit_baseline(settings.name, rows, space, settings.config), time.process_time() - began
    folder = run.folder / TRAINED / run.name
    resumed = (folder / CHECKPOINT).exists()
    found = train(
        data.training,
        folder,
        settings,
        validation=data.validation,
        displays=data.displays if run.variant.given else None,
        space=space,
        overwrite=True,
    )
    return found.tokenizer, None if resumed else time.process_time() - began
