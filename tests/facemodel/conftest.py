from __future__ import annotations

import pytest
from made_faces import Made

from dfe.facemodel.file import load_model
from dfe.facemodel.fit import FaceFitter
from dfe.facemodel.model import FaceModel


@pytest.fixture(scope="session")
def model() -> FaceModel:
    return load_model()


@pytest.fixture(scope="session")
def fitter(model: FaceModel) -> FaceFitter:
    return FaceFitter(model)


@pytest.fixture(scope="session")
def made(model: FaceModel) -> Made:
    return Made(model, 60)
