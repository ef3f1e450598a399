from __future__ import annotations

import numpy as np
import pytest
from made_faces import placed

from dfe.base.errors import UsageError
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.measures import rms_mm
from dfe.facemodel.model import FaceModel
from dfe.facemodel.neutral import calmness, expressions, resting_face, resting_shape


@pytest.fixture(scope="module")
def person(model: FaceModel) -> np.ndarray:
    rng = np.random.default_rng(5)
    a = rng.normal(size=len(model.identity)) * np.sqrt(model.identity_variance)
    return model.mean_mm + np.tensordot(a, model.identity, 1)


def grin(model: FaceModel) -> np.ndarray:
    """The largest direction of people's expressions, made symmetric, of about 8 mm."""
    values, vectors = np.linalg.eigh(model.expression_covariance)
    way = vectors[:, -1] + vectors[:, -1][model.partner]
    way = way / np.linalg.norm(way)
    return way * 8 if values[-1] > 0 else way


def film(shape: np.ndarray, count: int) -> np.ndarray:
    shake = np.random.default_rng(6).normal(size=(count, 468, 3)) * 0.2
    return placed(shape + shake, np.zeros(count), np.zeros(count))


def test_a_film_that_is_all_grin_keeps_its_grin(model: FaceModel, fitter: FaceFitter, person: np.ndarray) -> None:
    seen = fitter.frames(film(person + model.displace(grin(model)[None]), 100))
    face = resting_face(fitter, seen)
    said = rms_mm(model.displace(expressions(fitter, seen, face))).mean()
    assert face.calm_frames < 20
    assert said > 4.0


def test_a_calm_film_gives_the_persons_own_face(model: FaceModel, fitter: FaceFitter, person: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    rest = np.linalg.cholesky(model.rest_covariance) @ rng.normal(size=model.dimension)
    seen = fitter.frames(film(person + model.displace(rest[None]), 300))
    face = resting_face(fitter, seen)
    assert face.calm_frames > 100
    assert rms_mm(model.displace(expressions(fitter, seen, face))).mean() < 0.6
    # Where the face rests is a result of its own: what it looks like, its expression modes included.
    target = person + model.displace(rest[None])[0]
    assert rms_mm(resting_shape(fitter, face) - target) < 1.0


def test_the_grin_in_a_calm_film_is_told(model: FaceModel, fitter: FaceFitter, person: np.ndarray) -> None:
    points = np.concatenate([film(person, 200), film(person + model.displace(grin(model)[None]), 50)])
    seen = fitter.frames(points)
    calm = calmness(fitter, seen)
    assert calm[:200].mean() > 5 * calm[200:].mean()
    said = model.displace(expressions(fitter, seen, resting_face(fitter, seen)))[200:].mean(axis=0)
    truth = model.displace(grin(model)[None])[0]
    assert rms_mm(said - truth) < 0.25 * rms_mm(truth)


def test_population_neutral_leaves_the_resting_face_in(
    model: FaceModel, fitter: FaceFitter, person: np.ndarray
) -> None:
    seen = fitter.frames(film(person, 20))
    assert resting_face(fitter, seen, "population").rest == pytest.approx(np.zeros(model.dimension), abs=1e-9)


def test_a_named_interval_is_zero(model: FaceModel, fitter: FaceFitter, person: np.ndarray) -> None:
    points = np.concatenate([film(person + model.displace(grin(model)[None]), 20), film(person, 20)])
    seen = fitter.frames(points)
    said = expressions(fitter, seen, resting_face(fitter, seen, "given", np.arange(40) < 20))
    assert rms_mm(model.displace(said[:20].mean(axis=0)[None])) < 0.05
    with pytest.raises(UsageError, match="interval"):
        resting_face(fitter, seen, "given", np.zeros(40, bool))


def test_frames_that_tell_nothing_have_no_part_in_the_resting_face(
    model: FaceModel, fitter: FaceFitter, person: np.ndarray
) -> None:
    moving = film(person, 40)
    held = np.repeat(film(person + 0.3 * model.displace(grin(model)[None]), 1), 40, axis=0)
    seen, told = fitter.frames(np.concatenate([moving, held])), np.arange(80) < 40
    face, alone = resting_face(fitter, seen, "own", told), resting_face(fitter, fitter.frames(moving))
    assert (face.rest == alone.rest).all()
    assert face.calm_frames == alone.calm_frames < resting_face(fitter, seen).calm_frames
    nobody = resting_face(fitter, seen, "own", np.zeros(80, bool))
    assert nobody.calm_frames == resting_face(fitter, seen).calm_frames


def test_no_face_is_an_error(fitter: FaceFitter) -> None:
    with pytest.raises(UsageError, match="no usable face"):
        resting_face(fitter, fitter.frames(np.full((3, 478, 3), np.nan)))
