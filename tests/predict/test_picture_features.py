from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dfe
from dfe.base.errors import MediaError, TableError, UsageError
from dfe.clock.clock import row_times
from dfe.datasets.examples import Examples
from dfe.media.image import read_image
from dfe.media.video import Video
from dfe.predict.reading import ExampleRows
from dfe.predict.representations.face_crops import face_crop, in_channels
from dfe.predict.representations.pictures import PictureFeatures, load_encoder, media_below, sample_rows
from dfe.recording import schema
from dfe.recording.recording import Recording
from made_measures import features_of
from made_study import faces, recording, write
from made_vit import TINY, tensors
from made_vit import by_hand as tokens_by_hand
from made_vit import write as write_vit

SIDE = 160
STAMPS = np.cumsum([0, 40, 40, 60, 33, 40, 27, 300, 40, 40, 40, 40, 80, 40, 40, 40, 40, 40, 40, 40])
"""Milliseconds of a video of uneven rate."""


class Levels:
    """An encoder that says the mean red and green level of a crop."""

    id, size, width = "levels", 24, 2
    asked = 0

    def encode(self, crops):
        assert crops.shape[1:] == (24, 24, 3)
        assert crops.dtype == np.uint8
        self.asked += len(crops)
        return crops[..., :2].mean(axis=(1, 2)).astype(np.float32)


def picture(level, extra=0):
    """Grey, with a square that the box [10, 10, 120, 120] holds in the middle; green tells left from right."""
    made = np.full((SIDE, SIDE, 3), 5, np.uint8)
    made[..., 0] = level
    made[:, :70, 1] = extra
    return made


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", image[..., ::-1])[1].tobytes())


def save_video(path, levels, stamps=STAMPS):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "bgr0"
        stream.codec_context.time_base = Fraction(1, 1000)
        for level, stamp in zip(levels, stamps, strict=False):
            frame = av.VideoFrame.from_ndarray(picture(level), format="rgb24")
            frame.pts, frame.time_base = int(stamp), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def examples_of(recordings, **columns):
    names = tuple(f"e{i}" for i in range(len(recordings)))
    return Examples(names, tuple(recordings), np.array(names), {}, (), **columns)


def named(made: Recording, sources) -> Recording:
    column = made.table.column_names.index("source")
    values = pa.array(sources, pa.string()).cast(made.table.column("source").type)
    return Recording(made.table.set_column(column, "source", values), made.provenance)


@pytest.fixture
def stills(tmp_path):
    """Four pictures, of which the third has no usable face."""
    x = faces(4)
    x[2] = np.nan
    made = recording(x, np.full(4, np.nan), name="faces", tokens=False)
    files = [f"{i}.png" for i in range(4)]
    write(tmp_path / "tables", "faces", named(made, files))
    for i, file in enumerate(files):
        save(tmp_path / "media" / "faces" / file, picture(40 * (i + 1)))
    return tmp_path


def test_pictures_each_by_itself(stills):
    examples = examples_of(["faces"] * 3, picture=np.array([3, 0, 2]))
    made = PictureFeatures(Levels(), media_below(stills / "media"))
    features = features_of(made, examples, stills / "tables")
    assert features.names == ("levels 0 mean", "levels 1 mean")
    np.testing.assert_allclose(features.x[:2, 0], [160, 40])
    assert np.isnan(features.x[2]).all()
    assert features.coverage.tolist() == [1, 1, 0]


def test_all_pictures_of_a_recording(stills):
    features = features_of(
        PictureFeatures(Levels(), media_below(stills / "media")), examples_of(["faces"]), stills / "tables"
    )
    assert features.names[2] == "levels 0 sd"
    np.testing.assert_allclose(features.x[0, [0, 2]], [np.mean([40, 80, 160]), np.std([40, 80, 160])], rtol=1e-6)
    assert features.coverage[0] == 0.75


