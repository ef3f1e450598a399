"""A corpus whose media and tables are in an object store, on a server that speaks S3."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfe.base.errors import DfeError, MediaError, UsageError

pytest.importorskip("moto", reason="needs a server that speaks S3")
pytest.importorskip("flask", reason="needs a server that speaks S3")

from dfe.corpus.config import PlanOptions
from dfe.corpus.copying import copy_folder
from dfe.corpus.engines.fetching import FetchingEngine
from dfe.corpus.making import make_plan
from dfe.corpus.run import RunOptions, run_corpus
from dfe.corpus.stand_ins import fetch_original, stands_for
from dfe.corpus.stores import Store
from dfe.encoding.engine import Engine, LocalEngine
from made_store import s3_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    yield from s3_server()


@pytest.fixture(scope="module")
def media(demo_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film and two pictures, one of them torn; and what nobody wants to copy."""
    folder = tmp_path_factory.mktemp("here") / "media"
    (folder / "s1").mkdir(parents=True)
    (folder / "s2").mkdir()
    shutil.copy(demo_media / "carphone_pristine.mp4", folder / "s1" / "film.mp4")
    shutil.copy(demo_media / "astronaut.png", folder / "s2" / "a.png")
    (folder / "s2" / "b.png").write_bytes((demo_media / "astronaut.png").read_bytes()[:30_000])
    (folder / ".hidden").write_text("no")
    return folder


@pytest.fixture(scope="module")
def stored(server: str, media: Path) -> str:
    """The same in a store."""
    url = f"s3://lab/interviews{server}"
    _bucket(url)
    done = copy_folder(str(media), url)
    assert done.as_dict() == {"copied": 3, "stand_ins": 0, "there": 0, "bytes": done.bytes, "failed": 0}
    return url


def _bucket(url: str) -> None:
    store = Store.open(url)
    store.system.create_dir(store.root.partition("/")[0])


def _tables(media: Path, out: Path, engine: Engine) -> dict[str, bytes]:
    plan = make_plan([media], out.with_suffix(".plan.parquet"), PlanOptions(sample_s=0), engine)
    assert plan.problems == []
    assert plan.frames == 122
    summary = run_corpus(plan, out, RunOptions(), engine)
    assert (summary.recordings, summary.states["failed"]) == (2, 0)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


def test_tables_of_media_in_a_store_are_those_of_media_here(
    stored: str, media: Path, server: str, tmp_path: Path
) -> None:
    there = tmp_path / "media"
    done = copy_folder(stored, str(there), later=True)
    assert (done.stand_ins, done.copied, done.bytes) == (3, 0, 0)
    blocks = sum(os.stat(path).st_blocks for path in there.rglob("*") if path.is_file())  # noqa: PTH116
    assert blocks * 512 < 100_000
    engine = FetchingEngine(LocalEngine(), tmp_path)
    found = _tables(there, tmp_path / "fetched", engine)
    assert found == _tables(media, tmp_path / "local", LocalEngine())
    assert all(stands_for(path) for path in there.rglob("*") if path.is_file())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "fetched", "fetched.plan.parquet", "local", "local.plan.parquet", "media",
    ]  # fmt: skip
    again = run_corpus(
        make_plan([there], tmp_path / "p.parquet", PlanOptions(sample_s=0), engine),
        tmp_path / "fetched", RunOptions(), engine,
    )  # fmt: skip
    assert again.states["there"] + again.states["damaged"] == 2

    out = f"s3://lab/tables{server}"
    assert copy_folder(str(tmp_path / "fetched"), out).copied >= 2
    assert copy_folder(str(tmp_path / "fetched"), out).copied == 0
    assert copy_folder(out, str(tmp_path / "back")).problems == ()
    back = {
        path.relative_to(tmp_path / "back").as_posix(): path.read_bytes()
        for path in (tmp_path / "back").rglob("*.parquet")
    }
    assert back == found
    assert copy_folder(out, str(tmp_path / "back")).copied == 0


def test_a_stand_in_is_none_of_what_it_stands_for(stored: str, tmp_path: Path) -> None:
    copy_folder(stored, str(tmp_path / "m"), later=True)
    path = tmp_path / "m" / "s1" / "film.mp4"
    original = stands_for(path)
    assert original is not None
    assert original.url.startswith("s3://lab/interviews/s1/film.mp4?")
    assert copy_folder(stored, str(tmp_path / "m"), later=True).there == 3
    os.utime(path, ns=(1, 1))
    with pytest.raises(MediaError, match="has changed in the store"):
        fetch_original(path, original, tmp_path / "x.mp4")
    with pytest.raises(MediaError, match="is not in the store any more"):
        fetch_original(path, original._replace(name="s1/gone.mp4"), tmp_path / "x.mp4")
    assert not (tmp_path / "x.mp4").exists()
    assert copy_folder(stored, str(tmp_path / "m")).copied == 3
    assert stands_for(path) is None


def test_what_cannot_be_copied_is_told(stored: str, server: str, media: Path, tmp_path: Path) -> None:
    for source, target in ((stored, stored), (str(media), str(tmp_path))):
        with pytest.raises(UsageError, match="one of the two must be a URL"):
            copy_folder(source, target)
    with pytest.raises(UsageError, match="--later does nothing"):
        copy_folder(str(media), stored, later=True)
    with pytest.raises(UsageError, match="a URL with a key in it") as told:
        Store.open("s3://me:secret@lab/x")
    assert "secret" not in str(told.value)
    with pytest.raises(UsageError, match="cannot be opened"):
        Store.open("nothing-known://x/y")
    with pytest.raises(DfeError, match="cannot be listed"):
        copy_folder(f"s3://no-such-bucket/x{server}", str(tmp_path))
    failed = copy_folder(str(media), f"s3://other-bucket/x{server.replace('&allow_bucket_creation=true', '')}")
    assert len(failed.problems) == 3
    assert "cannot be written" in failed.problems[0]


def test_other_kinds_of_stores_go_by_fsspec(media: Path, tmp_path: Path) -> None:
    assert copy_folder(str(media), "memory://lab/x").copied == 3
    assert copy_folder("memory://lab/x", str(tmp_path / "m")).copied == 3
    assert (tmp_path / "m" / "s2" / "a.png").read_bytes() == (media / "s2" / "a.png").read_bytes()


def test_the_verb_copies(dfe, stored: str, tmp_path: Path) -> None:
    ran = dfe("corpus", "copy", stored, tmp_path / "m", "--later", "--json")
    assert (ran.code, ran.json["stand_ins"]) == (0, 3)
    assert "3 there already" in dfe("corpus", "copy", stored, tmp_path / "m", "--later").out
