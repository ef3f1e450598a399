import csv
import errno
import io
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfe.base.errors import OutputError, TableError, UsageError
from dfe.base.files import refuse_existing, replacing
from dfe.recording.build import build_recording
from dfe.recording.provenance import Provenance, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.recording.rows import RowBuffer

SPACE = SpaceRef("arkit51/face41", 2, "00")


def same(a: Recording, b: Recording) -> bool:
    return a.table.equals(b.table) and a.table.schema.equals(b.table.schema) and a.provenance == b.provenance


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_what_is_written_is_read_back(tokenised, tmp_path, suffix):
    path = tmp_path / "Überall" / f"clip 1.v2.{suffix}"
    tokenised.write(path)
    assert same(Recording.read(path), tokenised)
    expected = {path.name} | ({"clip 1.v2.provenance.json"} if suffix == "csv" else set())
    assert {p.name for p in path.parent.iterdir()} == expected


number = st.floats(width=32, allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(number, st.floats(0, 0.5), text, st.one_of(st.none(), text)), max_size=4))
def test_any_numbers_and_names_survive_both_formats(rows, tmp_path):
    buffer = RowBuffer()
    for i, (value, seconds, source, note) in enumerate(rows):
        exp = np.full(41, value, np.float32)
        box = (value, value, 1e-30, 3e38)
        buffer.add_face(i, i + seconds, source, 0.5, box, (0, 0, 0), exp, exp[:8], exp[:2], face_id=i % 3, note=note)
        buffer.add_failure(i + 100, float("nan"), source, note or "x")
    recording = build_recording(buffer, Provenance(SourceInfo('naïve, "x"\n'), SPACE, "0.1.0"))
    for name in ("a.parquet", "a.csv"):
        recording.write(tmp_path / name, overwrite=True)
        assert same(Recording.read(tmp_path / name), recording)


