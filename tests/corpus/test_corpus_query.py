"""A corpus asked in SQL: it answers about itself, changes nothing and reads nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dfe.base.errors import UsageError
from made_films import grey_film, study_of_films

pytest.importorskip("duckdb", reason="comes with the extra corpus")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode_to_folder

    folder = tmp_path_factory.mktemp("queried")
    media = study_of_films(folder / "media", subjects=1)
    assert encode_to_folder([media], folder / "out", EncodeOptions()).exit_code == 0
    (folder / "out" / "subjects.csv").write_text("recording,subject\ns1/s1_rest,=anna\n")
    (folder / "secret.csv").write_text("a\n1\n")
    (folder / "odd").mkdir()
    for name in ("cam[1]", "cam1", "o'x"):
        (folder / "odd" / f"{name}.mp4").write_bytes(grey_film(2))
    (folder / "odd" / "broken.mp4").write_bytes(b"")
    assert encode_to_folder([folder / "odd"], folder / "[ab]", EncodeOptions()).exit_code == 1
    return folder / "out"


def test_totals_are_per_subject(dfe, corpus):
    ran = dfe("corpus", "query", corpus, "--json")
    assert ran.code == 0, ran.err
    assert [(row["subject"], row["recordings"], row["frames"]) for row in ran.json] == [
        ("=anna", 1, 12),
        ("not known", 1, 12),
    ]


def test_a_question_of_ones_own(dfe, corpus, tmp_path):
    sql = "SELECT recording, max(frame) AS last, count(*) FILTER (success) AS faces FROM frames GROUP BY 1 ORDER BY 1"
    assert dfe("corpus", "query", corpus, sql, "--json").json == [
        {"recording": "s1/s1_rest", "last": 11, "faces": 0},
        {"recording": "s1/s1_talk", "last": 11, "faces": 0},
    ]
    assert dfe("corpus", "query", corpus, "SELECT subject FROM recordings", "-o", tmp_path / "a.csv").code == 0
    assert (tmp_path / "a.csv").read_text() == 'subject\n\'=anna\n""\n'


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "COPY recordings TO '{out}/stolen.csv'",
        "EXPLAIN ANALYZE COPY recordings TO '{out}/stolen.csv'",
        "EXPLAIN ANALYZE COPY recordings TO '{out}/s1/s1_rest.parquet'",
        "SELECT * FROM read_csv('{out}/manifest.csv')",
        "DROP TABLE recordings",
        "CREATE TABLE a AS SELECT 1",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "ATTACH '{out}/a.db'",
        "SELECT 1; SELECT 2",
        "PRAGMA database_list",
        "SELEC 1",
        "SELECT nothing FROM frames",
        "",
    ],
)
def test_nothing_else_is_read_or_written(corpus, sql):
    from dfe.corpus.query import CorpusDatabase

    before = {path: path.stat().st_mtime_ns for path in corpus.rglob("*")}
    database = CorpusDatabase(corpus)
    with pytest.raises(UsageError):
        database.ask(sql.format(secret=corpus.parent / "secret.csv", out=corpus))
    assert database.ask("SELECT count(*) FROM frames").rows == [(24,)]
    database.close()
    assert {path: path.stat().st_mtime_ns for path in corpus.rglob("*")} == before


def test_each_table_is_read_once_whatever_it_is_called(dfe, corpus):
    sql = "SELECT recording, count(*) AS rows FROM frames GROUP BY 1 ORDER BY 1"
    rows = dfe("corpus", "query", corpus.parent / "[ab]", sql, "--json").json
    assert [row["recording"] for row in rows] == ["cam1", "cam[1]", "o'x"]
    assert len({row["rows"] for row in rows}) == 1


def test_a_recording_that_failed_adds_no_frame(dfe, corpus):
    totals = dfe("corpus", "query", corpus.parent / "[ab]", "--json").json
    frames = dfe("corpus", "status", corpus.parent / "[ab]", "--json").json["frames"]
    assert [(row["recordings"], row["frames"], row["usable_share"]) for row in totals] == [(4, frames, 0.0)]


def test_tables_that_are_not_there_are_told(dfe, corpus, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(corpus, out)
    (out / "s1" / "s1_rest.parquet").unlink()
    ran = dfe("corpus", "query", out, "SELECT count(*) AS n FROM frames", "--json")
    assert (ran.json, "1 listed table cannot be found" in ran.err) == ([{"n": 12}], True)
    (out / "s1" / "s1_talk.parquet").unlink()
    assert [row["frames"] for row in dfe("corpus", "query", out, "--json").json] == [0, 0]


def test_tables_in_csv_are_refused(dfe, tmp_path):
    (tmp_path / "a.mp4").write_bytes(grey_film(1))
    assert dfe("encode", tmp_path / "a.mp4", "-o", tmp_path / "out", "--format", "csv").code == 0
    ran = dfe("corpus", "query", tmp_path / "out")
    assert (ran.code, "only tables in Parquet" in ran.err) == (2, True)
