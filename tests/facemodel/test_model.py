from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError
from dfe.facemodel.file import ARRAYS, CARD, load_model, model_files, read_card
from dfe.facemodel.model import FaceModel, turn_terms
from dfe.facemodel.space import face_space, head_space


def test_every_part_is_its_own_mirror_image(model: FaceModel) -> None:
    np.testing.assert_array_equal(model.flip(model.expression)[model.partner], model.expression)
    np.testing.assert_allclose(model.flip(model.mean_mm), model.mean_mm, atol=1e-5)
    for modes in (model.identity, *model.turn):
        same = np.abs(model.flip(modes) - modes).max(axis=(1, 2))
        turned_over = np.abs(model.flip(modes) + modes).max(axis=(1, 2))
        assert np.minimum(same, turned_over).max() < 1e-4
    assert set(model.rigid) == set(model.mirror[model.rigid])


def test_a_unit_of_a_coefficient_is_a_millimetre(model: FaceModel) -> None:
    moved = np.sqrt(np.square(model.expression).sum(axis=2).mean(axis=1))
    np.testing.assert_allclose(moved, 1, atol=0.01)


def test_covariances_are_positive_and_know_no_side(model: FaceModel) -> None:
    for covariance in (model.expression_covariance, model.rest_covariance):
        assert np.linalg.eigvalsh(covariance).min() > 0
        other = covariance[model.partner][:, model.partner]
        np.testing.assert_allclose(other, covariance, atol=1e-4 * np.abs(covariance).max())


def test_coefficients_are_named_by_part_and_side(model: FaceModel) -> None:
    assert len(set(model.names)) == model.dimension
    for name, other in zip(model.names, model.partner, strict=True):
        swapped = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
        assert model.names[other] == swapped


def test_left_moves_the_left(model: FaceModel) -> None:
    left = model.mean_mm[:, 0] > 0
    for name, mode in zip(model.names, model.expression, strict=True):
        energy = np.square(mode).sum(axis=1)
        if name.endswith("Left"):
            assert energy[left].sum() > energy[~left].sum()


def test_turn_terms_know_their_mirror() -> None:
    pose = np.array([[0.1, 0.2, 0.3]])
    np.testing.assert_allclose(turn_terms(pose * [1, -1, -1]), turn_terms(pose) * [-1, 1, 1, -1, 1])


def test_the_file_holds_the_model(model: FaceModel, tmp_path: Path) -> None:
    data, card = model_files(model, read_card()["card"])
    (tmp_path / ARRAYS).write_bytes(data)
    (tmp_path / CARD).write_bytes(card)
    again = load_model(tmp_path)
    for name, value in vars(model).items():
        np.testing.assert_array_equal(getattr(again, name), value)
    (tmp_path / ARRAYS).write_bytes(data[:-1] + b"!")
    load_model.cache_clear()
    with pytest.raises(ModelError, match="checksum"):
        load_model(tmp_path)


def test_arrays_in_any_order_of_memory_are_kept(model: FaceModel, tmp_path: Path) -> None:
    turned = replace(model, head_basis=np.asfortranarray(model.head_basis))
    data, card = model_files(turned, {})
    (tmp_path / ARRAYS).write_bytes(data)
    (tmp_path / CARD).write_bytes(card)
    np.testing.assert_array_equal(load_model(tmp_path).head_basis, model.head_basis)


def test_the_card_says_what_was_learned_from() -> None:
    card = read_card()["card"]
    assert "London" in card["never_learned_on"]
    assert card["learned_on"]


def test_spaces_share_their_coefficients() -> None:
    face, head = face_space(), head_space()
    assert face.names == head.names
    x = np.zeros((1, face.dimension), np.float32)
    x[0, 0] = 2.0
    mirrored = face.displace(face.mirror(x))
    np.testing.assert_array_equal(mirrored, face.displace(x)[:, face.mesh.mirror] * np.array([-1, 1, 1], np.float32))
    assert head.displace(x).shape == (1, len(head.mesh.vertices_mm), 3)
    assert face.error_mm(x, x * 0)[0] == pytest.approx(2.0, rel=0.02)