@pytest.fixture
def clip(tmp_path):
    """A video of uneven rate, its red level rising; three frames have no face."""
    levels = 10 * np.arange(20) + 20
    x = faces(20)
    x[[2, 8, 9]] = np.nan
    made = recording(x, STAMPS / 1000, name="clip.mkv", tokens=False)
    write(tmp_path / "tables", "clip", made)
    (tmp_path / "media").mkdir()
    save_video(tmp_path / "media" / "clip.mkv", levels)
    return tmp_path, made, levels


def by_hand(made, levels, every_s, low=-np.inf, high=np.inf):
    """Row nearest the middle of each stretch, weighted with the stretch's usable time."""
    times = made.times
    start, end = row_times(made.frames, times, made.face_ids, made.usable).T
    seconds = (np.minimum(end, high) - np.maximum(start, low)).clip(0)
    inside = seconds > 0
    values, weights = [], []
    for stretch in range(int(np.nanmax(times) / every_s) + 1):
        own = [i for i in np.flatnonzero(inside) if stretch * every_s <= times[i] < (stretch + 1) * every_s]
        if own:
            nearest = min(own, key=lambda i: (abs(times[i] - (stretch + 0.5) * every_s), i))
            values.append(levels[nearest])
            weights.append(seconds[own].sum())
    mean = np.average(values, weights=weights)
    return mean, np.sqrt(np.average((np.array(values) - mean) ** 2, weights=weights)), sum(weights)


@pytest.mark.parametrize("every_s", [0.01, 0.25, 0.4, 5.0])
def test_frames_are_sampled_by_their_time(clip, every_s):
    folder, made, levels = clip
    examples = examples_of(["clip"] * 2, onset_s=np.array([-np.inf, 0.15]), offset_s=np.array([np.inf, 0.9]))
    encoder = Levels()
    features = features_of(
        PictureFeatures(encoder, media_below(folder / "media"), every_s), examples, folder / "tables"
    )
    for row, (low, high) in enumerate([(-np.inf, np.inf), (0.15, 0.9)]):
        mean, spread, valid = by_hand(made, levels, every_s, low, high)
        assert features.exposure_s[row] == pytest.approx(valid)
        if every_s < 5:
            np.testing.assert_allclose(features.x[row, [0, 2]], [mean, spread], rtol=1e-5)
        else:
            assert features.x[row, 0] == pytest.approx(mean)
    assert encoder.asked <= 17


def test_a_window_without_a_face_is_empty(clip):
    folder, _, _ = clip
    examples = examples_of(["clip"], onset_s=np.array([50.0]), offset_s=np.array([60.0]))
    features = features_of(PictureFeatures(Levels(), {"clip": folder / "none"}), examples, folder / "tables")
    assert np.isnan(features.x).all()


def test_the_same_in_any_company(clip):
    folder, _, _ = clip
    made = PictureFeatures(Levels(), media_below(folder / "media"), 0.2)
    both = examples_of(["clip"] * 2, onset_s=np.array([0.0, 0.5]), offset_s=np.array([0.5, 1.0]))
    together = features_of(made, both, folder / "tables").x
    np.testing.assert_allclose(
        features_of(made, both.take(np.array([1])), folder / "tables").x[0], together[1], rtol=1e-12
    )


