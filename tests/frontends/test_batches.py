"""Networks for several faces at a time: a face's result depends neither on the others nor on its place among them."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.frontends.landmarks.networks import FACE_NETWORKS, Networks
from dfe.frontends.landmarks.sessions import Session
from made_batches import faces_for, filled_up

BATCH = 3
FROM_ONE = {"landmarks": 0.0, "coefficients": 1e-4, "covering": 0.0}
"""What the arithmetic of another batch may change: nothing in pixels of the crop, little in logits."""


def looked_at(session: Session, values: np.ndarray) -> list[np.ndarray]:
    """Each output for the faces, in batches of one size that are filled up."""
    parts = [session.run(filled_up(values[at : at + BATCH], BATCH)) for at in range(0, len(values), BATCH)]
    return [np.concatenate(outputs)[: len(values)] for outputs in zip(*parts, strict=True)]


@pytest.mark.parametrize("name", FACE_NETWORKS)
def test_a_batch_of_fixed_size_changes_nothing_by_what_else_is_in_it(name: str) -> None:
    values = faces_for(name, 4)
    session = Session(Networks().read(f"{name}.onnx"), "cpu", BATCH)
    alone = Networks().run(name, values)
    for found, elsewhere, one in zip(
        looked_at(session, values), looked_at(session, values[::-1].copy()), alone, strict=True
    ):
        np.testing.assert_array_equal(found, elsewhere[::-1])
        np.testing.assert_allclose(found, one, rtol=0, atol=FROM_ONE[name])
    by_itself = [looked_at(session, value[None])[0][0] for value in values]
    np.testing.assert_array_equal(looked_at(session, values)[0], by_itself)


@pytest.mark.parametrize("name", FACE_NETWORKS)
def test_several_faces_handed_over_at_once_are_looked_at_one_by_one(name: str, networks: Networks) -> None:
    values = faces_for(name, 2)
    for together, first, second in zip(*(networks.run(name, some) for some in (values, values[:1], values[1:])),
                                       strict=True):  # fmt: skip
        np.testing.assert_array_equal(together, np.concatenate([first, second]))


def test_networks_that_look_at_a_face_can_be_opened_for_any_number_and_detectors_for_one_picture() -> None:
    networks = Networks()
    for name in ("detector", "detector_back", *FACE_NETWORKS):
        session = Session(networks.read(f"{name}.onnx"), "cpu", 5)
        faces = 5 if name in FACE_NETWORKS else 1
        assert [shape[0] for shape in (session.shape, *session.outputs)] == [faces] * (1 + len(session.outputs))
