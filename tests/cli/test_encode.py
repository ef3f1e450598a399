"""`dfe encode` from the command line to the files that it leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from dfe.recording.recording import Recording
from dfe.recording.schema import ARKIT


def test_video_becomes_a_table_and_a_page(dfe, carphone, tmp_path):
    ran = dfe("encode", carphone, "-o", tmp_path / "out", "--report", "--json")
    assert ran.code == 0, ran.err
    assert {key: ran.json[key] for key in ("files", "frames", "faces", "failures", "files_failed")} == {
        "files": 1,
        "frames": 120,
        "faces": 120,
        "failures": 0,
        "files_failed": 0,
    }
    assert ran.json["frames_per_second"] > 0
    recording = Recording.read(tmp_path / "out" / "carphone_pristine.parquet")
    tokens = recording.tokens()
    assert len(recording) == 120
    assert recording.tokenizer_id is not None
    assert tokens.display.shape == (120, 8)
    assert (tokens.display >= 0).all()
    assert len(np.unique(tokens.display)) > 10
    np.testing.assert_array_equal(np.isfinite(tokens.mm), tokens.display > 0)
    np.testing.assert_allclose(np.diff(recording.times), 1 / 29.97, atol=1e-4)
    page = (tmp_path / "out" / "carphone_pristine.html").read_text("utf-8")
    assert "data:image/png" in page
    assert "data:image/jpeg" not in page


def test_thumbnails_only_when_asked(dfe, carphone, tmp_path):
    assert dfe("encode", carphone, "-o", tmp_path, "--report", "--thumbnails", "--end", "0.4").code == 0
    assert "data:image/jpeg" in (tmp_path / "carphone_pristine.html").read_text("utf-8")
    assert dfe("encode", carphone, "-o", tmp_path / "b", "--thumbnails").code == 2


def test_csv_holds_what_parquet_holds(dfe, astronaut, tmp_path):
    assert dfe("encode", astronaut, "-o", tmp_path / "a").code == 0
    assert dfe("encode", astronaut, "-o", tmp_path / "b", "--format", "csv").code == 0
    a, b = Recording.read(tmp_path / "a" / "astronaut.parquet"), Recording.read(tmp_path / "b" / "astronaut.csv")
    np.testing.assert_array_equal(a.tokens(), b.tokens())
    np.testing.assert_allclose(a.expressions(), b.expressions(), rtol=1e-6)


def test_workers_do_not_change_a_byte(dfe, carphone, astronaut, tmp_path):
    for workers in (1, 2):
        ran = dfe("encode", carphone, astronaut, "-o", tmp_path / str(workers), "--workers", workers, "--end", "1")
        assert ran.code == 0, ran.err
    for name in ("carphone_pristine.parquet", "astronaut.parquet"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_cut_has_the_rows_of_one_pass(dfe, carphone, tmp_path):
    assert dfe("encode", carphone, "-o", tmp_path / "whole", "--end", "2.2").code == 0
    assert dfe("encode", carphone, "-o", tmp_path / "cut", "--start", "1.3", "--end", "1.8").code == 0
    whole = Recording.read(tmp_path / "whole" / "carphone_pristine.parquet")
    cut = Recording.read(tmp_path / "cut" / "carphone_pristine.parquet")
    inside = (whole.times >= 1.3) & (whole.times < 1.8)
    assert 0 < len(cut) < 20
    np.testing.assert_array_equal(cut.frames, whole.frames[inside])
    np.testing.assert_array_equal(cut.columns(ARKIT), whole.columns(ARKIT)[inside])
    assert not np.array_equal(cut.expressions(), whole.expressions()[inside]), "the face at rest is the cut's own"


def test_every_third_frame(dfe, carphone, tmp_path):
    assert dfe("encode", carphone, "-o", tmp_path, "--every", "3", "--end", "1").code == 0
    np.testing.assert_array_equal(Recording.read(tmp_path / "carphone_pristine.parquet").frames, np.arange(0, 30, 3))


def test_pictures_of_a_folder_make_one_table(dfe, astronaut, tmp_path):
    folder = tmp_path / "Bilder für dfe"
    folder.mkdir()
    picture = cv2.imdecode(np.frombuffer(astronaut.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    for name, image in {
        "a.png": picture,
        "b é.jpg": picture[:, ::-1],
        "c.png": np.zeros((90, 90, 3), np.uint8),
    }.items():
        (folder / name).write_bytes(cv2.imencode(Path(name).suffix, image)[1].tobytes())
    ran = dfe("encode", folder, "-o", tmp_path / "out", "--json", "--report")
    assert ran.code == 0, ran.err
    assert (ran.json["frames"], ran.json["faces"], ran.json["failures"]) == (3, 2, 1)
    recording = Recording.read(ran.json["inputs"][0]["table"])
    assert recording.column("source").tolist() == ["a.png", "b é.jpg", "c.png"]
    assert recording.column("reason").tolist() == [None, None, "no face found"]
    assert np.isnan(recording.times).all()


def test_results_that_nobody_knows_of_are_kept_unless_overwriting_is_allowed(dfe, astronaut, tmp_path):
    assert dfe("encode", astronaut, "-o", tmp_path).code == 0
    before = (tmp_path / "astronaut.parquet").read_bytes()
    (tmp_path / "manifest.csv").unlink()
    for _ in range(2):
        refused = dfe("encode", astronaut, "-o", tmp_path, "--json")
        assert refused.code == 1
        assert "exists already" in refused.json["problems"][0]
    assert (tmp_path / "astronaut.parquet").read_bytes() == before
    assert dfe("encode", astronaut, "-o", tmp_path, "--overwrite").code == 0
    assert (tmp_path / "astronaut.parquet").read_bytes() == before


def test_paths_from_standard_input(astronaut, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "dfe", "encode", "-", "-o", str(tmp_path)],
        input=f"{astronaut}\n",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "astronaut.parquet").exists()


def test_mirrored_recording_gets_the_rows_of_the_unflipped_one(dfe, astronaut, tmp_path):
    picture = cv2.imdecode(np.frombuffer(astronaut.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    (tmp_path / "flipped.png").write_bytes(cv2.imencode(".png", picture[:, ::-1])[1].tobytes())
    assert dfe("encode", astronaut, "-o", tmp_path / "out").code == 0
    assert dfe("encode", tmp_path / "flipped.png", "-o", tmp_path / "out", "--mirrored").code == 0
    straight = Recording.read(tmp_path / "out" / "astronaut.parquet")
    flipped = Recording.read(tmp_path / "out" / "flipped.parquet")
    assert flipped.provenance.mirrored
    assert not straight.provenance.mirrored
    np.testing.assert_array_equal(straight.columns(ARKIT), flipped.columns(ARKIT))
    # Landmarks of the flipped picture lie at width - x, which float32 rounds another way: by 1e-5 px.
    np.testing.assert_allclose(straight.expressions(), flipped.expressions(), atol=1e-4)
    np.testing.assert_array_equal(straight.tokens().display, flipped.tokens().display)


def test_without_a_tokenizer_no_tokens_are_written(dfe, astronaut, tmp_path):
    assert dfe("encode", "--tokenizer", "none", astronaut, "-o", tmp_path).code == 0
    recording = Recording.read(tmp_path / "astronaut.parquet")
    assert recording.tokenizer_id is None
    assert recording.levels == 0
    assert np.isfinite(recording.expressions()).all()


def test_landmarks_are_kept_when_asked_and_change_nothing_else(dfe, carphone, astronaut, tmp_path):
    for name, words in {"plain": [], "kept": ["--landmarks"], "two": ["--landmarks", "--workers", 2]}.items():
        ran = dfe("encode", "--tokenizer", "none", carphone, astronaut, "-o", tmp_path / name, "--end", "1", *words)
        assert ran.code == 0, ran.err
    for name in ("carphone_pristine.parquet", "astronaut.parquet"):
        plain, kept = (Recording.read(tmp_path / folder / name) for folder in ("plain", "kept"))
        assert plain.landmarks() is None
        assert kept.table.drop_columns(["landmarks", "logits"]).equals(plain.table)
        assert kept.provenance.options["landmarks"] is True
        assert plain.provenance.options["landmarks"] is False
        flat = kept.landmarks()[:, :, :2]
        low, high = flat.min(axis=1), flat.max(axis=1)
        np.testing.assert_allclose(np.hstack([low, high - low]), kept.boxes, atol=1e-3)
        assert (tmp_path / "kept" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    ran = dfe("encode", astronaut, "-o", tmp_path / "coded", "--landmarks", "--report")
    assert ran.code == 0, ran.err
    coded = Recording.read(tmp_path / "coded" / "astronaut.parquet")
    np.testing.assert_array_equal(coded.landmarks(), kept.landmarks())
    assert coded.levels > 0
    for verb in ("info", "qc"):
        assert dfe(verb, tmp_path / "coded" if verb == "qc" else tmp_path / "coded" / "astronaut.parquet").code == 0


def test_csv_and_landmarks_are_refused_before_the_work(dfe, astronaut, tmp_path):
    ran = dfe("encode", astronaut, "-o", tmp_path / "out", "--landmarks", "--format", "csv")
    assert ran.code == 2
    assert ran.err == "dfe: CSV cannot hold landmarks; use Parquet, or leave --landmarks out\n"
    assert not (tmp_path / "out").exists()


def test_largest_only_keeps_one_face(dfe, astronaut, tmp_path):
    picture = cv2.imdecode(np.frombuffer(astronaut.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    two = np.full((512, 1024, 3), 128, np.uint8)
    two[:, :512] = picture
    two[128:384, 640:896] = cv2.resize(picture, (256, 256))
    (tmp_path / "two.png").write_bytes(cv2.imencode(".png", two)[1].tobytes())
    assert dfe("encode", tmp_path / "two.png", "-o", tmp_path / "all").code == 0
    assert dfe("encode", tmp_path / "two.png", "-o", tmp_path / "one", "--largest-only").code == 0
    both, one = (Recording.read(tmp_path / name / "two.parquet") for name in ("all", "one"))
    assert both.face_ids.tolist() == [0, 1]
    assert one.face_ids.tolist() == [0]
    assert both.boxes[0, 2] > both.boxes[1, 2]
    np.testing.assert_array_equal(both.boxes[:1], one.boxes)


@pytest.mark.parametrize("words", ["--max-faces 0", "--every 0", "--start 2 --end 1", "--workers 0"])
def test_options_that_make_no_sense(dfe, carphone, tmp_path, words):
    ran = dfe("encode", carphone, "-o", tmp_path / "out", *words.split())
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert words.split()[0] in ran.err


def test_default_tokenizer_by_every_name(dfe, astronaut, tmp_path):
    import dfe as package

    tokenizer = package.load_tokenizer("default")
    for number, name in enumerate(["default", tokenizer.id]):
        assert dfe("encode", astronaut, "-o", tmp_path / str(number), "--tokenizer", name).code == 0
    a, b = (Recording.read(tmp_path / str(n) / "astronaut.parquet") for n in (0, 1))
    assert a.tokenizer_id == b.tokenizer_id == tokenizer.id
    np.testing.assert_array_equal(a.tokens(), b.tokens())
    np.testing.assert_array_equal(a.tokens(), tokenizer.encode(a.expressions()))


def test_json_is_all_that_standard_output_holds(carphone, tmp_path):
    words = ["encode", str(carphone), "-o", str(tmp_path), "--end", "0.5", "--json"]
    ran = subprocess.run([sys.executable, "-m", "dfe", *words], capture_output=True, text=True)
    assert json.loads(ran.stdout)["frames"] == 15


@pytest.mark.parametrize("words", ["--start nan", "--end inf", "--start -1", "--end nan"])
def test_times_that_are_no_times(dfe, carphone, tmp_path, words):
    ran = dfe("encode", carphone, "-o", tmp_path / "out", *words.split())
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert words.split()[0] in ran.err


def test_a_cut_past_the_end_says_how_long_the_recording_is(dfe, carphone, tmp_path):
    ran = dfe("encode", carphone, "-o", tmp_path / "out", "--start", "1000")
    assert ran.code == 1
    assert "the recording lasts 4.00 s" in ran.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["manifest.csv"]


def test_nothing_named(dfe, tmp_path, monkeypatch):
    import io

    import dfe as package
    from dfe.base.errors import UsageError

    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert dfe("encode", "-", "-o", tmp_path / "out").code == 2
    assert dfe("encode", "-o", tmp_path / "out").code == 2
    for wrong in ({"paths": []}, {"paths": "x.mp4", "workers": 0}):
        with pytest.raises(UsageError):
            package.encode(**wrong)


def test_missing_inputs_count_as_failed(dfe, astronaut, tmp_path):
    ran = dfe("encode", tmp_path / "no.mp4", astronaut, "-o", tmp_path / "out", "--json")
    assert ran.code == 1
    assert (ran.json["files"], ran.json["files_done"], ran.json["files_failed"]) == (2, 1, 1)
    alone = dfe("encode", tmp_path / "no.mp4", "-o", tmp_path / "other", "--json")
    assert (alone.json["files"], alone.json["files_failed"]) == (1, 1)
    assert not (tmp_path / "other").exists()
    assert "1 of 2 inputs" in dfe("encode", tmp_path / "no.mp4", astronaut, "-o", tmp_path / "third").out


def test_csv_is_refused_before_the_work_when_its_provenance_is_there(dfe, astronaut, tmp_path, monkeypatch):
    (tmp_path / "astronaut.provenance.json").write_text("{}")
    monkeypatch.setattr("dfe.encoding.observing.observe", lambda *_: pytest.fail("the work was begun"))
    ran = dfe("encode", astronaut, "-o", tmp_path, "--format", "csv")
    assert ran.code == 1
    assert "astronaut.provenance.json: exists already" in ran.err


@pytest.mark.parametrize(("name", "counted"), [("default", 8), ("dfe-face41@3", 8), ("dfe-rvq@1", 2)])
def test_the_page_counts_the_tokens_that_can_be_trusted(carphone, name, counted):
    """All where displays agree with the face, the unsteady ones last; the first two where later ones correct them."""
    import dfe as package
    from dfe.report.build import recording_view

    tokenizer = package.load_tokenizer(name)
    recording = package.encode(carphone, tokenizer=name, space=Path(tokenizer.space_id), end_s=1.0)[0]
    view = recording_view(recording, tokenizer)
    (person,) = view.people
    assert person.share_basis == "found"
    said = recording.tokens().display
    for card in person.cards:
        first = (said[:, :counted] == card.code).any(axis=1)
        anywhere = (said == card.code).any(axis=1)
        assert card.share_of_time == pytest.approx(first.mean(), abs=1e-3)
        assert card.later_share == pytest.approx(anywhere.mean() - first.mean(), abs=1e-3)
        assert card.frames_used == first.sum()
        assert card.unsteady == (card.code in tokenizer.unsteady)
    shares = [(card.unsteady, -card.share_of_time) for card in person.cards]
    assert shares == sorted(shares)


def test_two_faces_of_a_video_are_told_apart_by_where_they_are(dfe, carphone, tmp_path):
    import av

    with av.open(str(carphone)) as source:
        frames = [frame.to_ndarray(format="rgb24") for _, frame in zip(range(10), source.decode(video=0), strict=False)]
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 704, 288, "yuv420p", 4_000_000
        for frame in frames:
            wide = np.full((288, 704, 3), 128, np.uint8)
            wide[:, 352:] = cv2.resize(frame, (352, 288))
            wide[72:216, 88:264] = frame
            container.mux(stream.encode(av.VideoFrame.from_ndarray(wide, format="rgb24")))
        container.mux(stream.encode())
    assert dfe("encode", path, "-o", tmp_path, "--report").code == 0
    recording = Recording.read(tmp_path / "two.parquet")
    assert sorted(set(recording.face_ids.tolist())) == [0, 1]
    page = (tmp_path / "two.html").read_text("utf-8")
    assert page.index("on the picture&#39;s right") < page.index("on the picture&#39;s left")


def test_the_program_gives_the_same_bytes_by_one_thread_and_where_nothing_is_said_of_threads(carphone, tmp_path):
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    for name, env in (("free", free), ("one", free | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})):
        line = [sys.executable, "-m", "dfe", "encode", str(carphone), "-o", str(tmp_path / name), "--end", "2"]
        subprocess.run(line, env=env, check=True, capture_output=True)
    one, free = ((tmp_path / name / "carphone_pristine.parquet").read_bytes() for name in ("one", "free"))
    assert one == free