def test_stretches_begin_at_the_same_times_in_every_window():
    times = np.arange(40) / 10
    rows = ExampleRows(np.zeros(40, int), np.arange(40), np.full(40, 0.1), np.array([4.0]))
    late = ExampleRows(np.zeros(20, int), np.arange(20, 40), np.full(20, 0.1), np.array([2.0]))
    assert sample_rows(times, rows, 1.0).row.tolist() == [5, 15, 25, 35]
    assert sample_rows(times, late, 1.0).row.tolist() == [25, 35]
    np.testing.assert_allclose(sample_rows(times, rows, 1.0).seconds, 1.0)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.floats(0.001, 3.0), min_size=1, max_size=40),
    every_s=st.floats(0.05, 4.0),
    seed=st.integers(0, 999),
)
def test_sampling_keeps_all_usable_time_and_one_row_a_stretch(steps, every_s, seed):
    rng = np.random.default_rng(seed)
    times = np.cumsum(steps)
    example, row = np.nonzero(rng.random((3, len(times))) < 0.6)
    rows = ExampleRows(example, row, rng.random(len(row)), np.ones(3))
    made = sample_rows(times, rows, every_s)
    before, after = (np.bincount(r.example, r.seconds, 3) for r in (rows, made))
    np.testing.assert_allclose(after, before)
    pairs = set(zip(example.tolist(), row.tolist(), strict=True))
    assert set(zip(made.example.tolist(), made.row.tolist(), strict=True)) <= pairs
    stretch = np.floor(times / every_s)
    wanted = {(e, s) for e, s in zip(example.tolist(), stretch[row].tolist(), strict=True)}
    said = list(zip(made.example.tolist(), stretch[made.row].tolist(), strict=True))
    assert sorted(wanted) == said


def refusal(folder, media, recordings=("clip",)):
    with pytest.raises((MediaError, TableError)) as caught:
        features_of(PictureFeatures(Levels(), media, 0.2), examples_of(list(recordings)), folder / "tables")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_video_is_refused(clip):
    folder, made, levels = clip
    assert "no video or pictures of this recording" in refusal(folder, {})
    other = save_video(folder / "other.mkv", levels, STAMPS + np.arange(20) * 7)
    assert "is not the one that was measured" in refusal(folder, {"clip": other})
    short = save_video(folder / "short.mkv", levels[:12])
    assert "ends before frame" in refusal(folder, {"clip": short})
    assert "is a folder" in refusal(folder, {"clip": folder})
    assert "gone.mkv" in refusal(folder, {"clip": folder / "gone.mkv"})
    larger = replace(made.provenance, source=replace(made.provenance.source, width=320, height=160))
    Recording(made.table, larger).write(folder / "tables" / "clip.parquet", overwrite=True)
    assert "is 160 x 160 pixels, but 320 x 160 were measured" in refusal(
        folder, {"clip": folder / "media" / "clip.mkv"}
    )


def test_a_picture_that_is_missing(stills):
    (stills / "media" / "faces" / "1.png").unlink()
    assert "1.png" in refusal(stills, media_below(stills / "media"), ["faces"])


def test_tables_without_boxes(clip):
    folder, made, _ = clip
    column = made.table.column_names.index(schema.BOX[0])
    empty = pa.nulls(len(made), pa.float32())
    placeless = Recording(made.table.set_column(column, schema.BOX[0], empty), made.provenance)
    placeless.write(folder / "tables" / "clip.parquet", overwrite=True)
    assert "does not say where" in refusal(folder, media_below(folder / "media"))


def test_media_are_found_under_the_names_that_encoding_gives(clip, stills):
    folder = clip[0] / "media"
    assert media_below(folder) == {"clip": folder / "clip.mkv", "faces": folder / "faces"}
    with pytest.raises(UsageError):
        PictureFeatures(Levels(), {}, 0.0)


def eyes(angle_deg, mirrored=False):
    """Two bright eyes and a nose to one side, turned clockwise on the screen; box and roll as the front end says."""
    image = np.zeros((200, 200, 3), np.uint8)
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    for dx, dy, channel in ((-25, -15, 0), (25, -15, 1), (0, 25, 2)):
        x, y = 100 + c * dx - s * dy, 90 + s * dx + c * dy
        cv2.circle(image, (round(x), round(y)), 5, tuple(255 * (k == channel) for k in range(3)), -1)
    return image[:, ::-1].copy() if mirrored else image


