"""Motion told on a bench: in the face model's own mm, and through a map where a coding draws another face."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.facemodel.space import face_space
from dfe.judge.bench import Bench
from dfe.judge.faces import Faces
from dfe.judge.moving import NO_LANDMARKS, NO_MAP, Moving, measure_moving, mover_of
from dfe.judge.result import NotMeasured


def people(seed: int, count: int = 12, each: int = 6) -> Faces:
    """Faces of the face model's space whose landmarks are exactly what their numbers say, on heads of their own."""
    space, rng = face_space(), np.random.default_rng(seed)
    subject = np.repeat(np.arange(count), each) + 100 * seed
    x = (rng.normal(size=(count * each, space.dimension)) * space.upper / 8).astype(np.float32)
    look = rng.normal(size=(count, 468, 3)).astype(np.float32)[subject - 100 * seed]
    return Faces(
        space=space,
        x=x,
        names=np.array([f"{seed}_{i}.jpg" for i in range(len(x))]),
        pictures=len(x),
        subject=subject,
        pose=np.zeros((len(x), 3), np.float32),
        shape_mm=space.displace(x) + look,
    )


def test_the_face_models_numbers_are_read_as_they_are() -> None:
    found = measure_moving(Bench(people(1), draws=20))
    assert isinstance(found, Moving)
    whole = found.uncoded["told"]["whole"]
    assert whole.value == pytest.approx(1, abs=1e-9)
    assert whole.low == pytest.approx(1, abs=1e-9)
    assert isinstance(found.uncoded["turned"], NotMeasured)
    assert isinstance(found.uncoded["changed"], NotMeasured)


def test_other_numbers_need_other_people_to_fit_a_map() -> None:
    bench = Bench(people(1), fit=people(2), draws=20)
    assert mover_of(replace(bench, fit=None), None, draws_face=False) == NotMeasured(NO_MAP)
    assert bench.fit is not None
    half = mover_of(bench, bench.fit.x[:, :5], draws_face=False)
    assert not isinstance(half, NotMeasured)
    assert half(bench.faces.x[:, :5]).shape == (72, 468, 3)


def test_turned_heads_and_changed_pictures() -> None:
    faces = people(1, each=2)
    still = faces.x[::2]
    label = np.array(["neutral", "happiness"] * 12)
    faces = replace(faces, label=label)
    x = np.concatenate([still, still + 0.1, still - 0.1]).astype(np.float32)
    turned = Faces(
        space=faces.space,
        x=x,
        names=np.array([f"t{i}.jpg" for i in range(36)]),
        pictures=36,
        subject=np.tile(faces.subject[::2], 3),
        pose=np.repeat([[0, 0, 0], [0, 0.3, 0], [0, -0.3, 0]], 12, axis=0).astype(np.float32),
        label=np.full(36, "neutral"),
    )
    bench = Bench(faces, turned=turned, perturbed={"none": faces, "more": replace(faces, x=faces.x * 1.5)}, draws=20)
    found = measure_moving(bench)
    assert isinstance(found, Moving)
    assert 0 < found.uncoded["turned"].low <= found.uncoded["turned"].value < 1
    assert found.uncoded["changed"]["none"].value == 0
    assert found.uncoded["changed"]["more"].value > 0.4


def test_without_landmarks_or_movement_it_says_why() -> None:
    faces = people(1)
    assert measure_moving(Bench(replace(faces, shape_mm=None))) == NotMeasured(NO_LANDMARKS)
    alone = measure_moving(Bench(replace(faces, subject=None)))
    assert isinstance(alone, NotMeasured)
    assert "two of the faces" in alone.not_measured
