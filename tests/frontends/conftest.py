"""Pictures as arrays, and one front end whose networks stay open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from dfe.base.types import ImageArray
from dfe.frontends.base import Face
from dfe.frontends.landmarks.networks import Networks
from observing import Observer


def _pictures(path: Path) -> list[ImageArray]:
    with av.open(str(path)) as media:
        return [np.ascontiguousarray(frame.to_ndarray(format="rgb24")) for frame in media.decode(video=0)]


@pytest.fixture(scope="session")
def photo(astronaut: Path) -> ImageArray:
    return _pictures(astronaut)[0]


@pytest.fixture(scope="session")
def clip(carphone: Path) -> list[ImageArray]:
    return _pictures(carphone)


@pytest.fixture(scope="session")
def networks() -> Networks:
    cv2.setNumThreads(1)
    return Networks()


@pytest.fixture(scope="session")
def stored() -> Mapping[str, np.ndarray[Any, Any]]:
    """What scripts/make_parity_fixtures.py stored."""
    with np.load(Path(__file__).parents[1] / "fixtures" / "mediapipe_parity.npz") as content:
        return {name: content[name] for name in content.files}


@pytest.fixture(scope="session")
def observer(networks: Networks) -> Observer:
    return Observer(networks)


@pytest.fixture(scope="session")
def face(observer: Observer, photo: ImageArray) -> Face:
    """The face of the photograph."""
    return observer.one(photo)