def centre(crop, channel):
    weight = crop[..., channel].astype(float)
    y, x = np.mgrid[: len(crop), : len(crop)]
    return (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()


@pytest.mark.parametrize("angle", [-25, 0, 18])
@pytest.mark.parametrize("mirrored", [False, True])
def test_crops_are_level_square_and_turned_back(angle, mirrored):
    box = np.array([100 - 50, 90 - 40, 100, 80], float)
    if mirrored:
        box[0] = 200 - box[0] - box[2]
    crop = face_crop(eyes(angle, mirrored), box, np.radians(angle), 110, mirrored=mirrored)
    assert crop.shape == (110, 110, 3)
    left, right, nose = (centre(crop, channel) for channel in range(3))
    np.testing.assert_allclose(left, [55 - 25, 55 - 15], atol=1.5)
    np.testing.assert_allclose(right, [55 + 25, 55 - 15], atol=1.5)
    np.testing.assert_allclose(nose, [55, 55 + 25], atol=1.5)


def test_crops_of_real_faces_look_alike_whatever_the_roll(astronaut, tmp_path):
    image = read_image(astronaut)
    turned = cv2.warpAffine(image, cv2.getRotationMatrix2D((256, 256), -20, 1.0), (512, 512))
    save(tmp_path / "turned.png", turned)
    made, again = (dfe.encode(path)[0] for path in (astronaut, tmp_path / "turned.png"))
    assert again.poses[0, 2] - made.poses[0, 2] == pytest.approx(np.radians(20), abs=0.08)
    crop = face_crop(image, made.boxes[0], made.poses[0, 2], 64)
    level, tilted = (face_crop(turned, again.boxes[0], roll, 64) for roll in (again.poses[0, 2], 0.0))
    # The box of a tilted face has another middle, so that alike does not mean equal.
    alike = [np.corrcoef(crop[8:56, 8:56].ravel(), c[8:56, 8:56].ravel())[0, 1] for c in (level, tilted)]
    assert alike[0] > 0.6
    assert alike[0] > alike[1] + 0.1


def test_grey_is_the_usual_mixture():
    crops = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), np.uint8)
    grey = in_channels(crops, 1)
    assert grey.shape == (2, 5, 5, 1)
    np.testing.assert_allclose(grey[..., 0], crops @ np.array([0.299, 0.587, 0.114]), atol=0.6)
    assert in_channels(crops, 3) is crops
    assert in_channels(crops[:0], 1).shape == (0, 5, 5, 1)


def test_a_real_clip_end_to_end(carphone, tmp_path):
    pytest.importorskip("torch", reason="needs the extra train")
    made = dfe.encode(carphone)[0]
    # The face is small; it is taken as usable here so that there is something to look at.
    column = made.table.column_names.index("usable")
    made = Recording(made.table.set_column(column, "usable", made.table.column("success")), made.provenance)
    write(tmp_path, "carphone_pristine", made)
    media = media_below(carphone.parent)
    pictures = PictureFeatures(load_encoder(write_vit(tmp_path / "vit")), media)
    features = features_of(pictures, examples_of(["carphone_pristine"]), tmp_path)
    seen, seconds = np.flatnonzero(made.usable), made.seconds(made.usable)
    rows = ExampleRows(np.zeros(len(seen), int), seen, seconds[seen], np.array([made.summary().duration_s]))
    chosen = sample_rows(made.times, rows, 1.0)
    frames = {frame.index: frame.image for frame in Video(carphone).frames()}
    size = TINY.image_size
    crops = [face_crop(frames[made.frames[r]], made.boxes[r], made.poses[r, 2], size) for r in chosen.row]
    tokens = np.array([tokens_by_hand(tensors(TINY), TINY, crop)[1:].mean(axis=0) for crop in crops])
    assert len(crops) == int(made.times[-1]) + 1
    np.testing.assert_allclose(features.x[0, :8], np.average(tokens, axis=0, weights=chosen.seconds), atol=2e-5)
    assert features.coverage[0] == pytest.approx(seconds.sum() / made.summary().duration_s)
    assert (features_of(pictures, examples_of(["carphone_pristine"]), tmp_path).x == features.x).all()
