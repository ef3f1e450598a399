"""What the camera's frames say is what `dfe encode` says of a film of the same frames."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra viewer")

from dfe.base.errors import DfeError, OutputError, UsageError
from dfe.encoding.coders import Coders
from dfe.encoding.neutral import NeutralChoice
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode
from dfe.facemodel.fit import FaceFitter
from dfe.recording.recording import Recording
from dfe.viewer.live.resting import ALWAYS, MOST, RunningFace
from dfe.viewer.live.stretch import Stretch
from dfe.viewer.live.take import take_path, write_take
from made_live import lossless_film

ONE = EncodeOptions(max_faces=1)


@pytest.fixture(scope="module")
def coders():
    return Coders(ONE)


@pytest.fixture(scope="module")
def tokenizer(coders):
    from dfe.encoding.assemble import measured_neutral, measured_space

    return coders.fitting(measured_space(ONE), measured_neutral(ONE))


def looked(tokenizer, frames, times, options=ONE, *, keep=True, rest=None):
    """A stretch of these frames, and what each of them showed."""
    stretch = Stretch(options, tokenizer, "film.mkv", keep=keep)
    shown = []
    for image, at in zip(frames, times, strict=True):
        shown.append(stretch.look(image, 1000.0 + at))
        if rest and stretch.person.neutral.kind != "interval" and at >= rest[1]:
            stretch.person.rest_between(*rest)
    return stretch, shown


@pytest.fixture(scope="module")
def kept(tokenizer, live_frames, live_times):
    return looked(tokenizer, live_frames, live_times)


@pytest.fixture(scope="module")
def film(tmp_path_factory, live_frames, live_times):
    return lossless_film(tmp_path_factory.mktemp("film") / "film.mkv", live_frames, live_times)


def test_a_recording_is_the_table_that_encode_makes_of_a_film_of_the_same_frames(kept, coders, film, live_times):
    ours, theirs = kept[0].recording(coders), encode(film, options=ONE)[0]
    np.testing.assert_allclose(theirs.times, live_times, atol=1e-9)
    for name in theirs.table.column_names:
        if name == "time_s":  # a film counts in fractions of a second, so the last bit may differ
            continue
        assert ours.table.column(name).combine_chunks() == theirs.table.column(name).combine_chunks(), name
    made, other = ours.provenance, theirs.provenance
    assert made.options["live"] == {"left_out": 0, "pictures": ["pixels"]}
    options = {key: value for key, value in made.options.items() if key != "live"}
    source = replace(made.source, sha256=other.source.sha256, duration_s=other.source.duration_s,
                     frame_rate=other.source.frame_rate)  # fmt: skip
    assert replace(made, options=options, source=source) == other
    assert made.source.duration_s == pytest.approx(other.source.duration_s, abs=0.05)


def test_a_face_at_rest_that_was_shown_is_that_of_encode_with_the_interval(
    tokenizer, coders, film, live_frames, live_times
):
    stretch, shown = looked(tokenizer, live_frames, live_times, rest=(0.0, 1.0))
    theirs = encode(film, options=replace(ONE, neutral="0-1"))[0]
    ours = stretch.recording(coders)
    np.testing.assert_array_equal(ours.expressions(), theirs.expressions())
    np.testing.assert_array_equal(ours.tokens().display, theirs.tokens().display)
    assert ours.provenance.resting == theirs.provenance.resting
    # And the last frame was shown so, too.
    np.testing.assert_array_equal(shown[-1].tokens.display[0], theirs.tokens().display[-1])


@pytest.mark.parametrize("neutral", ["own", "population"])
def test_what_is_shown_of_a_frame_is_what_encode_says_of_the_film_up_to_it(
    tokenizer, coders, live_frames, live_times, neutral
):
    options = replace(ONE, neutral=neutral)
    _, shown = looked(tokenizer, live_frames, live_times, options, keep=False)
    for count in (5, len(shown)):
        part, _ = looked(tokenizer, live_frames[:count], live_times[:count], options)
        last = part.recording(coders)
        one = shown[count - 1]
        np.testing.assert_array_equal(one.expression.astype(np.float32), last.expressions()[-1])
        np.testing.assert_array_equal(one.tokens.display[0], last.tokens().display[-1])
        np.testing.assert_array_equal(one.tokens.mm[0], last.tokens().mm[-1])
        np.testing.assert_allclose(one.lids_mm, last.columns(["lids_left_mm", "lids_right_mm"])[-1], rtol=1e-6)


def test_a_stretch_that_is_not_recorded_keeps_nothing(tokenizer, coders, live_frames, live_times):
    stretch, _ = looked(tokenizer, live_frames[:5], live_times[:5], keep=False)
    assert len(stretch._rows) == 0
    assert stretch._seen == []
    with pytest.raises(UsageError, match="fewer than two frames were recorded"):
        stretch.recording(coders)


def test_a_frame_without_a_face_is_a_row_with_the_reason(tokenizer, coders, live_frames):
    frames = [live_frames[0], np.zeros_like(live_frames[0]), live_frames[2]]
    stretch, shown = looked(tokenizer, frames, [0, 0.04, 0.08])
    assert [one.face is None for one in shown] == [False, True, False]
    assert shown[1].reason == "no face found"
    made = stretch.recording(coders)
    assert made.success.tolist() == [True, False, True]
    assert made.tokens().display[1].tolist() == [-1] * made.levels


def test_time_goes_on(tokenizer, live_frames):
    with pytest.raises(UsageError, match="no later than"):
        looked(tokenizer, live_frames[:2], [0.5, 0.5])


class Told:
    """A running face that is told how often it looks at everything anew."""

    def __init__(self, monkeypatch):
        self.count = 0
        found = RunningFace._find

        def counted(person):
            self.count += 1
            found(person)

        monkeypatch.setattr(RunningFace, "_find", counted)


def test_an_hour_is_looked_back_at_no_longer_than_minutes(monkeypatch, tokenizer, live_frames, live_times, kept):
    from dfe.encoding.face_model import mesh_fitter
    from dfe.facemodel.track import join_seen

    fitter: FaceFitter = mesh_fitter()
    seen = join_seen(kept[0]._seen)
    person = RunningFace(fitter, NeutralChoice("own"))
    person._parts = [seen.take(np.arange(MOST) % len(seen.gaze_deg))]
    person._times = list(np.arange(MOST) / 25)
    person._count = MOST
    told = Told(monkeypatch)
    for i in range(300):
        person.measure(seen.take(np.array([i % 40])), (MOST + i) / 25)
    assert told.count <= 4
    assert len(person._times) <= MOST // 2 + 300
    assert person._at_rest is not None
    assert ALWAYS < MOST


def test_the_neutral_of_the_camera_is_own_population_or_a_recording(tmp_path, kept, coders):
    from dfe.encoding.face_model import mesh_fitter

    with pytest.raises(UsageError, match="the camera has no seconds yet"):
        RunningFace(mesh_fitter(), NeutralChoice.parse("1-2"))
    path = tmp_path / "earlier.parquet"
    kept[0].recording(coders).write(path)
    person = RunningFace(mesh_fitter(), NeutralChoice.parse(str(path)))
    said, _ = person.measure(kept[0]._seen[0], 0.0)
    np.testing.assert_allclose(
        person._at_rest.face.rest, Recording.read(path).provenance.resting[0].numbers["rest"], atol=1e-12
    )
    assert np.isfinite(said).all()
    with pytest.raises(UsageError, match="no face was seen in these seconds"):
        person.rest_between(5, 7)


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "<script>", "ä", "x" * 81, "con\x00", "end."])
def test_names_of_recordings_are_plain(tmp_path, name):
    with pytest.raises(UsageError, match="cannot be the name of a recording"):
        take_path(tmp_path, name)


def test_a_recording_is_written_whole_or_not_at_all(tmp_path, kept, coders, monkeypatch):
    path = take_path(tmp_path / "new", "  pilot 1 ")
    assert path.name == "pilot 1.parquet"
    line = write_take(kept[0], path, coders)
    assert "40 frames, 1.6 s, a face in 40" in line
    assert Recording.read(path).provenance.source.kind == "video"
    with pytest.raises(OutputError, match="there is a recording of this name already"):
        take_path(tmp_path / "new", "pilot 1")
    (tmp_path / "file").write_text("x")
    with pytest.raises(DfeError):
        take_path(tmp_path / "file" / "deeper")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="the disk is full"):
        write_take(kept[0], take_path(tmp_path / "new", "pilot 2"), coders)
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["pilot 1.parquet"]
