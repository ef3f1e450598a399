"""Encoding into the face model's space: the same however the work is cut, against the resting face asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from dfe.base.errors import DfeError, TableError, UsageError
from dfe.encoding import face_model, tasks
from dfe.encoding.assemble import assemble
from dfe.encoding.neutral import NeutralChoice
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode
from dfe.facemodel.track import measure_track, see
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.mapping import POINTS, weights
from dfe.media.inputs import Source
from dfe.recording.recording import Recording
from dfe.recording.schema import ARKIT, EXPRESSION, FITTED
from dfe.space.registry import load_space
from made_other_tables import openface

SPACE, COEFFICIENTS = Path("dfe-face"), Path("arkit51/face41")


@pytest.fixture(scope="module")
def options() -> EncodeOptions:
    return EncodeOptions(tokenizer=None, max_faces=1, landmarks=True)


@pytest.fixture(scope="module")
def whole(carphone: Path, options: EncodeOptions) -> Recording:
    return encode(carphone, options=options)[0]


@pytest.fixture(scope="module")
def plain(carphone: Path) -> Recording:
    return encode(carphone, tokenizer=None, max_faces=1, landmarks=True, space=COEFFICIENTS)[0]


def test_the_coefficients_stand_beside(whole: Recording, plain: Recording) -> None:
    space = load_space("dfe-face")
    assert whole.provenance.space.hash == space.hash
    assert whole.expressions().shape == (120, space.dimension)
    np.testing.assert_array_equal(whole.columns(ARKIT), plain.columns(EXPRESSION))
    np.testing.assert_array_equal(whole.blinks(), plain.blinks())
    np.testing.assert_array_equal(whole.landmarks(), plain.landmarks())


def test_what_is_measured_is_what_a_face_track_measures(whole: Recording) -> None:
    points = whole.landmarks()
    assert points is not None
    fitter = face_model.mesh_fitter()
    alone = measure_track(fitter, see(fitter, points.astype(np.float64)))
    np.testing.assert_array_equal(whole.expressions(), alone.expression.astype(np.float32))
    moved = load_space("dfe-face").displace(whole.expressions())
    gap = moved[:, 13, 1] - moved[:, 14, 1]
    width = np.linalg.norm(points[:, 33] - points[:, 263], axis=1)
    assert np.corrcoef(gap, np.linalg.norm(points[:, 13] - points[:, 14], axis=1) / width)[0, 1] > 0.8
    fitted = whole.columns([column.name for column in FITTED])
    assert np.isfinite(fitted).all()
    assert (fitted[:, :2] > 0).all()
    assert (fitted[:, 6] < 2).all()


def test_nothing_depends_on_pieces_or_on_how_many_are_fitted_at_once(
    carphone: Path, options: EncodeOptions, whole: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PIECE_FRAMES", 60)
    monkeypatch.setattr(face_model, "_AT_ONCE", 7)
    pieces = tasks.plan(Source("clip", "video", (carphone,)), options, cut=True)
    assert len(pieces) == 2
    cut = assemble([tasks.observe(piece) for piece in pieces], options)
    assert cut.table.equals(whole.table)
    assert cut.provenance.resting == whole.provenance.resting


def test_workers_change_nothing(carphone: Path, options: EncodeOptions, whole: Recording) -> None:
    both = encode([carphone, carphone.with_name("astronaut.png")], options=options, workers=2)
    assert both[0].table.equals(whole.table)
    assert both[0].provenance == whole.provenance


def test_the_provenance_says_whose_neutral(whole: Recording, tmp_path: Path) -> None:
    (note,) = whole.provenance.resting
    assert (note.face, note.neutral, note.points) == (0, "own", 478)
    assert note.calm_frames is not None
    assert note.sure is not None
    assert 0 < note.sure < 1
    whole.write(tmp_path / "one.parquet")
    assert Recording.read(tmp_path / "one.parquet").provenance == whole.provenance


def test_an_interval_is_at_rest(carphone: Path) -> None:
    made = encode(carphone, tokenizer=None, max_faces=1, neutral="1-1.5")[0]
    inside = (made.times >= 1) & (made.times < 1.5)
    size = load_space("dfe-face").error_mm(made.expressions(), np.zeros_like(made.expressions()))
    middle = np.linalg.norm(made.expressions()[inside].mean(axis=0))
    assert middle < 0.25 * np.linalg.norm(made.expressions(), axis=1).mean()
    assert size[inside].mean() < size[~inside].mean()
    assert made.provenance.resting[0].neutral == "1-1.5 s"


def test_another_recording_gives_the_resting_face(carphone: Path, whole: Recording, tmp_path: Path) -> None:
    path = tmp_path / "calm.parquet"
    whole.write(path)
    again = encode(carphone, tokenizer=None, max_faces=1, landmarks=True, neutral=str(path))[0]
    assert again.table.equals(whole.table)
    assert again.provenance.resting[0].neutral == "recording calm.parquet"


def test_a_recording_without_a_resting_face_is_refused_at_once(
    carphone: Path, plain: Recording, tmp_path: Path
) -> None:
    path = tmp_path / "plain.parquet"
    plain.write(path)
    with pytest.raises(TableError, match="no resting face"):
        encode(carphone, tokenizer=None, neutral=str(path))


def test_a_picture_is_measured_against_everybodys(astronaut: Path) -> None:
    made = encode(astronaut, tokenizer=None, max_faces=1)[0]
    (note,) = made.provenance.resting
    assert (note.face, note.neutral) == (None, "population")
    assert np.isfinite(made.expressions()[made.success]).all()
    own = encode(astronaut, tokenizer=None, max_faces=1, neutral="own")[0]
    assert own.provenance.resting[0].neutral == "own"
    with pytest.raises(UsageError, match="no times"):
        encode(astronaut, tokenizer=None, neutral="0-1")


def test_pictures_without_a_face_make_a_recording_too(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((120, 120, 3), 128, np.uint8))
    made = encode(tmp_path / "grey.png", tokenizer=None)[0]
    assert made.space_id == "dfe-face"
    assert not made.success.any()
    assert made.provenance.resting == ()


def test_an_interval_without_a_face_is_refused(carphone: Path) -> None:
    with pytest.raises(UsageError, match="no face is seen in the neutral interval"):
        encode(carphone, tokenizer=None, max_faces=1, neutral="90-95", end_s=0.5)


def test_a_flipped_film_is_put_right(carphone: Path, whole: Recording, tmp_path: Path) -> None:
    """What is told of a flipped recording as it is, and of the same one with left and right put right, are mirrored."""
    space = load_space("dfe-face")
    right = encode(carphone, tokenizer=None, max_faces=1, mirrored=True)[0]
    one, two = space.mirror(whole.expressions()), right.expressions()
    # The networks are not quite equivariant, so they agree as two looks at one face do.
    assert np.corrcoef((one - one.mean(0)).ravel(), (two - two.mean(0)).ravel())[0, 1] > 0.8
    names = [column.name for column in FITTED]
    lids, other = whole.columns(names)[:, :2], right.columns(names)[:, :2]
    assert np.abs(lids[:, ::-1] - other).mean() < np.abs(lids - lids.mean(axis=0)).mean() + 1


@pytest.fixture
def of_openface(plain: Recording, tmp_path: Path) -> Path:
    landmarks = plain.landmarks()
    assert landmarks is not None
    points = np.einsum("mp,npk->nmk", weights(Networks()), landmarks)
    assert points.shape == (120, POINTS, 3)
    path = tmp_path / "openface.csv"
    path.write_text(openface(points))
    return path


def test_68_points_are_read_into_the_space(of_openface: Path, whole: Recording) -> None:
    made = encode(of_openface, tokenizer=None)[0]
    assert made.space_id == "dfe-face"
    assert made.provenance.resting[0].points == 68
    space = load_space("dfe-face")
    one, two = space.displace(whole.expressions()), space.displace(made.expressions())
    one, two = one - one.mean(axis=0), two - two.mean(axis=0)
    assert 1 - np.square(one - two).sum() / np.square(one).sum() > 0.7
    assert np.isnan(made.column("gaze_left_yaw_deg")).all()
    assert np.isfinite(made.column("lids_left_mm")).all()


def test_a_flipped_table_of_points_is_the_mirror_image(of_openface: Path) -> None:
    one = encode(of_openface, tokenizer=None)[0]
    two = encode(of_openface, tokenizer=None, mirrored=True)[0]
    space = load_space("dfe-face")
    apart = space.error_mm(space.mirror(one.expressions()), two.expressions())
    assert apart.max() < 0.05
    np.testing.assert_allclose(one.column("lids_left_mm"), two.column("lids_right_mm"), atol=0.05)


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"space": COEFFICIENTS, "neutral": "own"}, "--neutral is for dfe-face"),
        ({"neutral": "3-2"}, "is empty"),
        ({"neutral": "calm"}, "START-END"),
    ],
)
def test_a_neutral_that_makes_no_sense_is_refused(choices: dict, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        EncodeOptions(**choices)


def test_a_neutral_is_read() -> None:
    assert NeutralChoice.parse("2-5.5") == NeutralChoice("interval", 2.0, 5.5)
    assert str(NeutralChoice.parse("2-5.5")) == "2-5.5 s"
    assert NeutralChoice.parse("calm.parquet").path == Path("calm.parquet")


def test_a_front_end_without_points_is_refused(carphone: Path) -> None:
    with pytest.raises(DfeError, match="space does nothing"):
        encode(carphone, tokenizer=None, space=SPACE, frontend="deca", weights=Path("none"))


def test_a_face_of_a_moment_has_no_note_on_its_resting_face(
    carphone: Path, options: EncodeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfe.encoding.face_model.CALM_FRAMES", 1e6)
    options = replace(options, end_s=1.0)
    said = encode(carphone, options=options)[0].provenance.warnings
    assert any("calm frames" in warning for warning in said)
    monkeypatch.setattr("dfe.encoding.face_model.fleeting_faces", lambda _: {0: 0.1})
    assert not any("calm frames" in warning for warning in encode(carphone, options=options)[0].provenance.warnings)
