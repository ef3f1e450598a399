"""Corpora as they are in labs: names twice, accents written two ways, disks that are away, shares that run twice."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import unicodedata
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dfe.encoding import going_on, journal
from dfe.encoding.journal import alone
from dfe.encoding.manifest import Manifest
from dfe.encoding.pseudonyms import Pseudonyms
from dfe.encoding.row import Row
from made_films import grey_film

posix = pytest.mark.skipif(sys.platform == "win32", reason="names and locks of POSIX")


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    (folder / "s1").mkdir(parents=True)
    (folder / "s1" / "a.mp4").write_bytes(grey_film(1))
    return folder


def planned(dfe, media: Path, *words: object) -> Path:
    path = media.parent / "plan.parquet"
    dfe("corpus", "plan", media, "-o", path, "--sample", "0", "--overwrite", *words)
    return path


def test_files_that_would_share_a_name_are_told_by_every_command(dfe, media, tmp_path):
    shutil.copy(media / "s1" / "a.mp4", media / "s1" / "b.mp4")
    shutil.copy(media / "s1" / "a.mp4", media / "s1" / "b.mov")
    plan, out = planned(dfe, media), tmp_path / "out"
    for words in (("run", plan, "-o", out), ("run", plan, "-o", out), ("status", out)):
        ran = dfe("corpus", *words)
        assert ran.code == 1
        assert [line.split(": ")[1].rpartition("/")[2] for line in ran.err.splitlines() if "same name" in line] == [
            "b.mov",
            "b.mp4",
        ]
    told = dfe("corpus", "status", out, "--json").json
    assert (told["recordings"], told["done"], told["failed"]) == (3, 1, 2)
    (media / "s1" / "b.mov").unlink()
    assert dfe("corpus", "run", planned(dfe, media), "-o", out).code == 0
    assert dfe("corpus", "status", out).code == 0


@posix
def test_a_link_to_what_is_planned_already_is_told(dfe, media, tmp_path):
    (media / "s2").mkdir()
    (media / "s2" / "same.mp4").symlink_to("../s1/a.mp4")
    ran = dfe("corpus", "plan", media, media / "s1" / "a.mp4", "-o", tmp_path / "plan.parquet", "--sample", "0")
    notes = [line for line in ran.err.splitlines() if line.startswith("note: ")]
    assert (ran.code, len(notes)) == (0, 1)
    assert "same.mp4: is a link to " in notes[0]
    assert notes[0].endswith("a.mp4, which counts once")


def test_merged_under_pseudonyms_they_stay_pseudonyms(dfe, media, tmp_path):
    out, whole, how = tmp_path / "out", tmp_path / "whole", ("--pseudonyms", tmp_path / "key")
    plan = planned(dfe, media)
    assert dfe("corpus", "run", plan, "-o", out, *how).code == 0
    assert dfe("corpus", "merge", out, "-o", whole).code == 0
    rows = [list(Manifest(folder)) for folder in (out, whole)]
    assert rows[0] == rows[1]
    media.rename(tmp_path / "away")
    assert dfe("corpus", "run", plan, "-o", whole, *how, "--json").json["there"] == 1


def test_a_folder_whose_name_could_be_a_pseudonym_is_looked_into(dfe, media, tmp_path):
    folder = tmp_path / "psychotherapy"
    media.rename(folder)
    assert dfe("encode", folder, "-o", tmp_path / "out").code == 0
    (folder / "s1" / "a.mp4").write_bytes(grey_film(2))
    assert dfe("corpus", "verify", tmp_path / "out", "--sources").code == 1


@posix
def test_a_subject_is_one_however_its_accent_is_written(dfe, media, tmp_path):
    for form in ("NFC", "NFD"):
        folder = media / unicodedata.normalize(form, "zoé")
        folder.mkdir(exist_ok=True)
        (folder / f"{form}.mp4").write_bytes(grey_film(len(form)))
    plan = planned(dfe, media, "--pattern", unicodedata.normalize("NFD", "{subject}/*.mp4"))
    from dfe.corpus.plan import read_plan

    assert sorted(set(read_plan(plan).column("subject"))) == ["s1", unicodedata.normalize("NFC", "zoé")]


@posix
def test_the_media_of_a_name_that_is_no_text_are_not_called_missing(dfe, media, tmp_path):
    try:
        shutil.copy(media / "s1" / "a.mp4", os.fsencode(media) + b"/w\xff.mp4")
    except OSError:
        pytest.skip("this disk takes names of text only")
    assert dfe("encode", media, "-o", tmp_path / "out").code == 0
    assert dfe("corpus", "verify", tmp_path / "out", "--sources").code == 0
    plan = planned(dfe, media, "--pattern", "{subject}")
    assert dfe("corpus", "run", plan, "-o", tmp_path / "out", "--json").json["there"] == 2
    assert dfe("encode", media, "-o", tmp_path / "hidden", "--pseudonyms", tmp_path / "key").code == 0


def test_another_file_that_is_away_is_not_taken_for_what_was_done(dfe, media, tmp_path):
    out, other = tmp_path / "out", tmp_path / "other"
    assert dfe("corpus", "run", planned(dfe, media), "-o", out).code == 0
    media.rename(other)
    plan = tmp_path / "second.parquet"
    dfe("corpus", "plan", other, "-o", plan, "--sample", "0")
    (other / "s1" / "a.mp4").unlink()
    ran = dfe("corpus", "run", plan, "-o", out)
    assert (ran.code, "exists already, and was made of" in ran.err) == (1, True)


def test_a_disk_that_is_away_sets_nothing_aside(dfe, media, tmp_path):
    for at in range(10):
        shutil.copy(media / "s1" / "a.mp4", media / "s1" / f"f{at}.mp4")
    plan, out, away = planned(dfe, media), tmp_path / "out", tmp_path / "away"
    media.rename(away)
    for _ in range(3):
        ran = dfe("corpus", "run", plan, "-o", out)
        assert (ran.code, "none of the inputs is there; mount the disk" in ran.out) == (75, True)
        assert dfe("corpus", "status", out).code == 75
    away.rename(media)
    assert dfe("corpus", "run", plan, "-o", out).code == 0
    media.rename(away)
    ran = dfe("corpus", "run", plan, "-o", out, "--json")
    assert (ran.code, ran.json["there"]) == (0, 11), "what is done stays done when its media are put away"
    assert dfe("corpus", "status", out).code == 0


def test_what_was_copied_is_read_once_to_be_known_again(dfe, media, tmp_path, monkeypatch):
    """A copy has another time of change; an archive of terabytes must not be read anew by every run after that."""
    plan, out = planned(dfe, media), tmp_path / "out"
    assert dfe("corpus", "run", plan, "-o", out).code == 0
    os.utime(media / "s1" / "a.mp4", (1, 1))
    read: list[Path] = []
    file_hash = going_on.file_hash
    monkeypatch.setattr(going_on, "file_hash", lambda path: (read.append(path), file_hash(path))[1])
    for _ in range(3):
        assert dfe("corpus", "run", plan, "-o", out, "--json").json["there"] == 1
    assert len(read) == 1


def test_many_that_were_removed_are_told_where_their_disk_is_there(dfe, media, tmp_path):
    for at in range(10):
        shutil.copy(media / "s1" / "a.mp4", media / "s1" / f"f{at}.mp4")
    plan, out = planned(dfe, media), tmp_path / "out"
    assert dfe("corpus", "run", plan, "-o", out, "--shard", "1/11").code == 0
    for at in range(10):
        (media / "s1" / f"f{at}.mp4").unlink()
    ran = dfe("corpus", "run", plan, "-o", out)
    assert (ran.code, ran.err.count("cannot be found any more")) == (1, 10)


@posix
def test_the_journal_is_held_by_a_file_that_network_disks_hold(tmp_path, monkeypatch):
    """They hold files that are open for writing, no folders; and whoever held the journal may have removed it."""
    import fcntl

    held, flock = [], fcntl.flock

    def network(handle: int, how: int) -> None:
        assert fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
        held.append(handle)
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", network)
    shares = [Manifest(tmp_path) for _ in range(2)]

    def note(share: int) -> None:
        for at in range(30):
            shares[share].note(Row(f"{share}-{at}", f"{share}-{at}.parquet", status="done"))
        shares[share].keep()

    threads = [threading.Thread(target=note, args=(share,)) for share in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(Manifest(tmp_path))) == 60
    assert len(held) >= 62
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.csv"]


@posix
def test_a_journal_that_was_removed_while_it_was_waited_for_is_made_anew(tmp_path, monkeypatch):
    path, removed = tmp_path / "a.journal", []
    samestat = os.path.samestat

    def removing(*states: os.stat_result) -> bool:
        if not removed:
            removed.append(path.unlink())
            path.touch()
            return samestat(states[0], path.stat())
        return samestat(*states)

    monkeypatch.setattr(journal.os.path, "samestat", removing)
    with alone(path):
        assert path.exists()


@posix
def test_a_key_that_may_only_be_read_does(tmp_path, monkeypatch):
    """As on a disk that nodes see and cannot write to; this test may be run by one who may write everywhere."""
    key = tmp_path / "key"
    first = Pseudonyms(key)
    anna = first.of("anna")
    first.keep()
    opened = os.open

    def refusing(path: object, flags: int, *more: object, **named: object) -> int:
        if flags & os.O_ACCMODE != os.O_RDONLY and Path(str(path)) == key:
            raise PermissionError(13, "no")
        return opened(path, flags, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(journal.os, "open", refusing)
    second = Pseudonyms(key)
    assert second.of("anna") == anna
    second.of("berta")
    second.keep()
    assert "berta" in first.names_file.read_text()


@pytest.mark.parametrize("links", [True, False])
def test_processes_that_begin_together_have_one_key(tmp_path, monkeypatch, links):
    """As on a disk that holds nothing: another process makes the key between looking for it and making it."""
    from dfe.encoding import pseudonyms

    name = pseudonyms._name
    first: list[Pseudonyms] = []

    def later(own: Path, path: Path) -> None:
        monkeypatch.setattr(pseudonyms, "_name", name)
        first.append(Pseudonyms(path))
        name(own, path)

    monkeypatch.setattr(pseudonyms, "_name", later)
    if not links:
        monkeypatch.setattr(pseudonyms.os, "link", lambda *_: (_ for _ in ()).throw(PermissionError("no links here")))
    second = Pseudonyms(tmp_path / "key")
    assert second.of("anna") == first[0].of("anna")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_all_files_of_a_table_are_merged_and_those_that_are_gone_are_told(dfe, media, tmp_path):
    out, whole = tmp_path / "out", tmp_path / "whole"
    assert dfe("encode", media, "-o", out, "--format", "csv").code == 0
    assert dfe("corpus", "merge", out, "-o", whole).code == 0
    assert dfe("corpus", "verify", whole).code == 0
    (out / "s1" / "a.csv").unlink()
    ran = dfe("corpus", "merge", out, "-o", tmp_path / "less")
    assert "1 listed table cannot be found" in ran.err


def test_a_film_that_is_another_than_was_planned_is_told(dfe, media, tmp_path):
    plan = planned(dfe, media)
    (media / "s1" / "a.mp4").write_bytes(grey_film(9))
    ran = dfe("corpus", "run", plan, "-o", tmp_path / "out")
    assert (ran.code, "1 recording of media that have changed since the plan: s1/a" in ran.err) == (0, True)
    for words in ((), ("--quick",)):
        plan = planned(dfe, media, *words)
        ran = dfe("corpus", "run", plan, "-o", tmp_path / "out", "--overwrite", "--json")
        assert (ran.json["done"], ran.json["changed_since_planned"]) == (1, 0)


def test_what_was_changed_after_it_was_written_is_found_and_mended(dfe, media, tmp_path):
    out, plan = tmp_path / "out", planned(dfe, media)
    assert dfe("corpus", "run", plan, "-o", out).code == 0
    table, listed = out / "s1" / "a.parquet", out / "manifest.csv"
    whole = table.read_bytes()
    digest = next(iter(Manifest(out))).table_sha256
    for spoil in (
        lambda: pq.write_table(pq.read_table(table).slice(0, 3), table),
        lambda: table.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:]),
        lambda: listed.write_text(listed.read_text().replace(digest, "0" * 64)),
        lambda: listed.write_text(listed.read_text().replace(digest, "")),
        table.unlink,
    ):
        spoil()
        ran = dfe("corpus", "verify", out)
        assert (ran.code, ran.err.count("start the run again")) == (1, 1)
        if "not the file that was written; remove it" in ran.err and "0" * 64 in listed.read_text():
            table.unlink()  # its time and size say nothing
        altered = table.exists() and digest in listed.read_text()
        ran = dfe("corpus", "run", plan, "-o", out)
        assert (ran.code, "note: 1 table made anew, since the earlier one" in ran.err) == (0, altered)
        assert dfe("corpus", "verify", out).code == 0
        assert table.read_bytes() == whole


@posix
def test_what_only_stands_for_media_is_fetched_or_told(dfe, demo_media, tmp_path):
    stored, there, plan, out = (tmp_path / name for name in ("stored", "there", "plan.parquet", "out"))
    stored.mkdir()
    shutil.copy(demo_media / "carphone_pristine.mp4", stored / "sub-1_task-talk.mp4")
    assert dfe("corpus", "copy", f"file://{stored}", there, "--later").code == 0
    ran = dfe("corpus", "plan", there, "-o", plan)
    assert (ran.code, "only stands for a file in a store; add --fetch" in ran.err) == (1, True)
    ran = dfe("corpus", "plan", there, "-o", plan, "--fetch", "--sample", "0.3", "--overwrite", "--json")
    assert (ran.code, ran.json["estimate"] is not None) == (0, True)
    for verb, more in (("run", ()), ("slurm", ("--hours", "4"))):
        ran = dfe("corpus", verb, plan, "-o", out, *more)
        assert (ran.code, "add --fetch" in ran.err) == (2, True)
    assert not out.exists()
    assert dfe("corpus", "run", plan, "-o", out, "--fetch", "--end", "0.1").code == 0
    ran = dfe("corpus", "verify", out, "--sources")
    assert (ran.code, ran.out) == (0, "1 table and 0 sources checked, 0 faults\n")


def test_a_sample_that_kills_its_worker_costs_the_estimate_and_not_the_plan(dfe, media, tmp_path, monkeypatch):
    from dfe.base.errors import DfeError
    from dfe.corpus import making

    def dies(_: object) -> None:
        raise DfeError("its process died")

    monkeypatch.setattr(making, "measure", dies)
    ran = dfe("corpus", "plan", media, "-o", tmp_path / "plan.parquet", "--json")
    assert (ran.code, ran.json["recordings"], ran.json["estimate"]) == (0, 1, None)
    assert "no estimate of time and room: its process died" in ran.err
