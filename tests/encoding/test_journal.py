"""The list of results and its journal: no row is lost, whoever is killed, and a torn line costs only itself."""

from __future__ import annotations

import pytest

from dfe.encoding.journal import append_rows, read_rows
from dfe.encoding.manifest import Manifest, lists_of
from dfe.encoding.row import COLUMNS, Row, as_row


def row(name: str, **more: str) -> Row:
    return Row(f"../{name}.mp4", f"{name}.parquet", **more)


def test_rows_are_there_before_the_list_is_written(tmp_path):
    first = Manifest(tmp_path)
    first.keep()
    first._took_s = 1e9  # a list that takes long to write waits
    first.note(row("a", status="done", reason='said "so"\nand, more'))
    assert (tmp_path / "manifest.journal").exists()
    assert "a.parquet" not in (tmp_path / "manifest.csv").read_text()
    assert [one.reason for one in Manifest(tmp_path)] == ['said "so"\nand, more'], "as if the first had been killed"
    first.keep()
    assert not (tmp_path / "manifest.journal").exists()
    assert [one.output for one in Manifest(tmp_path)] == ["a.parquet"]


@pytest.mark.parametrize("torn", [b'["../b.mp4", "b.par', b"\xff\x00", b"[1, 2]\n", b'{"a": 1}\n', b"\n\n"])
def test_a_torn_line_costs_only_itself(tmp_path, torn):
    journal = tmp_path / "manifest.journal"
    append_rows(journal, [row("a")])
    with journal.open("ab") as file:
        file.write(torn)
    append_rows(journal, [row("c", status="done")])
    assert [one.output for one in read_rows(journal)] == ["a.parquet", "c.parquet"]


def test_the_last_row_of_an_output_counts_in_every_list(tmp_path):
    shares = [Manifest(tmp_path, f"{i}of2") for i in (1, 2)]
    shares[0].note(row("a"), row("a", status="done"))
    shares[1].note(row("b", status="failed", reason="x", tries="2"))
    for share in shares:
        share.keep()
    assert [path.name for path in lists_of(tmp_path)] == ["manifest-1of2.csv", "manifest-2of2.csv"]
    whole = Manifest(tmp_path)
    assert [(one.output, one.status) for one in whole] == [("a.parquet", "done"), ("b.parquet", "failed")]
    assert Manifest(tmp_path, "1of2").get(tmp_path / "b.parquet") is not None, "another share may have done it before"


def test_cells_make_a_row_or_none():
    assert as_row([""] * len(COLUMNS)) is None
    assert as_row(["a", "b", "", "odd", *[""] * (len(COLUMNS) - 4)]) is None
    assert as_row(["a"]) is None
    made = as_row(["a", "b", "", "done", *[""] * (len(COLUMNS) - 4)])
    assert made == Row("a", "b", status="done")


def test_paths_are_seen_from_the_folder(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "media").mkdir()
    manifest = Manifest(tmp_path / "out")
    assert manifest.name(tmp_path / "media" / "a.mp4") == "../media/a.mp4"
    assert manifest.name(tmp_path / "out" / "x" / "a.parquet") == "x/a.parquet"
    assert manifest.name(tmp_path / "media") == "../media"
    monkeypatch.chdir(tmp_path)
    from pathlib import Path

    assert Manifest(Path("out")).name(Path("a.mp4")) == "../a.mp4"
    assert Manifest(Path("out")).name(Path("/a.mp4")).endswith("../a.mp4")
