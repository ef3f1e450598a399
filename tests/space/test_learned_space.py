from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import ModelError, TableError, UsageError
from dfe.frontends.meshes.learn_space import LearnOptions, learn_from, pose_all
from dfe.space.base import ExpressionSpace
from dfe.space.learned import LearnedSpace, fit_fields, learn
from dfe.space.posing import own_neutral, pose_frames
from dfe.space.recipe import Recipe, neutral_mode
from made_meshes import MOVING, moving_face, sequence_of


@pytest.fixture(scope="module")
def faces() -> list:
    return [moving_face(person) for person in range(3)]


@pytest.fixture(scope="module")
def space(faces: list) -> LearnedSpace:
    return learn_from([face.sequence for face in faces], LearnOptions(name="made", unit="mm", variance=0.9999)).space


def test_the_components_are_found_again(faces: list, space: LearnedSpace) -> None:
    """Unknown head motion, three people, unknown neutral: what is left is the three components that were put in."""
    assert space.dimension == 3
    assert (space.id, space.version, space.names) == ("learned/made", 1, ("c1", "c2", "c3"))
    assert not space.flips
    assert space.recipe.explained == pytest.approx(1, abs=1e-4)
    # The space stands in a pose of its own: in that of the first neutral the two spans are one.
    for face in faces:
        posed = pose_all([face.sequence], Recipe())[0]
        true = face.weights @ np.linalg.qr(face.weights)[1].T  # any invertible map of the true weights
        fitted = learn([posed], np.zeros((0, 3), np.int32), Recipe(), name="x", components=3)
        x = fitted.fit(posed.displacement).x.astype(np.float64)
        left = x - true @ np.linalg.lstsq(true, x, rcond=None)[0]
        assert np.abs(left).max() < 5e-3
    still = np.abs(space.basis[:, MOVING:]).max()
    assert still < 0.05 < np.abs(space.basis[:, :MOVING]).max()


def test_other_people_are_told_in_it(space: LearnedSpace) -> None:
    stranger = moving_face(7)
    neutral = own_neutral(stranger.points, space.recipe).placed(space.mesh.vertices_mm, space.recipe)
    posed = pose_frames(stranger.points, space.recipe, neutral)
    fitted = space.fit(posed.displacement, posed.seen)
    assert np.abs(fitted.x[:40]).max() < 0.01
    # Poses of two people can only be matched as far as their shapes are alike: 2 mm of 90 here.
    moved = np.sqrt(np.square(posed.displacement[40:]).sum(axis=2).mean(axis=1))
    assert (fitted.residual_mm[40:] / moved).max() < 0.1


def test_the_neutral_is_the_face_at_rest(faces: list) -> None:
    face = faces[0]
    found = own_neutral(face.points, Recipe())
    distances = [np.linalg.norm(p[:, None] - p[None], axis=2) for p in (found.points_mm, face.neutral)]
    np.testing.assert_allclose(*distances, atol=1e-3)


@pytest.mark.parametrize(("mode", "frame"), [("frames 3-3", 3), ("frames 60-60", 60)])
def test_a_named_frame_is_the_neutral(faces: list, mode: str, frame: int) -> None:
    found = own_neutral(faces[0].points, Recipe(neutral=mode)).points_mm
    own = faces[0].points[frame]
    distances = [np.linalg.norm(p[:, None] - p[None], axis=2) for p in (found, own)]
    np.testing.assert_allclose(*distances, atol=1e-3)


def test_the_median_counts_all_frames() -> None:
    face = moving_face(1, frames=90, still=20)
    calm, median = (own_neutral(face.points, Recipe(neutral=mode)).points_mm for mode in ("calm", "median"))
    assert np.abs(calm - median).max() > 1e-3


def test_neutral_words() -> None:
    assert [neutral_mode(w) for w in ("calm", "median", "7", "0-9")] == ["calm", "median", "frames 7-7", "frames 0-9"]
    for word in ("mean", "9-0", "-1", "", "1-"):
        with pytest.raises(UsageError, match="--neutral is calm"):
            neutral_mode(word)
    with pytest.raises(TableError, match="no face in the frames 500 to 600"):
        own_neutral(moving_face().points, Recipe(neutral="frames 500-600"))


@pytest.mark.parametrize("unit", ["mm", "cm", "m"])
def test_the_unit_is_told_by_the_size(faces: list, space: LearnedSpace, unit: str) -> None:
    factor = {"mm": 1, "cm": 10, "m": 1000}[unit]
    found = learn_from([sequence_of(face.points / factor) for face in faces], LearnOptions(variance=0.9999))
    assert found.space.recipe.unit == unit
    assert any(f"unit is taken for {unit}" in line for line in found.warnings)
    np.testing.assert_allclose(np.abs(found.space.basis), np.abs(space.basis), atol=2e-2)


def test_a_face_of_unknown_unit_is_scaled_to_a_typical_one(faces: list) -> None:
    found = learn_from([sequence_of(faces[0].points * 7e3)])
    assert found.space.recipe.unit == "size"
    vertices = found.space.mesh.vertices_mm
    assert np.sqrt(np.square(vertices - vertices.mean(axis=0)).sum(axis=1).mean()) == pytest.approx(70, rel=1e-3)


