"""`dfe info`, `dfe qc`, `dfe doctor`, `dfe demo`, `dfe train` from the command line."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import pytest

from dfe.base.installing import how_to_install
from dfe.encoding.demo import DISPLAY_S, SCENES, scene_starts
from dfe.events.find import find_events
from dfe.recording.recording import Recording


def test_info_of_everything(dfe, carphone, astronaut, tmp_path):
    assert dfe("encode", astronaut, "-o", tmp_path).code == 0
    table = dfe("info", tmp_path / "astronaut.parquet", "--json").json
    assert table["summary"]["face_rows"] == 1
    assert len(table["provenance"]["source"]["sha256"]) == 64
    model = dfe("info", "default", "--json").json
    assert model["displays"] == model["card"]["training"]["size"] - 1
    assert model["card"]["training"]["space"] == "dfe-face"
    video = dfe("info", carphone, "--json").json
    assert (video["kind"], video["frame_count"], video["width"], video["height"]) == ("video", 120, 193, 144)
    for target in (tmp_path / "astronaut.parquet", "default", carphone, astronaut):
        ran = dfe("info", target)
        assert ran.code == 0
        assert ran.out.strip()


def test_info_lists_no_hundreds_of_numbers(dfe, carphone, tmp_path):
    assert dfe("encode", carphone, "-o", tmp_path, "--end", "0.5").code == 0
    said = dfe("info", tmp_path / "carphone_pristine.parquet").out
    assert "identity 80 numbers" in " ".join(said.replace("│", " ").split())
    assert len(said.splitlines()) < 120
    assert "{" not in dfe("info", "default").out


@pytest.mark.parametrize("target", ["nothing_here", "nothing.parquet", "nothing.mp4"])
def test_info_of_nothing(dfe, target, tmp_path):
    ran = dfe("info", tmp_path / target)
    assert ran.code != 0
    assert ran.err.count("\n") == 1
    assert target in ran.err


def test_qc_has_one_row_a_recording(dfe, carphone, astronaut, tmp_path):
    assert dfe("encode", carphone, astronaut, "-o", tmp_path, "--report", "--end", "1").code == 0
    ran = dfe("qc", tmp_path, "--json")
    assert ran.code == 0, ran.err
    rows = {row["name"]: row for row in ran.json}
    assert set(rows) == {"astronaut", "carphone_pristine"}
    assert rows["carphone_pristine"]["found_share"] == 1
    assert rows["carphone_pristine"]["frame_rate"] == pytest.approx(29.97, abs=0.01)
    with (tmp_path / "qc.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["astronaut", "carphone_pristine"]
    page = (tmp_path / "qc.html").read_text("utf-8")
    assert "carphone_pristine.html" in page
    assert page.count("data:image/png") == 2
    assert "verdict" in dfe("qc", tmp_path).out


def test_qc_of_a_folder_with_a_broken_table(dfe, astronaut, tmp_path):
    assert dfe("encode", astronaut, "-o", tmp_path).code == 0
    (tmp_path / "broken.parquet").write_text("no table")
    ran = dfe("qc", tmp_path, "--json")
    assert ran.code == 1
    assert [row["name"] for row in ran.json] == ["astronaut"]
    assert "broken.parquet" in ran.err


def test_qc_of_nothing(dfe, tmp_path):
    assert dfe("qc", tmp_path / "absent").code == 2
    assert dfe("qc", tmp_path).code == 2


def test_doctor_finds_everything_well(dfe):
    ran = dfe("doctor", "--json")
    states = {check["name"]: check["state"] for check in ran.json}
    assert ran.code == 0, ran.out
    assert {states[name] for name in ("packages", "head", "networks", "tokenizer", "video", "whole way")} == {"ok"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Folder that `dfe demo` wrote, and what it said."""
    folder = tmp_path_factory.mktemp("drawn")
    words = [sys.executable, "-m", "dfe", "demo", "-o", str(folder)]
    ran = subprocess.run(words, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return folder, ran.stdout


def test_demo_shows_what_the_head_does_when_it_does_it(drawn):
    folder, said = drawn
    recording = Recording.read(folder / "drawn_head.parquet")
    assert recording.success.all()
    assert (folder / "drawn_head.html").stat().st_size > 10_000
    starts = scene_starts()
    assert all(f"{scene.said} at {start:.1f} s" in said for scene, start in zip(SCENES, starts, strict=True))
    groups = [("smile",), ("brow raise", "jaw drop"), ("smile",), ("brow lowering",), ("pucker",)]
    events = find_events(recording)
    for start, expected in zip(starts, groups, strict=True):
        middle = start + DISPLAY_S / 2
        for group in expected:
            on = [e for e in events if e.label == group and e.onset_s <= middle <= e.offset_s]
            assert on, f"{group} at {middle:.1f} s"
    one_sided = starts[2] + DISPLAY_S / 2
    there = [e.label for e in events if e.kind == "display" and e.onset_s <= one_sided <= e.offset_s]
    assert "lip corners up, left" in there
    assert "lip corners up, right" not in there


@pytest.mark.slow
def test_training_from_the_command_line_and_encoding_with_the_result(dfe, drawn, astronaut, tmp_path):
    words = ["train", drawn[0], "-o", tmp_path / "model", "--size", "8", "--levels", "2", "--name", "small"]
    ran = dfe(*words, "--steps", "60", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["tokenizer"] == "small@1"
    assert ran.json["error_mm"] < ran.json["mean_face_mm"]
    assert dfe(*words, "--steps", "60").code == 1
    encoded = dfe("encode", astronaut, "-o", tmp_path / "out", "--tokenizer", tmp_path / "model")
    assert encoded.code == 0, encoded.err
    recording = Recording.read(tmp_path / "out" / "astronaut.parquet")
    assert recording.tokenizer_id == "small@1"
    assert recording.levels == 2


@pytest.mark.slow
def test_training_with_the_papers_preset_and_in_another_space(dfe, drawn, astronaut, tmp_path):
    words = ["train", drawn[0], "--size", "8", "--levels", "2", "--preset", "paper", "--steps", "5"]
    ran = dfe(*words, "-o", tmp_path / "model", "--json")
    assert ran.code == 0, ran.err
    card = dfe("info", tmp_path / "model", "--json").json["card"]
    assert card["training"]["quantizer"]["decoder"]["width"] == 64
    assert dfe("encode", astronaut, "-o", tmp_path / "out", "--tokenizer", tmp_path / "model").code == 0
    other = dfe(*words, "-o", tmp_path / "other", "--space", "flame2020/exp50")
    assert other.code == 1
    assert "holds 60 coefficients of space dfe-face, not 50 of flame2020/exp50" in other.err
    unknown = dfe(*words, "-o", tmp_path / "other", "--space", "flame")
    assert unknown.code == 1
    assert "no expression space is called 'flame'" in unknown.err
    assert not (tmp_path / "other").exists()


def test_training_on_faces_that_are_too_small_says_so(dfe, carphone, tmp_path):
    pytest.importorskip("torch", reason="needs the extra train")
    assert dfe("encode", "--tokenizer", "none", carphone, "-o", tmp_path / "tables", "--end", "1").code == 0
    ran = dfe("train", tmp_path / "tables", "-o", tmp_path / "model")
    assert ran.code == 1
    assert "usable" in ran.err
    assert not (tmp_path / "model" / "tokenizer.json").exists()


_WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
from dfe.cli import main
main(sys.argv[1:])
"""


def test_training_needs_the_extra(astronaut, tmp_path):
    words = [sys.executable, "-c", _WITHOUT_TORCH, "train", str(tmp_path), "-o", str(tmp_path / "model")]
    ran = subprocess.run(words, capture_output=True, text=True)
    assert ran.returncode == 1
    assert how_to_install("train") in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_json_of_info_is_json(dfe):
    json.dumps(dfe("info", "default", "--json").json)


def test_a_name_that_cannot_be_one_is_refused_before_the_training(dfe, tmp_path):
    pytest.importorskip("torch", reason="needs the extra train")
    ran = dfe("train", tmp_path, "-o", tmp_path / "model", "--name", "../a")
    assert ran.code == 2
    assert "'../a' cannot name a tokenizer" in ran.err
    assert not (tmp_path / "model").exists()
