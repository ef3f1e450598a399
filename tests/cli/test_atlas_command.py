"""`dfe atlas` from the command line."""

from __future__ import annotations

import csv
import json

import pytest

import made_corpus as made
from dfe.recording.provenance import TokenizerRef
from dfe.tokenizer.file import load_tokenizer

OF_FACES = "dfe-face41@3"
"""The tokenizer of the made corpus."""


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch):
    monkeypatch.setattr("dfe.atlas.page.webp_pictures", lambda atlas, progress: ((b"x", b"y"),) * len(atlas))


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(OF_FACES)


def names_file(book, path, **changes):
    whole = {"format_version": 1, "tokenizer": {"id": book.id, "hash": book.hash},
             "names": {"22": {"name": "big smile"}}}  # fmt: skip
    path.write_text(json.dumps(whole | changes))
    return path


def test_page_and_tables_of_a_corpus(dfe, tokenizer, tmp_path):
    corpus = made.corpus(tmp_path / "corpus", tokenizer)
    names = names_file(tokenizer, tmp_path / "n.json")
    out = tmp_path / "sub" / "atlas.html"
    words = ("atlas", OF_FACES, "--recordings", corpus, "--names", names, "-o", out, "--csv", tmp_path / "tables")
    ran = dfe(*words)
    assert ran.code == 0, ran.err
    assert "63 displays of dfe-face41@3" in ran.out
    page = out.read_text("utf-8")
    assert "2 recordings" in page
    assert "big smile" in page
    with (tmp_path / "tables" / "displays.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 63
    assert rows[21]["name"] == "big smile"
    assert {p.stem for p in (tmp_path / "tables").iterdir()} >= {"displays", "together", "examples", "tree"}
    again = dfe(*words)
    assert again.code == 1
    assert "exists already" in again.err
    assert dfe(*words, "--overwrite").code == 0


def test_bad_input_is_told_in_one_line(dfe, tokenizer, tmp_path):
    (tmp_path / "empty").mkdir()
    recording = made.video(tokenizer, frames=10)
    foreign = recording.with_tokens(recording.tokens(), TokenizerRef("other", "7", "ab" * 32))
    foreign.write(tmp_path / "foreign" / "x.parquet")
    (tmp_path / "bad.json").write_text("{")
    other = names_file(tokenizer, tmp_path / "other.json", tokenizer={"id": "other@7", "hash": "00"})
    out = ("-o", tmp_path / "atlas.html")
    for words, code, says in (
        (("nowhere@9",), 1, "has no such tokenizer"),
        ((OF_FACES, "--recordings", tmp_path / "absent"), 2, "no such folder"),
        ((OF_FACES, "--recordings", tmp_path / "empty"), 2, "holds no recording"),
        ((OF_FACES, "--recordings", tmp_path / "foreign"), 1, "has tokens of other@7, not of dfe-face41@3"),
        ((OF_FACES, "--names", tmp_path / "bad.json"), 1, "is not JSON"),
        ((OF_FACES, "--names", other), 1, "holds names of other@7"),
        ((OF_FACES, "-o", tmp_path / "atlas.txt"), 2, "must end in .html"),
    ):
        ran = dfe("atlas", *words, *(() if "-o" in words else out))
        assert ran.code == code, (words, ran.err)
        assert says in ran.err
        assert ran.err.count("\n") == 1
        assert not (tmp_path / "atlas.html").exists()


def test_reports_show_the_user_s_names(dfe, astronaut, tmp_path, monkeypatch):
    said = {str(d): {"name": f"called {d}"} for d in range(1, 64)}
    monkeypatch.setenv("DFE_NAMES", str(names_file(load_tokenizer(), tmp_path / "n.json", names=said)))
    assert dfe("encode", astronaut, "-o", tmp_path / "out", "--report").code == 0
    assert "called " in (tmp_path / "out" / "astronaut.html").read_text("utf-8")
    assert dfe("info", "default", "--json").json["names"]["7"] == "called 7"
    monkeypatch.setenv("DFE_NAMES", str(tmp_path / "absent.json"))
    ran = dfe("encode", astronaut, "-o", tmp_path / "out2", "--report")
    assert ran.code == 1
    assert "there is no such file of names" in ran.err
    assert not (tmp_path / "out2").exists()