def test_coefficients_over_the_points_that_are_seen_are_ridge_regression() -> None:
    rng = np.random.default_rng(8)
    basis, fields = rng.normal(size=(4, 12, 3)), rng.normal(size=(5, 12, 3)).astype(np.float32)
    seen = rng.random((5, 12)) > 0.3
    seen[0] = True
    fields[~seen] = np.nan
    found = fit_fields(fields, basis, 0.01, seen)
    flat = basis.reshape(4, -1)
    damping = 0.01 * np.trace(flat @ flat.T) / 4
    for row in range(5):
        there = np.repeat(seen[row], 3)
        # The same as least squares with four more rows that ask for zero.
        design = np.concatenate([flat[:, there].T, np.sqrt(damping) * np.eye(4)])
        x = np.linalg.lstsq(design, np.concatenate([fields[row].ravel()[there], np.zeros(4)]), rcond=None)[0]
        np.testing.assert_allclose(found.x[row], x, rtol=1e-4, atol=1e-6)
        left = (fields[row].ravel() - x @ flat)[there].reshape(-1, 3)
        assert found.residual_mm[row] == pytest.approx(np.sqrt(np.square(left).sum(axis=1).mean()), rel=1e-4)
    assert np.isnan(fit_fields(fields, basis, 0.01, np.zeros((5, 12), bool)).x).all()


def test_frames_with_too_few_points_hold_no_face(faces: list) -> None:
    points = faces[0].points.copy()
    points[5, :31] = np.nan
    points[6, :20] = np.nan
    points[7, 50:] = np.nan
    neutral = own_neutral(points, Recipe())
    posed = pose_frames(points, Recipe(), neutral)
    assert posed.reason[5] == "29 of 60 points seen"
    assert [r for r in posed.reason if r] == ["29 of 60 points seen"]
    assert np.isnan(posed.displacement[5]).all()
    deciding = Recipe(rigid=(0, 1, 2, 50))
    reason = pose_frames(points, deciding, own_neutral(points, deciding)).reason
    assert [row for row, why in enumerate(reason) if why] == [5, 6]


def test_only_the_axes_that_count_move(faces: list) -> None:
    space = learn_from([face.sequence for face in faces], LearnOptions(axes="xy", unit="mm")).space
    assert np.abs(space.basis[..., 2]).max() == 0 < np.abs(space.basis[..., 0]).max()


def test_points_that_grow_with_nearness_are_scaled(faces: list) -> None:
    factor = np.random.default_rng(9).uniform(0.8, 1.2, (len(faces[0].points), 1, 1))
    face = faces[0]
    points = (face.neutral + np.tensordot(face.weights, face.basis, axes=1)) * factor @ face.rotation
    recipe = Recipe(scale=True)
    posed = pose_frames(points, recipe, own_neutral(points, recipe))
    assert np.abs(posed.displacement[:40]).max() < 1e-2


def test_the_recipe_is_part_of_the_meaning(space: LearnedSpace) -> None:
    other = replace(space, recipe=replace(space.recipe, neutral="median"))
    told = replace(space, recipe=replace(space.recipe, frames=5))
    assert other.hash != space.hash == told.hash


def test_a_space_without_a_flip_needs_no_mirror(space: LearnedSpace) -> None:
    x = np.random.default_rng(10).normal(size=(3, 3)).astype(np.float32)
    np.testing.assert_array_equal(space.mirror(x), x)
    fields = {
        name: getattr(space, name)
        for name in ("id", "version", "names", "lower", "upper", "mesh", "basis", "partner", "regions")
    }
    with pytest.raises(UsageError, match="not its own mirror image"):
        ExpressionSpace(**fields)
    assert not ExpressionSpace(**fields, flips=False).select(["c2"], "one").flips


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": "inch"}, "no unit of length"),
        ({"neutral": "none"}, "no neutral face"),
        ({"neutral": "frames 9-2"}, "no neutral face"),
        ({"axes": "yx"}, "no axes"),
        ({"axes": ""}, "no axes"),
        ({"method": "ica"}, "no way to find components"),
        ({"ridge": float("nan")}, "not a number from 0 up"),
        ({"rigid": (1, 2)}, "three points or more"),
        ({"rigid": (-1, 2, 3)}, "three points or more"),
    ],
)
def test_recipes_that_cannot_be(change: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Recipe(**change)


def test_what_cannot_be_learned_from() -> None:
    face = moving_face()
    still = sequence_of(np.broadcast_to(face.neutral, (9, 60, 3)))
    with pytest.raises(TableError, match="no point ever moves"):
        learn_from([still], LearnOptions(unit="mm"))
    with pytest.raises(TableError, match="1 frames with a face"):
        learn_from([sequence_of(face.points[:1])], LearnOptions(unit="mm"))
    with pytest.raises(TableError, match=r"^made: all points lie in one place"):
        learn_from([sequence_of(np.ones((9, 60, 3)))], LearnOptions(unit="mm"))
    lost = face.points.copy()
    lost[:, 4] = np.nan
    with pytest.raises(TableError, match="point 4 is missing in all frames"):
        learn_from([sequence_of(lost)], LearnOptions(unit="mm"))
    with pytest.raises(TableError, match=r"^made: no frame holds a face"):
        learn_from([sequence_of(lost * np.nan)], LearnOptions(unit="mm"))
    with pytest.raises(UsageError, match="there is no point 60"):
        learn_from([face.sequence], LearnOptions(rigid=(1, 2, 60)))
    with pytest.raises(UsageError, match="a component or more"):
        learn_from([face.sequence], LearnOptions(components=0))
    with pytest.raises(UsageError, match="variance to explain"):
        learn_from([face.sequence], LearnOptions(variance=2.0))
    with pytest.raises(UsageError, match="strength of the penalty"):
        learn_from([face.sequence], LearnOptions(strength=-1.0))
    with pytest.raises(UsageError, match="is in mm, whatever --unit says"):
        learn_from([replace(face.sequence, unit="mm")], LearnOptions(unit="cm"))
