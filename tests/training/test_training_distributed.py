"""Several processes train the tokenizer that one process trains, to the last bit."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.base.errors import DfeError, UsageError  # noqa: E402
from dfe.space.base import ExpressionSpace  # noqa: E402
from dfe.training import distributed  # noqa: E402
from dfe.training.checkpoint import CHECKPOINT  # noqa: E402
from dfe.training.config import PRESETS, TrainConfig  # noqa: E402
from dfe.training.data import load_data  # noqa: E402
from dfe.training.distributed import Processes, processes, share_search  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.run import first_model  # noqa: E402
from made_tables import make_table  # noqa: E402

CPU = torch.device("cpu")

SCRIPT = """
import os, runpy, sys
from pathlib import Path
sys.path.insert(0, {here!r})
from made_tables import make_table
from dfe.space.registry import load_space
from dfe.quantizers.rvq.config import EncoderConfig
from dfe.quantizers.rvq.settings import RvqSettings
from dfe.quantizers.settings import LossWeights
from dfe.quantizers.sparse.settings import SparseSettings
from dfe.training.config import TrainConfig
from dfe.training.loop import train
folder = Path(sys.argv[1])
for name, words in {commands!r}.items():
    sys.argv = ["dfe", *words, "-o", str(folder / name)]
    try:
        runpy.run_module("dfe", run_name="__main__")
    except SystemExit as stop:
        assert not stop.code, stop.code
    if os.environ["RANK"] == "0":
        print({divide!r}, end="", flush=True)
for name, config in {configs!r}.items():
    train([make_table(load_space("arkit51/face41"), 600)], folder / name, config, tell=print)
"""
"""What each of three processes does; one launch for all, since a launch costs more than the trainings."""
DIVIDE = "~"
"""Said by the first process after each command."""
COMMANDS = ("displays", "rvq")


class Together(NamedTuple):
    """What three processes made."""

    folder: Path
    said: list[str]
    """On standard output, one text a command."""
    told: str
    """On standard error."""


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def words_of(table_file: Path, preset: str) -> list[str]:
    return ["train", str(table_file), "--preset", preset, "--size", "16", "--levels", "3", "--steps", "12"]


@pytest.fixture(scope="module")
def configs(quick: TrainConfig) -> dict[str, TrainConfig]:
    """Trainings whose batches cannot be dealt out evenly."""
    small = {"levels": 4, "size": 16, "steps": 24, "batch": 131, "reseed_every": 8, "validate_every": 5}
    return {
        "encoder": replace(quick, **small),
        "graded": replace(PRESETS["displays"], **small, learning_rate=0.3, checkpoint_every=3, patience=2),
        "beam": replace(PRESETS["rvq"], **small),
    }


@pytest.fixture(scope="module")
def together(
    space: ExpressionSpace, configs: dict[str, TrainConfig], table_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Together:
    """All trainings by three processes; the graded one was begun by a single process."""
    folder = tmp_path_factory.mktemp("together")

    def stop(done: int, total: int | None) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train([make_table(space, 600)], folder / "graded", configs["graded"], stop)
    assert (folder / "graded" / CHECKPOINT).exists()
    commands = {f"command-{preset}": words_of(table_file, preset) for preset in COMMANDS}
    here = str(Path(__file__).parents[1] / "made")
    script = folder / "script.py"
    script.write_text(SCRIPT.format(here=here, commands=commands, configs=configs, divide=DIVIDE))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "3"]
    ran = subprocess.run([*command, str(script), str(folder)], capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    return Together(folder, ran.stdout.split(DIVIDE), ran.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("preset", COMMANDS)
def test_several_processes_from_the_command_line(
    dfe, table_file: Path, together: Together, tmp_path: Path, preset: str
) -> None:
    alone = dfe(*words_of(table_file, preset), "-o", tmp_path / "one")
    assert alone.code == 0, alone.err
    name = f"command-{preset}"
    assert files_of(tmp_path / "one") == files_of(together.folder / name)
    expected = alone.out.replace(str(tmp_path / "one"), str(together.folder / name))
    assert together.said[COMMANDS.index(preset)] == expected
    assert together.told.count("training on cpu in 3 processes") == len(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["encoder", "graded", "beam"])
def test_batches_that_cannot_be_dealt_out_evenly(
    space: ExpressionSpace, configs: dict[str, TrainConfig], together: Together, tmp_path: Path, name: str
) -> None:
    train([make_table(space, 600)], tmp_path, configs[name])
    assert files_of(tmp_path) == files_of(together.folder / name)


class Meeting:
    """Three processes played by threads: what each gives is what all get."""

    def __init__(self, count: int) -> None:
        self.barrier, self.given = threading.Barrier(count), [None] * count
        self.here = threading.local()

    def all_gather(self, parts, mine) -> None:
        self.given[self.here.rank] = mine
        self.barrier.wait(30)
        for part, other in zip(parts, self.given, strict=True):
            part.copy_(other)
        self.barrier.wait(30)

    def all_reduce(self, tensor, op) -> None:
        parts = [torch.empty_like(tensor) for _ in self.given]
        self.all_gather(parts, tensor.clone())
        tensor.copy_(torch.stack(parts).amin(dim=0))


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("stands", [True, False])
@pytest.mark.parametrize("preset", ["displays", "rvq"])
def test_shared_search_finds_what_search_finds(
    space: ExpressionSpace, monkeypatch: pytest.MonkeyPatch, preset: str, stands: bool, rows: int
) -> None:
    config = replace(PRESETS[preset], levels=3, size=8)
    data = load_data([make_table(space, 200)], space, config)
    x = torch.from_numpy(data.training.whole()[:rows])
    expected = first_model(data, space, config).encode(x)
    meeting = Meeting(3)
    monkeypatch.setattr(distributed.dist, "all_gather", meeting.all_gather)
    monkeypatch.setattr(distributed.dist, "all_reduce", meeting.all_reduce)
    if not stands:
        # One process whose library multiplies few rows in another order: nothing is shared then.
        monkeypatch.setattr(distributed, "_products_stand_alone", lambda *_: meeting.here.rank != 1)
    models = [first_model(data, space, config) for _ in range(3)]
    found: dict[int, object] = {}

    def one(rank: int) -> None:
        meeting.here.rank = rank
        share_search(models[rank].searcher(), Processes(rank, 3))
        found[rank] = models[rank].encode(x)

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rank in range(3):
        assert torch.equal(found[rank], expected)


def test_processes_that_differ_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def gather(values, mine) -> None:
        values[:] = [mine, mine + 1]

    monkeypatch.setattr(distributed.dist, "all_gather_object", gather)
    Processes().check_alike("steps", 3)
    with pytest.raises(DfeError, match="processes 0 and 1 of the training differ in steps"):
        Processes(0, 2).check_alike("steps", 3)
    Processes(0, 2).check_alike("losses", float("nan"))


def test_all_fail_as_the_first_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []

    def broadcast(box, src) -> None:
        handed[:] = handed or box
        box[:] = handed

    monkeypatch.setattr(distributed.dist, "broadcast_object_list", broadcast)

    def fails() -> int:
        raise OSError(28, "No space left on device")

    for rank in (0, 1):
        with pytest.raises(OSError, match="No space left"):
            Processes(rank, 2).by_first(fails)
    handed.clear()
    assert [Processes(rank, 2).by_first(lambda rank=rank: rank + 5) for rank in (0, 1)] == [5, 5]


def test_an_environment_that_says_half(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "1")
    with processes(CPU) as among:
        assert among == Processes(0, 1)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="RANK is not set; start them with torchrun"), processes(CPU):
        pass
