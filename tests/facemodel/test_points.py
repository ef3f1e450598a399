from __future__ import annotations

import numpy as np
import pytest
from made_faces import Made

from dfe.base.errors import TableError
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.measures import motion_told
from dfe.facemodel.model import FaceModel
from dfe.facemodel.neutral import expressions, resting_face
from dfe.facemodel.observations import PointFitter
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.mapping import RIGID, weights


@pytest.fixture(scope="module")
def few(model: FaceModel) -> PointFitter:
    return PointFitter(model, weights(Networks())[:, :468], RIGID)


@pytest.mark.parametrize(("kept", "least"), [(3, 0.9), (2, 0.75)])
def test_68_points_tell_most_of_made_movement(model: FaceModel, few: PointFitter, kept: int, least: float) -> None:
    made = Made(model, 80, seed=9, turn=0.02)
    fitter = few if kept == 3 else PointFitter(model, few.weights, RIGID, depth=False)
    given = np.einsum("mp,npk->nmk", few.weights, made.points[:, :468])
    frames = fitter.frames(given[:, :, :kept])
    said = model.displace(expressions(fitter, frames, resting_face(fitter, frames)))
    assert motion_told(model.displace(made.expression), said)["whole"] > least


def test_all_points_as_an_observation_agree_with_the_mesh(model: FaceModel, fitter: FaceFitter) -> None:
    """The same model, the same points, once as the mesh and once as 468 observations with the model's own noise."""
    made = Made(model, 20, seed=10)
    every = PointFitter(model, np.eye(468), model.rigid)
    one, two = fitter.frames(made.points), every.frames(made.points[:, :468])
    off = model.displace(one.still - two.still)
    assert np.sqrt(np.square(off).sum(axis=2).mean()) < 1.0


def test_rows_without_a_face_are_nan_and_shapes_are_checked(few: PointFitter, model: FaceModel) -> None:
    made = Made(model, 4, seed=11)
    given = np.einsum("mp,npk->nmk", few.weights, made.points[:, :468])
    given[1] = np.nan
    found = few.frames(given)
    assert np.isnan(found.still[1]).all()
    assert np.isfinite(found.still[[0, 2, 3]]).all()
    with pytest.raises(TableError, match="68"):
        few.frames(given[:, :60])


def test_points_of_a_picture_have_no_depth_to_use(few: PointFitter, model: FaceModel) -> None:
    made = Made(model, 3, seed=12)
    flat = PointFitter(model, few.weights, RIGID, depth=False)
    given = np.einsum("mp,npk->nmk", few.weights, made.points[:, :468])
    np.testing.assert_array_equal(flat.frames(given).still, flat.frames(given[:, :, :2]).still)
    with pytest.raises(TableError, match="68, 3"):
        few.frames(given[:, :, :2])
