"""Results under pseudonyms: the same for the same name and key, and no name in anything that is written."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

from dfe.base.errors import UsageError
from dfe.encoding.pseudonyms import Pseudonyms
from made_films import grey_film

NAME = "annamaria"


@pytest.fixture
def media(astronaut: Path, tmp_path: Path) -> Path:
    """A film, a set of pictures and a broken film, all with a name in their paths."""
    folder = tmp_path / "media"
    (folder / NAME / "pictures").mkdir(parents=True)
    (folder / NAME / f"{NAME}_talk.mp4").write_bytes(grey_film(1))
    (folder / NAME / f"{NAME}_broken.mp4").write_bytes(b"no film" * 90)
    shutil.copy(astronaut, folder / NAME / "pictures" / f"{NAME}1.png")
    (folder / NAME / "pictures" / f"{NAME}2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder


def test_no_name_is_written_anywhere(dfe, media, tmp_path):
    out, key = tmp_path / "out", tmp_path / "keys" / "study.key"
    ran = dfe("encode", media, "-o", out, "--report", "--pseudonyms", key)
    assert ran.code == 1, "one is broken"
    assert NAME not in (ran.out + ran.err).replace(str(tmp_path), "")
    made = [path for path in out.rglob("*") if path.is_file()]
    assert len(made) == 2 * 2 + 1
    for path in made:
        assert NAME not in str(path.relative_to(out))
        assert NAME.encode() not in path.read_bytes(), path
        assert str(media).encode() not in path.read_bytes(), path
    import pyarrow.parquet as pq

    for path in out.rglob("*.parquet"):
        table = pq.read_table(path)
        assert NAME not in json.dumps([str(table.schema.metadata), table.column("source").to_pylist()])
        assert NAME not in str(table.column("reason").to_pylist())
    with key.with_name("study.key.names.csv").open(newline="") as file:
        who = {row["name"]: row["pseudonym"] for row in csv.DictReader(file)}
    assert (out / who[NAME] / f"{who[f'{NAME}_talk']}.parquet").is_file()
    if os.name != "nt":
        assert [stat.S_IMODE(path.stat().st_mode) for path in sorted(key.parent.iterdir())] == [0o600, 0o600]
    again = dfe("encode", media, "-o", out, "--report", "--pseudonyms", key, "--json")
    assert (again.json["files_already_there"], again.json["files_failed"]) == (2, 1)


def test_a_planned_run_hides_its_subjects_too(dfe, media, tmp_path):
    out, key, plan = tmp_path / "out", tmp_path / "study.key", tmp_path / "plan.parquet"
    pattern = "{subject}/{subject}_{task}.mp4"
    dfe("corpus", "plan", media, "-o", plan, "--sample", "0", "--pattern", pattern)
    ran = dfe("corpus", "run", plan, "-o", out, "--pseudonyms", key, "--json-lines")
    assert NAME not in (ran.out + ran.err)
    with (out / "subjects.csv").open(newline="") as file:
        subjects = {row["subject"] for row in csv.DictReader(file)}
    assert subjects == {Pseudonyms(key).of(NAME), ""}
    assert all(NAME.encode() not in path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert dfe("corpus", "verify", out).code == 0


def test_a_pseudonym_depends_on_the_name_and_the_key_alone(tmp_path):
    one, other = Pseudonyms(tmp_path / "one"), Pseudonyms(tmp_path / "other")
    assert one.of("anna") == Pseudonyms(tmp_path / "one").of("anna")
    assert one.of("Cafe\u0301") == one.of("Caf\u00e9"), "the same letters, however they are put together"
    assert one.of("anna") != other.of("anna")
    assert len({one.of(str(n)) for n in range(2000)}) == 2000


def test_it_is_the_published_hash(tmp_path):
    """HMAC by its definition, RFC 2104: H(K xor opad, H(K xor ipad, text))."""
    secret = bytes(range(32))
    (tmp_path / "key").write_text(json.dumps({"key": secret.hex()}))
    padded = secret.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in padded) + b"anna").digest()
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in padded) + inner).digest()
    assert Pseudonyms(tmp_path / "key").of("anna") == "p" + base64.b32encode(outer).decode().lower()[:12]


def test_a_folder_has_one_way_of_naming(dfe, media, tmp_path):
    key, other, plain, hidden = (tmp_path / name for name in ("key", "other", "plain", "hidden"))
    media = media / NAME / f"{NAME}_talk.mp4"
    assert dfe("encode", media, "-o", hidden, "--pseudonyms", key).code == 0
    made = sorted(hidden.rglob("*"))
    for words, says in (((), "under pseudonyms"), (("--pseudonyms", tmp_path / "lost"), "is not there")):
        ran = dfe("encode", media, "-o", hidden, *words)
        assert (ran.code, says in ran.err) == (2, True)
    assert not (tmp_path / "lost").exists()
    assert dfe("encode", media, "-o", tmp_path / "first", "--pseudonyms", other).code == 0
    ran = dfe("encode", media, "-o", hidden, "--pseudonyms", other)
    assert (ran.code, "of another key" in ran.err) == (2, True)
    assert sorted(hidden.rglob("*")) == made
    assert dfe("encode", media, "-o", plain).code == 0
    ran = dfe("encode", media, "-o", plain, "--pseudonyms", key)
    assert (ran.code, "under names" in ran.err) == (2, True)
    told = dfe("encode", media, "-o", hidden, "--pseudonyms", key, "--json").json
    assert (told["files_already_there"], told["files_done"]) == (1, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_a_key_that_everybody_can_read_is_told(dfe, media, tmp_path):
    media = media / NAME / f"{NAME}_talk.mp4"
    key, words = tmp_path / "key", ("encode", media, "-o", tmp_path / "out", "--pseudonyms", tmp_path / "key")
    assert "everybody" not in dfe(*words).err
    key.chmod(0o644)
    assert "everybody on this computer can read" in dfe(*words).err


def test_a_key_does_not_lie_among_the_results_and_is_a_key(tmp_path):
    with pytest.raises(UsageError, match="among the results"):
        Pseudonyms(tmp_path / "out" / "x" / "key", tmp_path / "out")
    for text in ("", "{}", '{"key": "zz"}', '{"key": "00"}', "[]"):
        (tmp_path / "bad").write_text(text)
        with pytest.raises(UsageError):
            Pseudonyms(tmp_path / "bad")
