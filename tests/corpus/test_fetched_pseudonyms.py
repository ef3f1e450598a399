"""Media in an object store, results under pseudonyms: no byte that is written or said holds a person's name."""

from __future__ import annotations

import csv
import os
import random
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest

from dfe.base.errors import MediaError
from dfe.encoding import manifest
from dfe.encoding.engine import LocalEngine
from dfe.encoding.pseudonyms import Pseudonyms, redacted
from dfe.encoding.row import Row
from dfe.media.inputs import Source
from made_films import grey_film

pytest.importorskip("moto", reason="needs a server that speaks S3")
pytest.importorskip("flask", reason="needs a server that speaks S3")

from dfe.corpus.copying import copy_folder
from dfe.corpus.engines import fetching, find, scratch
from dfe.corpus.stand_ins import Original
from dfe.corpus.stores import Store
from made_store import s3_server

NAME, MARK = "Zoë Xylander", "xylander"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    yield from s3_server()


@pytest.fixture
def stored(server: str, astronaut: Path, tmp_path: Path) -> str:
    """Films of a person in a store, one torn; pictures, one torn; numbered pictures: all called by the name."""
    folder = tmp_path / "first" / NAME
    (folder / "pictures").mkdir(parents=True)
    for at, task in enumerate(("talk", "gone", "changed", "refused")):
        (folder / f"{NAME} {task}.mp4").write_bytes(film(at))
    (folder / f"{NAME} torn.mp4").write_bytes(random.Random(0).randbytes(9000))
    shutil.copy(astronaut, folder / "pictures" / f"{NAME} a.png")
    (folder / "pictures" / f"{NAME} b.png").write_bytes(astronaut.read_bytes()[:30_000])
    url = f"s3://lab/study{server}"
    store = Store.open(url)
    store.system.create_dir("lab")
    assert copy_folder(str(folder.parent), url).problems == ()
    shutil.rmtree(folder.parent)
    return url


def film(seed: int) -> bytes:
    """A film with room to spare, since what is very small is copied at once."""
    return grey_film(seed) + (6000).to_bytes(4, "big") + b"free" + bytes(5992)


def written(folder: Path) -> str:
    """Names and contents of all files of a folder, those of tables unpacked."""
    said = []
    for path in sorted(folder.rglob("*")):
        said.append(str(path.relative_to(folder)))
        if path.is_file():
            said.append(path.read_bytes().decode("utf-8", "replace"))
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            said += [str(table.schema.metadata), str(table.to_pydict())]
    return "\n".join(said).lower()


def test_no_byte_holds_a_name(dfe, monkeypatch, stored, tmp_path):
    media, out, key, plan = (tmp_path / name for name in ("media", "out", "keys/study", "plan.parquet"))
    assert copy_folder(stored, str(media), later=True).stand_ins == 7
    pattern = "{subject}/*.mp4"
    planned = dfe("corpus", "plan", media, "-o", plan, "--sample", "0", "--fetch", "--pattern", pattern)
    assert (planned.code, planned.err.count(" torn.mp4: ")) == (1, 1), planned.err
    store = Store.open(stored)
    store.system.delete_file(f"{store.root}/{NAME}/{NAME} gone.mp4")
    (tmp_path / "new.mp4").write_bytes(film(9) + bytes(9))
    store.put(tmp_path / "new.mp4", f"{NAME}/{NAME} changed.mp4")

    names: list[str] = []
    journal: list[str] = []
    fetch_original, append_rows = fetching.fetch_original, manifest.append_rows

    def fetched(path: Path, original: Original, target: Path) -> None:
        names.append(target.name)
        if "refused" in path.name:
            raise MediaError(f"cannot be fetched (key 'study/{NAME}/x.mp4' in bucket 'lab')", where=original.url)
        fetch_original(path, original, target)

    def appended(path: Path, rows: Iterable[Row]) -> None:
        append_rows(path, rows)
        journal.append(path.read_text())

    monkeypatch.setattr(fetching, "fetch_original", fetched)
    monkeypatch.setattr(manifest, "append_rows", appended)
    # In this process, so that what is fetched and noted can be looked at.
    monkeypatch.setattr(find, "LocalEngine", lambda workers, *_, **__: LocalEngine(workers))
    run = ("corpus", "run", plan, "-o", out, "--fetch", "--pseudonyms", key, "--report", "--thumbnails")
    ran = dfe(*run, "--json-lines")
    assert ran.code == 1
    said = [ran.out, ran.err, *names, *journal, written(out)]
    assert len(names) == 4 + 2 + 3, "three that failed were tried again"
    assert journal
    for status in (("--by-subject",), ("--json",)):
        told = dfe("corpus", "status", out, *status)
        said += [told.out, told.err]
    checked = dfe("corpus", "verify", out, "--sources")
    said += [checked.out, checked.err, dfe("corpus", "query", out, "--json").out]
    assert checked.code == 0
    for text in said:
        assert MARK not in text.lower(), text[max(0, text.lower().index(MARK) - 300) :][:600]
        assert quote("ë").lower() not in text.lower()
    with (out / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    reasons = sorted(row["reason"] for row in rows if row["reason"])
    assert [row["status"] for row in rows].count("failed") == 4
    for why in ("is not in the store any more", "has changed in the store", "cannot be fetched", "could not be read"):
        assert any(why in reason for reason in reasons), (why, reasons)
    assert "dfe-fetched" not in str(rows), "the user's files are named, not where they were fetched to"
    assert MARK in written(key.parent), "who is who is known where the key is"

    names.clear()
    again = dfe(*run, "--json")
    assert (again.code, again.json["there"], again.json["aside"]) == (1, 2, 3)
    assert names == [], "what is there is known by its stand-in, and is not fetched again"


def test_messages_lose_names_however_they_are_written(tmp_path):
    film = tmp_path / NAME / "pictures" / f"{NAME}.mp4"
    named = Pseudonyms(tmp_path / "key").source(Source("x", "video", (film,), None, f"{NAME}/pictures"))
    for text in (
        f"{film}: damaged", f"s3://lab/{NAME}/pictures/{NAME}.mp4?x=y: gone", f"key '{quote(NAME)}/pictures' refused",
        f"s3://lab/{quote(f'{NAME}/pictures/{NAME}.mp4')}: gone", f"cannot list /data/{NAME}",
    ):  # fmt: skip
        assert MARK not in redacted(text, named).lower()
    assert redacted("2 pictures are damaged", named) == "2 pictures are damaged"


def test_numbered_pictures_stay_a_film_under_pseudonyms(tmp_path):
    paths = tuple(tmp_path / f"{NAME}_{at:02d}.png" for at in (1, 2, 5))
    named = Pseudonyms(tmp_path / "key").source(Source("x", "video", paths))
    called = [fetching._called(named, at) for at in range(3)]
    assert called == [f"xxx xxxxxxxx_{at:02d}.png" for at in (1, 2, 5)]


def test_what_a_killed_worker_had_fetched_is_removed(tmp_path):
    with scratch.own_folder(tmp_path) as held:
        left, young = tmp_path / "dfe-fetched-left", tmp_path / "dfe-fetched-young"
        for folder in (left, young):
            folder.mkdir()
            (folder / "film.mp4").write_bytes(b"somebody")
        for folder in (left, held):
            os.utime(folder, (time.time() - 3600, time.time() - 3600))
        with scratch.own_folder(tmp_path) as other:
            assert sorted(tmp_path.iterdir()) == sorted([held, young, other])
    assert list(tmp_path.iterdir()) == [young]
