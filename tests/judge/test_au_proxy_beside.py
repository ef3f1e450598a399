"""The AU proxy on faces of the face model's space: coded from the ARKit coefficients beside them, told in its mm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.baselines.suite import BaselineConfig
from dfe.facemodel.space import face_space
from dfe.facs.coder import AuProxyCoder
from dfe.facs.proxy import au_codes, au_intensities
from dfe.judge.bench import Bench
from dfe.judge.coding import codes_of, read_by
from dfe.judge.faces import Faces
from dfe.judge.inputs import fit_baselines
from dfe.judge.result import NotMeasured
from dfe.judge.run import judge
from dfe.space.registry import load_space


def faces(count: int, seed: int) -> Faces:
    """Expressions that follow from ARKit coefficients by a fixed linear map, with a little noise."""
    space, rng = face_space(), np.random.default_rng(seed)
    beside = np.clip(rng.gamma(0.4, 0.3, (count, 41)), 0, 1).astype(np.float32)
    turn = np.random.default_rng(0).normal(size=(41, space.dimension)) / 4
    x = (beside @ turn + 0.01 * rng.normal(size=(count, space.dimension))).astype(np.float32)
    names = np.array([f"{seed}_{number}.jpg" for number in range(count)])
    return Faces(
        space,
        x,
        names,
        count,
        np.arange(count) // 3 + 1000 * seed,
        beside=beside,
        beside_space=load_space("arkit51/face41"),
    )


@pytest.fixture(scope="module")
def coder() -> AuProxyCoder:
    made = fit_baselines(faces(400, 1), BaselineConfig(), ("au-proxy",)).coders["au-proxy"]
    assert isinstance(made, AuProxyCoder)
    return made


def test_codes_are_those_of_the_coefficients_and_faces_those_of_the_face_model(coder):
    test = faces(60, 2)
    codes = codes_of(coder, test)
    np.testing.assert_array_equal(codes, au_codes(au_intensities(test.beside, test.beside_space)))
    assert coder.space_id == "dfe-face"
    assert coder.reads.id == "arkit51/face41"
    decoded = coder.decode_codes(codes)
    assert decoded.shape == test.x.shape
    space = test.space
    mean = np.broadcast_to(test.x.mean(axis=0), test.x.shape)
    assert space.error_mm(test.x, decoded).mean() < 0.6 * space.error_mm(test.x, mean).mean()


def test_it_stands_beside_tokens_in_an_evaluation(coder):
    found = judge([coder], Bench(faces(60, 3), fit=faces(90, 4), draws=20))
    measured = found.coders[0].measures
    assert not isinstance(measured["fidelity"], NotMeasured)
    assert not isinstance(measured["symmetry"], NotMeasured)
    assert not isinstance(measured["cost"], NotMeasured)


def test_tables_without_these_coefficients_are_refused(coder):
    with pytest.raises(UsageError, match="tables without the coefficients of arkit51/face41"):
        read_by(coder, replace(faces(5, 5), beside=None))
