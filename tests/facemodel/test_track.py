from __future__ import annotations

import numpy as np
import pytest
from made_faces import Made, placed

from dfe.base.errors import UsageError
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.model import FaceModel
from dfe.facemodel.track import join_seen, measure_track, see


def test_a_track_is_the_same_however_it_was_cut(model: FaceModel, fitter: FaceFitter) -> None:
    points = Made(model, 40, seed=21, turn=0.1).points
    points[7] = np.nan
    parts = [see(fitter, part) for part in np.split(points, [1, 8, 25])]
    one, two = measure_track(fitter, see(fitter, points)), measure_track(fitter, join_seen(parts))
    np.testing.assert_array_equal(one.expression, two.expression)
    np.testing.assert_array_equal(one.eyes.lids_mm, two.eyes.lids_mm)
    np.testing.assert_array_equal(one.eyes.gaze_deg, two.eyes.gaze_deg)
    assert np.isnan(one.expression[7]).all()
    assert one.eyes.lids_mm.shape == (40, 2)


def test_a_shut_eye_is_shut(model: FaceModel, fitter: FaceFitter) -> None:
    """The fit says which lid closed, and by about how much."""
    made = Made(model, 30, seed=22)
    shape = np.repeat(made.shape[:1], 30, axis=0)
    for upper, lower in ((385, 380), (386, 374), (387, 373)):
        shape[20:, upper] += (shape[20:, lower] - shape[20:, upper]) * 0.7
    lids = measure_track(fitter, see(fitter, placed(shape, np.zeros(30), np.zeros(30)))).eyes.lids_mm
    closed = lids[:20].mean(axis=0) - lids[20:].mean(axis=0)
    assert closed[0] > 3 * abs(closed[1])


def test_another_recording_gives_the_neutral(model: FaceModel, fitter: FaceFitter) -> None:
    points = Made(model, 40, seed=23).points
    face = measure_track(fitter, see(fitter, points[:20])).resting
    said = measure_track(fitter, see(fitter, points[20:]), face)
    assert said.resting is face
    assert np.isfinite(said.expression).all()


def test_a_track_without_a_face_is_an_error(fitter: FaceFitter) -> None:
    with pytest.raises(UsageError):
        measure_track(fitter, see(fitter, np.full((3, 478, 3), np.nan)))
