"""The server of batches: gathers what workers ask for, answers each, and is there for nobody else."""

from __future__ import annotations

import json
import math
import os
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import DfeError, ModelError
from dfe.frontends.landmarks.gathering import batches
from dfe.frontends.landmarks.gathering.client import TRIES
from dfe.frontends.landmarks.gathering.place import Place, find_place, held
from dfe.frontends.landmarks.gathering.wire import MAGIC, REQUEST, receive_reply
from made_batches import Asking, InThread

BATCH = 2


@pytest.fixture(params=["socket", "loopback"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place whose path is short enough for a Unix socket, or too long for one."""
    with tempfile.TemporaryDirectory(prefix="dfe") as short:
        folder = Path(short) if request.param == "socket" else Path(short) / ("long" * 25)
        folder.mkdir(exist_ok=True)
        yield Place(folder, "key")


def face(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(-1, 2)


def test_each_gets_the_answer_to_what_it_asked(place: Place) -> None:
    there, one = InThread(place, BATCH), Asking(place)
    np.testing.assert_array_equal(one.run("doubling", face(1, 2))[0], face(2, 4))
    many = np.arange(80, dtype=np.float32).reshape(-1, 2)
    np.testing.assert_array_equal(one.run("doubling", many)[0], 2 * many)
    assert one.count()["doubling"] == {"batches": 21, "faces": 41}
    one.close()
    there.ends()
    assert all(len(given) == BATCH for given in there.network.given)
    np.testing.assert_array_equal(there.network.given[0][1], 0, "places that are left are zero")


def test_it_ends_by_itself_where_nobody_comes(place: Place) -> None:
    there = InThread(place, BATCH, linger_s=0.01)
    there.thread.join(60)
    assert not there.thread.is_alive()


def test_workers_that_ask_at_the_same_time_share_batches(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds a worker up on a busy machine: here the others wait for all that are connected."""
    monkeypatch.setattr(batches, "RECENT_S", math.inf)
    there = InThread(place, BATCH, patience_s=60.0)
    workers = [Asking(place) for _ in range(BATCH)]
    for worker in workers:
        worker.count()
    answers: dict[int, list[np.ndarray]] = {number: [] for number in range(BATCH)}

    def ask(number: int) -> None:
        for at in range(20):
            answers[number] += workers[number].run("doubling", face(number, at))
        workers[number].close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(BATCH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    last = Asking(place)
    assert last.count()["doubling"] == {"batches": 20, "faces": 20 * BATCH}
    for number, found in answers.items():
        np.testing.assert_array_equal(np.concatenate(found), [(2 * number, 2 * at) for at in range(20)])
    last.close()
    there.ends()


def test_who_does_not_know_the_secret_or_talks_nonsense_is_sent_away(place: Place) -> None:
    there, one = InThread(place, BATCH), Asking(place)
    one.run("doubling", face(1, 2))
    card = place.read()
    assert card is not None
    greeting = MAGIC + bytes.fromhex(card.secret)
    heads = [REQUEST.pack(1, 1), REQUEST.pack(0, 0), REQUEST.pack(0, 1000), b"\xff" * REQUEST.size]
    for words in (b"GET / HTTP/1.1\r\n" + b"x" * 40, MAGIC + bytes(32), *(greeting + head for head in heads)):
        with place.connect(card, 60.0) as line:
            line.sendall(words)
            if words.startswith(greeting):
                assert receive_reply(line)[0]
            with suppress(ConnectionResetError):  # of what it sent, some was not read
                assert line.recv(1) == b""
    for words in (b"", greeting[:5], greeting + REQUEST.pack(0, 1) + b"half"):
        with place.connect(card, 60.0) as line:  # and is gone in the middle
            line.sendall(words)
    np.testing.assert_array_equal(one.run("doubling", face(3, 4))[0], face(6, 8))
    one.close()
    there.ends()


def test_what_a_network_does_not_take_is_not_sent(place: Place) -> None:
    there, one = InThread(place, BATCH), Asking(place)
    for values in (np.zeros((1, 3), np.float32), np.zeros((1, 2), np.float64)):
        with pytest.raises(ModelError, match="the network doubling takes float32"):
            one.run("doubling", values)
    one.close()
    there.ends()


def test_a_server_that_dies_is_replaced_and_asked_again(place: Place) -> None:
    started = [InThread(place, BATCH)]
    one = Asking(place, starts=lambda: started.append(InThread(place, BATCH)))
    one.run("doubling", face(1, 2))
    broken = Asking(place)
    with pytest.raises(AssertionError):  # its call stops the server, and it may not start another
        broken.run("doubling", face(-1, 2))
    started[0].ends()
    np.testing.assert_array_equal(one.run("doubling", face(3, 4))[0], face(6, 8))
    assert len(started) == 2
    one.close()
    started[1].ends()


def test_servers_that_die_time_and_again_are_one_line(place: Place) -> None:
    started: list[InThread] = []
    one = Asking(place, starts=lambda: started.append(InThread(place, BATCH)))
    with pytest.raises(
        DfeError, match=rf"stopped {TRIES} times \(RuntimeError: the device is gone\); use --device cpu"
    ):
        one.run("doubling", face(-1, 2))
    assert len(started) == TRIES
    for server in started:
        server.ends()


@pytest.mark.parametrize("left", ["", "{}", '[1, "00", null]', '[1, "not hex", 1]'])
def test_what_a_killed_server_left_is_no_obstacle(place: Place, left: str) -> None:
    place.card.write_text(left)
    place.door.write_text("no socket")
    started: list[InThread] = []
    one = Asking(place, starts=lambda: started.append(InThread(place, BATCH)))
    np.testing.assert_array_equal(one.run("doubling", face(1, 2))[0], face(2, 4))
    one.close()
    started[0].ends()


def test_only_its_user_can_enter_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    place = find_place("some", 1)
    assert find_place("some", 1) == place != find_place("some", 2)
    if os.name == "posix":
        assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
        place.folder.chmod(0o755)
        with pytest.raises(DfeError, match=r"others than you can enter this folder.*TMPDIR"):
            find_place("some", 1)
        place.folder.rmdir()
        place.folder.symlink_to(tmp_path)
        with pytest.raises(DfeError, match="others than you"):
            find_place("some", 1)


def test_jobs_and_choices_of_devices_have_servers_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    places = {find_place("same").key}
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.setenv(name, "7")
        places.add(find_place("same").key)
    assert len(places) == 3


def test_files_of_another_server_stay_when_one_ends(place: Place) -> None:
    place.card.write_text(json.dumps([os.getpid() + 1, "00", None]))
    place.leave()
    assert place.card.exists()
    place.card.write_text(json.dumps([os.getpid(), "00", None]))
    with held(place.lock):
        place.leave()
        assert place.card.exists(), "another one is being started"
    place.leave()
    assert not place.card.exists()


def test_a_place_that_is_gone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DfeError, match=r"gone: cannot start the process that runs networks in batches \(No such file"):
        Asking(Place(tmp_path / "gone", "key")).run("doubling", face(1, 2))
