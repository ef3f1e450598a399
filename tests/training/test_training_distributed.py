"""Several processes train the tokenizer that one process trains, to the last bit."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

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
import sys
from dataclasses import replace
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
for name, config in {configs!r}.items():
    train([make_table(load_space("arkit51/face41"), 600)], Path(sys.argv[1]) / name, config, tell=print)
"""


def torchrun(count: int, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("preset", ["displays", "fidelity"])
def test_two_processes_from_the_command_line(dfe, table_file: Path, tmp_path: Path, preset: str) -> None:
    words = ["train", str(table_file), "--preset", preset, "--size", "16", "--levels", "3", "--steps", "12"]
    alone = dfe(*words, "-o", tmp_path / "one")
    assert alone.code == 0, alone.err
    ran = torchrun(2, "-m", "dfe", *words, "-o", str(tmp_path / "two"))
    assert ran.returncode == 0, ran.stderr
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert ran.stdout == alone.out.replace(str(tmp_path / "one"), str(tmp_path / "two"))
    assert ran.stderr.count("training on cpu in 2 processes") == 1


def test_batches_that_cannot_be_dealt_out_evenly(space: ExpressionSpace, quick: TrainConfig, tmp_path: Path) -> None:
    small = {"levels": 4, "size": 16, "steps": 24, "batch": 131, "reseed_every": 8, "validate_every": 5}
    configs = {
        "encoder": replace(quick, **small),
        "displays": replace(PRESETS["displays"], **small, learning_rate=0.3, checkpoint_every=3, patience=2),
        "beam": replace(PRESETS["fidelity"], **small),
    }
    # One of them was begun by a single process.
    begun = configs["displays"]

    def stop(done: int, total: int | None) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train([make_table(space, 600)], tmp_path / "three" / "displays", begun, stop)
    assert (tmp_path / "three" / "displays" / CHECKPOINT).exists()
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(here=str(Path(__file__).parents[1] / "made"), configs=configs))
    ran = torchrun(3, str(script), str(tmp_path / "three"))
    assert ran.returncode == 0, ran.stderr
    for name, config in configs.items():
        train([make_table(space, 600)], tmp_path / "one" / name, config)
        assert files_of(tmp_path / "one" / name) == files_of(tmp_path / "three" / name)


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
@pytest.mark.parametrize("preset", ["displays", "fidelity"])
def test_shared_search_finds_what_search_finds(
    space: ExpressionSpace, monkeypatch: pytest.MonkeyPatch, preset: str, stands: bool, rows: int
) -> None:
    config = replace(PRESETS[preset], levels=3, size=8)
    data = load_data([make_table(space, 200)], space, config)
    x = torch.from_numpy(data.training[:rows])
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
