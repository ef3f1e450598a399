"""A run into a folder: failures are tried again and set aside, and limits end it cleanly."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from dfe.base.errors import DiskFull, UsageError
from dfe.encoding import finish, limits, tasks
from dfe.encoding.engine import LocalEngine
from dfe.encoding.folder import FolderChoices, FolderRun
from dfe.encoding.limits import Limits
from dfe.encoding.manifest import Manifest
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode_to_folder, prepared
from dfe.media.inputs import discover
from made_films import grey_film

OPTIONS = EncodeOptions(tokenizer=None)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    for at, name in enumerate(("a", "b", "c")):
        (folder / f"{name}.mp4").write_bytes(grey_film(at, frames=4))
    return folder


def run(media: Path, **choices: object) -> tuple[list[str], FolderRun]:
    out = media.parent / "out"
    out.mkdir(exist_ok=True)
    sources = discover([media]).sources
    made = FolderRun(out, OPTIONS, FolderChoices(**choices), prepared(sources, OPTIONS), LocalEngine())
    told = [f"{result.name} {result.status}" for result in made.results(sources, [4] * len(sources))]
    return told, made


def statuses(out: Path) -> dict[str, tuple[str, str]]:
    return {row.output: (row.status, row.tries) for row in Manifest(out)}


def test_a_failure_is_tried_again_in_the_run_and_then_set_aside(media, monkeypatch):
    seen: list[str] = []
    files = finish.Finish.files

    def failing(self, one, told, began):
        seen.append(one.source.name)
        if one.source.name == "b":
            raise UsageError("it will not")
        return files(self, one, told, began)

    monkeypatch.setattr(finish.Finish, "files", failing)
    told, _ = run(media, tries=2)
    assert told == ["a done", "c done", "b failed"]
    assert seen == ["a", "b", "c", "b"]
    assert statuses(media.parent / "out")["b.parquet"] == ("failed", "2")
    assert [row.reason for row in Manifest(media.parent / "out") if row.reason] == [f"{media / 'b.mp4'}: it will not"]
    seen.clear()
    assert run(media, tries=2)[0] == ["a there", "b aside", "c there"]
    assert seen == []
    run(media, tries=3)
    assert seen == ["b"], "one try more"
    seen.clear()
    (media / "b.mp4").write_bytes(grey_film(9, frames=4))
    run(media, tries=2)
    assert seen == ["b", "b"], "another file is another try"
    seen.clear()
    monkeypatch.setattr(finish.Finish, "files", files)
    assert run(media)[0] == ["a there", "c there", "b done"], "without a number it is tried in each run"
    assert statuses(media.parent / "out")["b.parquet"] == ("done", "")


def test_a_run_stops_before_the_disk_is_full_and_goes_on(media, monkeypatch):
    free = iter([5e9, 5e9, 5e8])
    monkeypatch.setattr(limits.shutil, "disk_usage", lambda _: SimpleNamespace(free=next(free, 0)))
    told, made = run(media, limits=Limits(free_bytes=10**9))
    assert told == ["a done"]
    assert "too little of the disk is free" in made.stopped
    assert [status for status, _ in statuses(media.parent / "out").values()] == ["done", "waiting", "waiting"]
    monkeypatch.undo()
    told, made = run(media, limits=Limits(free_bytes=1))
    assert (told, made.stopped) == (["a there", "b done", "c done"], None)


def test_a_full_disk_is_no_fault_of_a_file(media, monkeypatch):
    files = finish.Finish.files

    def full(self, one, told, began):
        if one.source.name == "b":
            raise DiskFull("the disk is full")
        return files(self, one, told, began)

    monkeypatch.setattr(finish.Finish, "files", full)
    told, made = run(media, limits=Limits(free_bytes=1), tries=2)
    assert "b" not in " ".join(told)
    assert "full" in made.stopped
    assert statuses(media.parent / "out")["b.parquet"] == ("waiting", "")
    assert run(media)[0][:2] == ["a there", "b failed"], "without a limit it is a failure like others"
    monkeypatch.undo()
    assert run(media)[1].stopped is None
    assert {status for status, _ in statuses(media.parent / "out").values()} == {"done"}


def test_nothing_is_begun_when_the_time_is_up(media):
    told, made = run(media, limits=Limits(seconds=1e-9))
    assert told == []
    assert "time is up" in made.stopped


@pytest.mark.parametrize("bad", [{"seconds": 0.0}, {"seconds": float("nan")}, {"free_bytes": -1}])
def test_limits_make_sense(bad):
    with pytest.raises(UsageError):
        Limits(**bad)


@pytest.mark.skipif(os.name == "nt", reason="permissions of another kind")
def test_results_are_closed_to_strangers_and_stay_as_their_owner_set_them(media):
    out = media.parent / "results" / "out"
    before = os.umask(0o022)
    try:
        encode_to_folder([media], out, OPTIONS, report=True)
        modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()}
        assert modes == {".parquet": 0o640, ".html": 0o640, ".csv": 0o640}
        assert {stat.S_IMODE(place.stat().st_mode) for place in (out, out.parent)} == {0o750}
        (out / "a.parquet").chmod(0o600)
        encode_to_folder([media], out, OPTIONS, overwrite=True)
        assert stat.S_IMODE((out / "a.parquet").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_long_films_are_cut_whatever_else_there_is(media, monkeypatch):
    monkeypatch.setattr(tasks, "LONG_FRAMES", 20)
    monkeypatch.setattr(tasks, "PIECE_FRAMES", 4)
    for name in "defgh":
        shutil.copy(media / "a.mp4", media / f"{name}.mp4")
    (media / "long.mp4").write_bytes(grey_film(7, frames=40))
    sources = discover([media]).sources
    assert len(sources) >= 4
    parts: list[tuple[str, int]] = []

    class Two(LocalEngine):
        def run(self, work, tasks, heard=None):
            for task in tasks:
                parts.append((task.task.source.name, task.task.parts))
                yield task, work(task)

    out = media.parent / "cut"
    out.mkdir()
    how = prepared(sources, OPTIONS)
    made = FolderRun(out, OPTIONS, FolderChoices(), how, Two(2))
    assert {result.status for result in made.results(sources, [4] * 8 + [40])} == {"done"}
    assert dict(parts)["long"] > 1
    assert dict(parts)["a"] == 1
    whole = media.parent / "whole"
    encode_to_folder([media], whole, OPTIONS)
    assert (out / "long.parquet").read_bytes() == (whole / "long.parquet").read_bytes()


def test_a_glance_says_what_a_second_look_says(media):
    from dfe.corpus.config import PlanOptions
    from dfe.corpus.making import make_plan

    plan = make_plan([media], media.parent / "plan.parquet", PlanOptions(sample_s=0), LocalEngine())
    out = media.parent / "out"
    out.mkdir()
    sources = plan.sources()
    how = prepared(list(sources), OPTIONS)

    def told(sources) -> list[str]:
        made = FolderRun(out, OPTIONS, FolderChoices(), how, LocalEngine())
        return sorted(f"{result.name} {result.status}" for result in made.results(sources, [4] * 3))

    assert told(sources) == ["a done", "b done", "c done"]
    assert told(sources) == told(list(sources)) == ["a there", "b there", "c there"]
    made = FolderRun(out, OPTIONS, FolderChoices(), how, LocalEngine())
    assert [made._done(sources.glance(at)) for at in range(3)] == [made.manifest.named(f"{n}.parquet") for n in "abc"]
    os.utime(media / "a.mp4", ns=(1, 1))
    (media / "b.mp4").write_bytes(grey_film(8, frames=4))
    shutil.copy(out / "c.parquet", out / "copy")
    (out / "copy").replace(out / "c.parquet")
    assert [made._done(sources.glance(at)) for at in range(3)] == [None] * 3, "these take a second look"
    assert told(sources) == ["a there", "b done", "c there"]
