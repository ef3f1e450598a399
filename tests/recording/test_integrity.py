"""Recordings that contradict themselves are refused by whoever reads them, and `dfe info --check` says why."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dfe.base.errors import TableError
from dfe.recording.integrity import check_integrity, faults_of
from dfe.recording.recording import Recording


def put(table: pa.Table, name: str, row: int, value: object) -> pa.Table:
    index = table.column_names.index(name)
    values = table.column(name).to_pylist()
    values[row] = value
    return table.set_column(index, table.schema.field(index), pa.array(values, table.schema.field(index).type))


def constant(table: pa.Table, name: str, value: object) -> pa.Table:
    index = table.column_names.index(name)
    field = table.schema.field(index)
    return table.set_column(index, field, pa.array([value] * table.num_rows, field.type))


def shuffled(table: pa.Table) -> pa.Table:
    return table.take(np.random.default_rng(1).permutation(table.num_rows))


WRONG = {
    "doubled rows": (lambda t: pa.concat_tables([t, t]), "comes after a later one"),
    "one row doubled": (lambda t: pa.concat_tables([t[:5], t[4:]]), "row 5: .*a row doubled"),
    "shuffled": (shuffled, "shuffled or reversed"),
    "reversed": (lambda t: t.take(np.arange(len(t))[::-1]), "shuffled or reversed"),
    "times backwards": (
        lambda t: put(put(t, "time_s", 8, 0.01), "time_s", 9, 0.01),
        "not after that of the frame before",
    ),
    "two times of a frame": (lambda t: put(t, "time_s", 1, 0.01), "has two times"),
    "a time that is none": (lambda t: put(t, "time_s", 4, float("nan")), "infinite or not a number"),
    "a time too many": (lambda t: put(t, "time_s", 4, float("inf")), "infinite or not a number"),
    "a time missing": (lambda t: put(t, "time_s", 4, None), "it has a face and no time, others have"),
    "frames all 0": (lambda t: constant(t, "frame", 0), "frame"),
    "frames below 0": (lambda t: put(t, "frame", 0, -1), "below 0"),
    "not a number": (lambda t: put(t, "exp_jawOpen", 2, float("nan")), "exp_jawOpen is infinite or not a number"),
    "infinite": (lambda t: put(t, "exp_jawOpen", 2, float("inf")), "exp_jawOpen is infinite"),
    "a number missing": (lambda t: put(t, "exp_jawOpen", 2, None), "exp_jawOpen is missing"),
    "token below 0": (lambda t: put(t, "tok_1", 2, -1), "tok_1 is below 0"),
    "token without a face": (lambda t: put(t, "tok_1", 6, 3), "tok_1 is given, but there is no face"),
    "face without a face": (lambda t: put(t, "face_id", 6, 0), "contradict"),
    "usable without a face": (lambda t: put(t, "usable", 6, True), "usable, but without a face"),
    "confidence of 7": (lambda t: put(t, "confidence", 2, 7.0), "outside 0 to 1"),
    "covered_upper of 1.5": (lambda t: put(t, "covered_upper", 2, 1.5), "covered_upper is outside 0 to 1"),
    "a box of less than nothing": (lambda t: put(t, "box_w", 2, -3.0), "box_w is below 0"),
    "numbers without a face": (lambda t: put(t, "yaw", 6, 0.1), "yaw is given, but there is no face"),
}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("name", WRONG)
def test_what_contradicts_itself_is_refused(tokenised, tmp_path, name, suffix):
    change, says = WRONG[name]
    path = tmp_path / f"clip.{suffix}"
    Recording(change(tokenised.table), tokenised.provenance).write(path)
    if suffix == "csv" and "nan" in path.read_text():
        says = f"{says}|is missing|no time, others"
    with pytest.raises(TableError, match=says) as caught:
        Recording.read(path)
    assert str(caught.value).startswith(f"{path}: contradicts itself: row ")
    assert "\n" not in str(caught.value)
    assert faults_of(Recording.read(path, check=False).table)


def test_sound_ones_are_read(tokenised, recording, made):
    for one in (tokenised, recording, recording.for_face(1), made(frames=0), made(frames=1), made(lost=(0, 1, 2))):
        assert faults_of(one.table) == ()
        check_integrity(one.table, "clip")
    stills = recording.table.filter(np.arange(len(recording)) % 2 == 0)
    assert faults_of(constant(stills, "time_s", None)) == ()


def test_info_checks(dfe, tokenised, tmp_path):
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    tokenised.write(good)
    Recording(pa.concat_tables([tokenised.table, tokenised.table]), tokenised.provenance).write(bad)
    ran = dfe("info", good, "--check", "--json")
    assert (ran.code, ran.json["faults"]) == (0, "none")
    ran = dfe("info", bad, "--check", "--json")
    assert ran.code == 1
    assert any("shuffled or reversed" in fault for fault in ran.json["faults"])
    assert "summary" not in ran.json
    ran = dfe("info", bad)
    assert ran.code == 1
    assert "dfe info --check" in ran.err
    for verb in (("events", bad, "-o", tmp_path / "out"), ("qc", tmp_path, "-o", tmp_path / "qc")):
        ran = dfe(*verb)
        assert ran.code == 1
        assert "bad.parquet: contradicts itself" in ran.err
    assert dfe("info", "default", "--check").code == 2


def test_names_that_are_formulas_survive_and_run_nowhere(recording, tmp_path):
    from dataclasses import replace

    name = "=cmd|'calc'!A0.mp4"
    changed = constant(recording.table, "source", name)
    made = Recording(changed, replace(recording.provenance, source=replace(recording.provenance.source, name=name)))
    made.write(tmp_path / "clip.csv")
    assert ",=cmd" not in (tmp_path / "clip.csv").read_text()
    assert set(Recording.read(tmp_path / "clip.csv").column("source")) == {name}
