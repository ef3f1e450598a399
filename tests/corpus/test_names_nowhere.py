"""Under pseudonyms nothing that a run writes or says tells a name, nor lets anybody try whether a guess is right."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from dfe.base.stamps import one_stamp, stamps
from dfe.encoding import manifest, tasks
from dfe.encoding.going_on import mark_of
from dfe.encoding.kept import FOLDER
from dfe.encoding.limits import LimitWatch
from dfe.encoding.options import EncodeOptions
from made_films import grey_film
from made_other_tables import openface, points68

NAME, MARK = "Zoe  Xylander", "xylander"  # two blanks, which messages show as one
STEP = 12


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Every kind of input, of every kind of fate, all called by a person's name."""
    folder = tmp_path / "media"
    home = folder / NAME
    (home / "pictures").mkdir(parents=True)
    (home / f"{NAME}_talk.mp4").write_bytes(grey_film(1))
    (home / f"{NAME}_long.mp4").write_bytes(grey_film(3, frames=4 * STEP))
    (home / f"{NAME}_gone.mp4").write_bytes(grey_film(5))
    (home / f"{NAME}_empty.mp4").write_bytes(b"")
    (home / f"{NAME}_torn.mp4").write_bytes(b"no film" * 90)
    cv2.imwrite(str(home / "pictures" / f"{NAME}1.png"), np.full((32, 32), 90, np.uint8))
    (home / "pictures" / f"{NAME}2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for suffix in ("mp4", "avi"):
        (home / f"{NAME}_twice.{suffix}").write_bytes(grey_film(6))
    tables = tmp_path / "tables" / NAME
    tables.mkdir(parents=True)
    (tables / f"{NAME}_openface.csv").write_text(openface(points68(3)))
    return folder


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A film of 48 frames is long as things are here: four pieces."""
    monkeypatch.setattr(tasks, "LONG_FRAMES", 20)
    monkeypatch.setattr(tasks, "PIECE_FRAMES", 4)
    config = EncodeOptions.landmark_config
    monkeypatch.setattr(
        EncodeOptions, "landmark_config", lambda self, *, still: replace(config(self, still=still), reset_every=STEP)
    )


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of all files of a folder, those of tables unpacked, too."""
    for path in folder.rglob("*"):
        yield str(path.relative_to(folder)), path.read_bytes() if path.is_file() else b""
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield "unpacked", f"{table.schema.metadata} {table.to_pydict()}".encode()


def guesses(media: Path) -> list[bytes]:
    """What somebody would try who guesses a name: the names and paths themselves, and what hashes of them begin with.

    Size and time of change are taken as known, since the size stands in the list and times may be whole seconds.
    """
    found = [MARK.encode(), MARK.upper().encode(), NAME.replace(" ", "%20").encode()]
    for path in [media, *media.parent.rglob("*")]:
        if MARK not in str(path).lower():
            continue
        texts = {path.name, path.stem, str(path), path.relative_to(media.parent).as_posix()}
        texts |= {path.relative_to(base).with_suffix("").as_posix() for base in (media,) if base in path.parents}
        for text in texts:
            found += [hashlib.new(kind, text.encode()).hexdigest()[:12].encode() for kind in ("md5", "sha1", "sha256")]
            found.append(mark_of(text)[:12].encode())
        for kind in ("video", "stills", "table"):
            found += [one_stamp(stamps([path]), [kind])[:12].encode(), one_stamp(stamps([path]))[:12].encode()]
    pictures = sorted((media / NAME / "pictures").iterdir())
    found.append(one_stamp(stamps(pictures), ["stills"])[:12].encode())
    return sorted({guess.lower() for guess in found})


def test_no_name_and_no_hash_of_one(dfe, media, cut, monkeypatch, tmp_path):
    out, key, plan = tmp_path / "out", tmp_path / "keys" / "study", tmp_path / "plan.parquet"
    pattern = "{subject}/{subject}_{task}.mp4"
    dfe("corpus", "plan", media, tmp_path / "tables", "-o", plan, "--sample", "0", "--pattern", pattern)
    known = guesses(media)
    (media / NAME / f"{NAME}_gone.mp4").unlink()
    journal: list[bytes] = []
    append_rows = manifest.append_rows

    def appended(path, rows):  # type: ignore[no-untyped-def]
        append_rows(path, rows)
        journal.append(path.read_bytes())

    monkeypatch.setattr(manifest, "append_rows", appended)
    said: list[str] = []
    left: list[tuple[str, bytes]] = []

    def told(*words: object) -> int:
        ran = dfe(*words)
        said.extend([ran.out, ran.err])
        left.extend(everything(out))
        return ran.code

    run = ("corpus", "run", plan, "-o", out, "--pseudonyms", key, "--report", "--thumbnails")
    go_on, asked = LimitWatch.go_on, iter(range(99))

    def stopping(self: LimitWatch) -> bool:
        self.reached = self.reached or (None if next(asked) < 4 else "the time is up")
        return go_on(self)

    monkeypatch.setattr(LimitWatch, "go_on", stopping)
    assert told(*run, "--json-lines") == 75
    assert list((out / FOLDER).rglob("*.piece")), "stopped in the middle of a film"
    told("corpus", "status", out)
    told("corpus", "verify", out)
    monkeypatch.setattr(LimitWatch, "go_on", go_on)
    assert told(*run, "--json-lines") == 1
    for words in ((*run, "--json"), run, *(("corpus", verb, out) for verb in ("status", "verify"))):
        told(*words)
    told("corpus", "status", out, "--by-subject", "--json")
    other = tmp_path / "other"
    told("encode", media, "-o", other, "--pseudonyms", key, "--json")
    left.extend(everything(other))
    assert len(list(out.rglob("*.parquet"))) == len(list(out.rglob("*.html"))) == 4
    parts = (part for name, content in left for part in (name.encode(), content))
    texts = {text.lower() for text in (*(text.encode() for text in said), *journal, *parts)}
    for lower in texts:
        for guess in known:
            assert guess not in lower, (guess, lower[max(0, lower.index(guess) - 200) :][:400])


def test_a_source_is_known_again_by_its_keyed_stamp(dfe, tmp_path):
    """What stands for a source holds its name, size and time; with the key, and not without, it is found again."""
    film, out = tmp_path / "media" / f"{NAME}.mp4", tmp_path / "out"
    film.parent.mkdir()
    film.write_bytes(grey_film(1))
    for key, there in (("one", 0), ("one", 1)):
        ran = dfe("encode", film.parent, "-o", out, "--pseudonyms", tmp_path / key, "--json")
        assert ran.json["files_already_there"] == there


def test_a_neutral_called_by_a_name_is_refused(dfe, tmp_path):
    film = tmp_path / "a.mp4"
    film.write_bytes(grey_film(1))
    assert dfe("encode", film, "-o", tmp_path / "rest").code == 0
    ran = dfe(
        "encode", film, "-o", tmp_path / "o", "--pseudonyms", tmp_path / "k", "--neutral", tmp_path / "rest/a.parquet"
    )
    assert (ran.code, "not called by a pseudonym" in ran.err) == (2, True)