def _saved(rows, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("how", ["German Excel", "UTF-16", "a sep= line"])
def test_a_table_that_a_spreadsheet_saved_is_read_alike(tokenised, tmp_path, how):
    tokenised.write(tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    words = {"true": "WAHR", "false": "FALSCH"}
    german = [[words.get(c, c if "mp4" in c else c.replace(".", ",")) for c in row] for row in rows]
    made = {
        "German Excel": _saved(german, ";").encode("cp1252"),
        "UTF-16": _saved(rows, "\t").encode("utf-16"),
        "a sep= line": ("sep=;\r\n" + _saved(rows, ";")).encode("utf-8-sig"),
    }
    (tmp_path / "a.csv").write_bytes(made[how])
    read = Recording.read(tmp_path / "a.csv")
    assert read.table.equals(tokenised.table)


def test_the_same_content_makes_the_same_bytes(made, tmp_path, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    for name in ("a.parquet", "b.parquet", "a.csv", "b.csv"):
        made(frames=50, faces=2, lost=(1, 7)).write(tmp_path / name)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.provenance.json").read_bytes() == (tmp_path / "b.provenance.json").read_bytes()
    Recording.read(tmp_path / "a.parquet").write(tmp_path / "c.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "c.parquet").read_bytes()


def test_other_tools_read_plain_columns(tokenised, tmp_path):
    tokenised.write(tmp_path / "a.parquet")
    tokenised.write(tmp_path / "a.csv")
    header = (tmp_path / "a.csv").read_text("utf-8").splitlines()[0]
    assert header == ",".join(tokenised.table.column_names)
    from_csv, from_parquet = pd.read_csv(tmp_path / "a.csv"), pd.read_parquet(tmp_path / "a.parquet")
    for frame in (from_csv, from_parquet):
        assert list(frame.columns) == tokenised.table.column_names
        assert frame["success"].dtype == np.bool_
        assert frame["exp_jawOpen"].isna().sum() == 3
        assert np.allclose(frame["exp_jawOpen"].dropna(), tokenised.column("exp_jawOpen")[tokenised.success], atol=0)
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_csv_that_a_spreadsheet_saved_still_reads(recording, tmp_path):
    path = tmp_path / "a.csv"
    recording.write(path)
    body = path.read_text("utf-8").replace("true", "TRUE").replace("false", "FALSE").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + body.encode())
    assert same(Recording.read(path), recording)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_an_existing_file_is_refused_unless_asked(recording, made, tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    recording.write(path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match=r"a\..*: exists already; add --overwrite"):
        made(frames=2).write(path)
    assert path.read_bytes() == before
    made(frames=2).write(path, overwrite=True)
    assert len(Recording.read(path)) == 2


def test_a_stray_provenance_file_is_not_replaced_either(recording, tmp_path):
    (tmp_path / "a.provenance.json").write_text("mine")
    with pytest.raises(OutputError, match=r"a\.provenance\.json: exists already"):
        recording.write(tmp_path / "a.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["a.provenance.json"]


def test_format_and_suffix_agree(recording, tmp_path):
    with pytest.raises(UsageError, match=r"CSV files end in \.csv"):
        recording.write(tmp_path / "a.csv", format="parquet")
    with pytest.raises(UsageError, match=r"CSV files end in \.csv"):
        recording.write(tmp_path / "a.parquet", format="csv")
    with pytest.raises(UsageError, match="unknown table format"):
        recording.write(tmp_path / "a.xlsx", format="xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("existing", [False, True])
def test_a_full_disk_leaves_things_as_they_were(recording, made, tmp_path, monkeypatch, suffix, existing):
    path = tmp_path / f"a.{suffix}"
    if existing:
        made(frames=2).write(path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"a\..*: the disk is full; free some space"):
        recording.write(path, overwrite=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 64 kB; the tests above stand in for it where none may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    mounted = shutil.which("mount") and subprocess.run(command, capture_output=True, check=False).returncode == 0
    yield disk if mounted else None
    if mounted:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_disk_that_is_really_full(made, tiny_disk, monkeypatch, tmp_path, suffix):
    large = made(frames=2000)
    if tiny_disk is None:
        tiny_disk = tmp_path / "disk"
        large_write = Path.open

        def short_of_space(self, mode="r", *args, **kwargs):
            file = large_write(self, mode, *args, **kwargs)
            if "x" not in mode:
                return file

            class Full:
                def __getattr__(self, name):
                    return getattr(file, name)

                def __enter__(self):
                    return self

                def __exit__(self, *_):
                    file.close()

                def write(self, data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            return Full()

        monkeypatch.setattr(Path, "open", short_of_space)
    with pytest.raises(OutputError, match="the disk is full"):
        large.write(tiny_disk / f"a.{suffix}")
    assert list(tiny_disk.iterdir()) == []


def test_a_parent_that_is_a_file(recording, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        recording.write(tmp_path / "file" / "a.parquet")
    with pytest.raises(OutputError, match="a file stands where a folder is needed"):
        recording.write(tmp_path / "file" / "sub" / "a.parquet")


def test_a_folder_that_may_not_be_written(recording, tmp_path, monkeypatch):
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", forbidden)
    with pytest.raises(OutputError, match=r"a\.parquet: no permission to write here; choose another folder"):
        recording.write(tmp_path / "a.parquet")


def test_a_folder_of_that_name(recording, tmp_path):
    (tmp_path / "a.parquet").mkdir()
    with pytest.raises(OutputError, match="a folder of this name is in the way"):
        recording.write(tmp_path / "a.parquet", overwrite=True)
    with pytest.raises(OutputError, match="a folder of this name"):
        refuse_existing(tmp_path / "a.parquet", overwrite=False)


def test_a_name_that_is_too_long(recording, tmp_path):
    with pytest.raises(OutputError, match="the name is too long"):
        recording.write(tmp_path / ("x" * 300 + ".parquet"))
    assert list(tmp_path.iterdir()) == []
    recording.write(tmp_path / ("x" * 240 + ".parquet"))


def test_an_error_inside_the_block_leaves_nothing(tmp_path):
    def stop_halfway() -> None:
        with replacing(tmp_path / "a", tmp_path / "b") as (one, _):
            one.write(b"half")
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        stop_halfway()
    assert list(tmp_path.iterdir()) == []


def one_line(error: Exception) -> str:
    assert "\n" not in str(error)
    return str(error)


def test_files_that_are_no_recordings(recording, tmp_path):
    recording.write(tmp_path / "good.parquet")
    recording.write(tmp_path / "good.csv")
    data = (tmp_path / "good.parquet").read_bytes()
    pq.write_table(pa.table({"AU01_r": [1.0]}), tmp_path / "foreign.parquet")
    pq.write_table(recording.table.replace_schema_metadata({"dfe": "{not json"}), tmp_path / "badjson.parquet")
    pq.write_table(recording.table.replace_schema_metadata({"dfe": "[1]"}), tmp_path / "list.parquet")
    pq.write_table(recording.table.replace_schema_metadata({"dfe": b"\xff\xfe\x00"}), tmp_path / "bytes.parquet")
    pq.write_table(recording.table.replace_schema_metadata({"dfe": "[" * 100_000}), tmp_path / "deep.parquet")
    (tmp_path / "cut.parquet").write_bytes(data[: len(data) // 2])
    (tmp_path / "flipped.parquet").write_bytes(data[:400] + bytes(200) + data[600:])
    (tmp_path / "empty.parquet").write_bytes(b"")
    (tmp_path / "text.parquet").write_text("frame,face_id\n")
    (tmp_path / "alone.csv").write_text("frame,timestamp\n0,0.1\n")
    shutil.copy(tmp_path / "good.provenance.json", tmp_path / "words.provenance.json")
    (tmp_path / "words.csv").write_text("once upon a time\n")
    shutil.copy(tmp_path / "good.provenance.json", tmp_path / "cells.provenance.json")
    body = (tmp_path / "good.csv").read_text("utf-8")
    (tmp_path / "cells.csv").write_text(body.replace("0.95", "high", 1), "utf-8")
    shutil.copy(tmp_path / "good.provenance.json", tmp_path / "short.provenance.json")
    (tmp_path / "short.csv").write_text(body[: body.index("\n", len(body) // 2) + 4], "utf-8")
    expected = {
        "foreign.parquet": "it carries no provenance",
        "badjson.parquet": "its provenance is damaged",
        "list.parquet": "its provenance is not that of a recording",
        "bytes.parquet": "its provenance is damaged",
        "deep.parquet": "its provenance is damaged",
        "cut.parquet": "not a Parquet table, or cut short",
        "flipped.parquet": "damaged",
        "empty.parquet": "the file is empty",
        "text.parquet": "not a Parquet table",
        "alone.csv": "its provenance alone.provenance.json is not beside it",
        "words.csv": "the first line names none of its columns",
        "cells.csv": "damaged: In CSV column",
        "short.csv": "damaged",
        "missing.parquet": "no such file",
        "missing.csv": "no such file",
        "good.parquet/inside.parquet": "no such file",
        ".": "a folder, not a recording",
    }
    for name, words in expected.items():
        with pytest.raises(TableError) as caught:
            Recording.read(tmp_path / name)
        assert words in one_line(caught.value), name
        assert str(tmp_path) in one_line(caught.value)


def test_a_table_with_tokens_and_no_tokenizer_is_refused(tokenised, tmp_path):
    record = json.loads(tokenised.provenance.to_json())
    record["tokenizer"] = None
    pq.write_table(tokenised.table.replace_schema_metadata({"dfe": json.dumps(record)}), tmp_path / "a.parquet")
    with pytest.raises(TableError, match="has tokens, and its provenance names no tokenizer"):
        Recording.read(tmp_path / "a.parquet")


def test_a_newer_format_says_update(recording, tmp_path):
    record = json.loads(recording.provenance.to_json())
    record["format_version"] = 3
    pq.write_table(recording.table.replace_schema_metadata({"dfe": json.dumps(record)}), tmp_path / "a.parquet")
    with pytest.raises(TableError, match="written in format 3, and this package reads 2; update"):
        Recording.read(tmp_path / "a.parquet")


def test_a_folder_named_like_a_partition_changes_nothing(recording, tmp_path):
    path = tmp_path / "group=1" / "a.parquet"
    recording.write(path)
    assert same(Recording.read(path), recording)
