"""Pieces of a long film are kept until its table is there: what goes on looks at the others only."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from dfe.base.errors import DfeError
from dfe.base.stamps import stamps
from dfe.encoding import kept, tasks
from dfe.encoding.assemble import assemble
from dfe.encoding.engine import LocalEngine
from dfe.encoding.folder import FolderChoices, FolderRun
from dfe.encoding.kept import FOLDER
from dfe.encoding.limits import LimitWatch
from dfe.encoding.manifest import Manifest
from dfe.encoding.options import EncodeOptions
from dfe.encoding.piece_file import read_piece, write_piece
from dfe.encoding.row import Row
from dfe.encoding.run import prepared
from dfe.encoding.tasks import Task, hash_of_readable
from dfe.media.inputs import discover
from made_films import grey_film

OPTIONS = EncodeOptions(tokenizer=None)
PIECES, STEP = 4, 12


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film that is long as things are here: four pieces, each of which begins where faces are sought afresh."""
    monkeypatch.setattr(tasks, "LONG_FRAMES", 20)
    monkeypatch.setattr(tasks, "PIECE_FRAMES", 4)
    config = EncodeOptions.landmark_config
    monkeypatch.setattr(
        EncodeOptions, "landmark_config", lambda self, *, still: replace(config(self, still=still), reset_every=STEP)
    )
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "long.mp4").write_bytes(grey_film(3, frames=STEP * PIECES))
    return folder


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pieces that were looked at."""
    seen: list[int] = []
    observe = tasks.observe

    def counted(task: Task, progress: object = None) -> tasks.Observed:
        seen.append(task.part)
        return observe(task)

    monkeypatch.setattr(kept, "observe", counted)
    return seen


class Stopping(LocalEngine):
    """One that ends, as a run that is killed does, after so many pieces."""

    def run(self, work, tasks, heard=None) -> Iterator:  # type: ignore[no-untyped-def, override]
        for number, task in enumerate(tasks):
            if number == 2:
                raise KeyboardInterrupt
            yield task, work(task)


def go(media: Path, engine: LocalEngine | None = None, out: str = "out", **choices: Any) -> list[str]:
    folder = media.parent / out
    folder.mkdir(exist_ok=True)
    sources = discover([media]).sources
    made = FolderRun(folder, OPTIONS, FolderChoices(**choices), prepared(sources, OPTIONS), engine or LocalEngine())
    return [result.status for result in made.results(sources, [STEP * PIECES])]


def stop(media: Path, **choices: bool) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(media, Stopping(), **choices)


def pieces(media: Path) -> int:
    return len(list((media.parent / "out" / FOLDER).rglob("*.piece")))


def test_going_on_looks_at_the_missing_pieces_only(media, looked):
    assert go(media, out="well") == ["done"]
    assert (looked, list((media.parent / "well").glob(".*"))) == ([0, 1, 2, 3], []), "nothing is left of the pieces"
    looked.clear()
    stop(media)
    assert (looked, pieces(media)) == ([0, 1], 2)
    place = media.parent / "out" / FOLDER
    folders = [path for path in (place, *place.iterdir()) if os.name == "posix"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in folders] == [0o700] * len(folders), "for their owner alone"
    looked.clear()
    assert go(media) == ["done"]
    assert looked == [2, 3]
    assert not (media.parent / "out" / FOLDER).exists()
    made, well = (media.parent / name / "long.parquet" for name in ("out", "well"))
    assert made.read_bytes() == well.read_bytes()


def test_a_run_whose_time_is_up_ends_after_a_piece(media, looked, monkeypatch):
    asked = iter(range(100))
    go_on = LimitWatch.go_on
    monkeypatch.setattr(LimitWatch, "go_on", lambda self: next(asked) < 4 and go_on(self))
    assert go(media) == []
    assert (looked, pieces(media)) == ([0, 1], 2), "asked for the round, for the film, and for each piece"


def test_pieces_leave_room_for_tables(media, looked, monkeypatch):
    monkeypatch.setattr(kept.shutil, "disk_usage", lambda _: SimpleNamespace(free=9e8))
    stop(media)
    assert (looked, pieces(media)) == ([0, 1], 0)


def test_pieces_of_anything_else_are_not_believed(media, looked, monkeypatch):
    stop(media)
    damaged = next((media.parent / "out" / FOLDER).rglob("*.piece"))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    looked.clear()
    stop(media)
    assert len(looked) == 1, "the one that was damaged"
    for change in ("another version", "another film"):
        if change == "another version":
            monkeypatch.setattr(kept, "__version__", "0.0.0")
        else:
            (media / "long.mp4").write_bytes(grey_film(4, frames=STEP * PIECES))
        looked.clear()
        stop(media)
        assert looked == [0, 1], change
    looked.clear()
    stop(media, overwrite=True)
    assert (looked, pieces(media)) == ([0, 1], 2), "told to do all again, and what is of no use is gone"


def test_pieces_are_gone_where_the_table_is_there(media, looked):
    stop(media)
    spare = media.parent / "spare"
    shutil.copytree(media.parent / "out" / FOLDER, spare)
    go(media)
    shutil.copytree(spare, media.parent / "out" / FOLDER)
    assert go(media) == ["there"], "killed after the table had been written"
    assert not (media.parent / "out" / FOLDER).exists()


def test_pieces_are_there_until_the_list_says_that_their_table_is(media, looked, monkeypatch):
    note = Manifest.note

    def killed(self: Manifest, *rows: Row) -> None:
        if any(row.status == "done" for row in rows):
            raise KeyboardInterrupt
        note(self, *rows)

    monkeypatch.setattr(Manifest, "note", killed)
    with pytest.raises(KeyboardInterrupt):
        go(media)
    monkeypatch.setattr(Manifest, "note", note)
    assert (looked, pieces(media)) == ([0, 1, 2, 3], PIECES)
    looked.clear()
    assert (go(media), looked) == (["done"], [])


def test_pieces_of_what_has_changed_are_gone_as_soon_as_it_is_begun_anew(media, looked):
    stop(media)
    before = set((media.parent / "out" / FOLDER).rglob("*.piece"))
    (media / "long.mp4").write_bytes(grey_film(4, frames=STEP * PIECES))
    stop(media)
    after = set((media.parent / "out" / FOLDER).rglob("*.piece"))
    assert (len(before), len(after), before & after) == (2, 2, set())


def test_pieces_of_what_was_renamed_are_gone_and_those_of_other_runs_stay(media, looked):
    stop(media)
    (media / "other.mp4").write_bytes(grey_film(5))
    others = media.parent / "out" / FOLDER / kept.piece_mark("other")
    others.mkdir()
    (others / "of another run.piece").write_bytes(b"")
    Manifest(media.parent / "out", "2of2").note(Row("../media/other.mp4", "other.parquet"))
    (media / "long.mp4").rename(media / "renamed.mp4")
    sources = [one for one in discover([media]).sources if one.name == "renamed"]
    made = FolderRun(media.parent / "out", OPTIONS, FolderChoices(), prepared(sources, OPTIONS), LocalEngine())
    assert [result.status for result in made.results(sources, [STEP * PIECES])] == ["done"]
    assert [path.name for path in (media.parent / "out" / FOLDER).iterdir()] == [others.name]
    assert kept.PiecesLeft.of(media.parent / "out") == (1, 1, 0)
    (media / "other.mp4").unlink()
    assert [result.status for result in made.results(sources, [STEP * PIECES])] == ["there"]


def test_pieces_are_gone_of_what_is_set_aside(media, looked, monkeypatch):
    observe = kept.observe

    def failing(task: Task, progress: object = None) -> tasks.Observed:
        if task.part == 2:
            raise DfeError("a fault of the codec")
        return observe(task, progress)

    monkeypatch.setattr(kept, "observe", failing)
    assert go(media) == ["failed"]
    assert (looked, pieces(media)) == ([0, 1], 2), "no more is looked at of what has failed; it will be tried again"
    assert go(media, tries=3) == ["failed"]
    assert (looked, (media.parent / "out" / FOLDER).exists()) == ([0, 1], False), "and has failed often enough"


def test_a_piece_that_cannot_be_kept_is_looked_at_all_the_same(media, looked):
    (media.parent / "out").mkdir()
    (media.parent / "out" / FOLDER).write_text("a file stands in the way")
    assert go(media) == ["done"]
    assert looked == [0, 1, 2, 3]


def test_what_is_said_of_all_pictures_is_said_anew_where_one_has_changed(tmp_path, looked, monkeypatch):
    monkeypatch.setattr(tasks, "PIECE_PICTURES", 1)
    pictures = tmp_path / "media"
    pictures.mkdir()
    for at, name in enumerate(("a.png", "b.png")):
        cv2.imwrite(str(pictures / name), np.full((32, 32), at, np.uint8))
    source = discover([pictures]).sources[0]
    own = kept.Kept(tmp_path, "ways", 0.0)

    def hashed() -> str | None:
        first, _ = tasks.plan(source, OPTIONS, cut=True)
        info = own.seen(first).info
        return None if info is None else info.sha256

    before = hashed()
    assert (hashed(), looked) == (before, [0])
    cv2.imwrite(str(pictures / "b.png"), np.full((32, 32), 9, np.uint8))
    assert hashed() == hash_of_readable(source.paths) != before


def test_a_piece_is_read_as_it_was_seen(carphone, tmp_path):
    options = EncodeOptions(tokenizer=None, landmarks=True, max_faces=1)
    source = discover([carphone]).sources[0]
    task = Task(source, options, 0, 2, 0, 24)
    seen = tasks.observe(task)
    write_piece(tmp_path / "a.piece", seen)
    again = read_piece(tmp_path / "a.piece", task, stamps([carphone]))
    assert again is not None
    assert again.faces is not None
    assert seen.faces is not None
    for one, other in zip(again.faces.frames[1:], seen.faces.frames[1:], strict=True):
        np.testing.assert_array_equal(one, other)
        assert other.strides[0] >= other.strides[-1], "joined with others it lies in memory as it does when read"
    assert (again.info, again.files, again.frames) == (seen.info, seen.files, seen.frames)
    one, other = assemble([again], options), assemble([seen], options)
    assert one.table.equals(other.table)
    assert one.provenance == other.provenance
    assert read_piece(tmp_path / "b.piece", task, {}) is None
