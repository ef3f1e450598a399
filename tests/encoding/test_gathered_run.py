"""Faces gathered from all workers into batches: the same tables whoever asks, and whatever happens to the server."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.base.processes import is_alive
from dfe.encoding import tasks
from dfe.encoding.assemble import assemble
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode_to_folder
from dfe.frontends.landmarks.gathering.client import Gathered
from dfe.frontends.landmarks.gathering.config import GatheringConfig
from dfe.frontends.landmarks.networks import FACE_NETWORKS, Networks
from dfe.media.inputs import Source
from dfe.recording.recording import Recording
from made_batches import faces_for
from made_waiting import eventually

BATCH = 3
CHOICES = {"max_faces": 1, "end_s": 0.3, "landmarks": True, "batch": BATCH}


@pytest.fixture(autouse=True)
def own_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Servers of this test alone."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    tasks._landmarks.cache_clear()
    yield
    tasks._landmarks.cache_clear()


@pytest.fixture
def films(tmp_path: Path, carphone: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    for name in "abcd":
        (folder / f"{name}.mp4").write_bytes(carphone.read_bytes() + name.encode())
    return folder


def gathered(**changes: float) -> Gathered:
    networks = Networks(batch=BATCH)
    hashes = {name: networks.hashes[f"{name}.onnx"] for name in FACE_NETWORKS}
    return Gathered(replace(GatheringConfig("cpu", BATCH), **changes), hashes)


def seen(clip: Path, networks: Networks, *cuts: int) -> Recording:
    """The recording of a clip's first frames, in pieces that begin at the cuts."""
    options = EncodeOptions(tokenizer=None, landmarks=True, max_faces=1, batch=networks.batch)
    bounds = [0, *cuts, 12]
    parts = [
        tasks.observe(tasks.Task(Source("clip", "video", (clip,)), options, part, len(cuts) + 1, first, last))
        for part, (first, last) in enumerate(pairwise(bounds))
    ]
    return assemble(parts, options)


def test_tables_do_not_depend_on_the_number_of_workers(films: Path, tmp_path: Path) -> None:
    tables = {}
    for workers in (1, 2, 4):
        out = tmp_path / f"out{workers}"
        encode_to_folder([films], out, EncodeOptions(**CHOICES), workers=workers)
        tables[workers] = {path.name: path.read_bytes() for path in out.glob("*.parquet")}
    assert len(tables[1]) == 4
    assert tables[1] == tables[2] == tables[4]


def test_landmarks_are_those_of_a_batch_of_one_and_logits_differ_in_the_last_places(carphone: Path) -> None:
    batched, one = (seen(carphone, Networks(batch=batch)) for batch in (BATCH, 1))
    np.testing.assert_array_equal(batched.landmarks(), one.landmarks())
    np.testing.assert_allclose(batched.column("logits"), one.column("logits"), rtol=0, atol=1e-4)
    told = [recording.provenance.frontend["batch"] for recording in (batched, one)]
    assert told == [BATCH, 1]


def test_pieces_of_a_film_are_those_of_one_pass(carphone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = EncodeOptions.landmark_config
    monkeypatch.setattr(
        EncodeOptions,
        "landmark_config",
        lambda self, *, still: replace(config(self, still=still), reset_every=4, detect_every=4),
    )
    whole, pieces = (seen(carphone, Networks(batch=BATCH), *cuts) for cuts in ((), (4, 8)))
    assert pieces.table.equals(whole.table)


def test_a_server_killed_in_the_middle_costs_nothing() -> None:
    networks, values = Networks(batch=BATCH), faces_for("covering", 4)
    before = networks.run("covering", values)
    process = networks.gathered.count()["process"]
    os.kill(process, signal.SIGKILL)
    eventually(lambda: not is_alive(process))
    np.testing.assert_array_equal(networks.run("covering", values)[0], before[0])
    count = networks.gathered.count()
    assert count["process"] != process
    assert count["covering"]["faces"] == 4
    networks.gathered.close()


def test_a_film_goes_on_when_the_server_is_killed(carphone: Path) -> None:
    undisturbed = seen(carphone, Networks(batch=BATCH))
    killed: list[int] = []

    def kill(done: int, _total: object) -> None:
        if done == 5:
            killed.append(tasks._landmarks(options.landmark_config(still=False)).networks.gathered.count()["process"])
            os.kill(killed[0], signal.SIGKILL)

    options = EncodeOptions(tokenizer=None, landmarks=True, max_faces=1, batch=BATCH)
    task = tasks.Task(Source("clip", "video", (carphone,)), options, 0, 1, 0, 12)
    found = assemble([tasks.observe(task, kill)], options)
    assert found.table.equals(undisturbed.table)
    assert killed


def test_workers_that_begin_together_find_one_server_which_ends_after_the_last(tmp_path: Path) -> None:
    workers = [gathered(linger_s=2.0) for _ in range(3)]
    processes: list[int] = []
    threads = [threading.Thread(target=lambda one=one: processes.append(one.count()["process"])) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(processes) == 3
    (process,) = set(processes)
    for worker in workers:
        worker.close()
    eventually(lambda: not is_alive(process))
    assert [path.suffix for path in tmp_path.glob("dfe-*/*")] == [".lock"]


def test_what_cannot_be_opened_is_told_to_the_worker(tmp_path: Path) -> None:
    networks = Networks(tmp_path, batch=BATCH)
    networks.__dict__["hashes"] = Networks().hashes
    with pytest.raises(ModelError, match=r"landmarks\.onnx: cannot read the network; install"):
        networks.run("covering", faces_for("covering", 1))
