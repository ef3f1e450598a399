"""The packed head gives the faces back that the space makes."""

from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest

from dfe.atlas.head import pack_head
from dfe.space.base import ExpressionSpace
from dfe.space.plain import flame_space
from dfe.tokenizer.file import load_tokenizer


def unpacked(head, space):
    """Displacement of every token in mm, as the page's script adds it up, ``(U, V, 3)``; and the rest, last."""
    movements, at = [], 0
    index = np.frombuffer(b64decode(head["movements"]["index"]), "<u2")
    delta = np.frombuffer(b64decode(head["movements"]["delta"]), "<i2").reshape(-1, 3)
    for count, scale in zip(head["movements"]["counts"], head["movements"]["scale"], strict=True):
        one = np.zeros((len(space.mesh.vertices_mm), 3))
        one[index[at : at + count]] = delta[at : at + count] * scale
        movements.append(one)
        at += count
    return np.stack([sum(w * movements[i] for i, w in pairs) + 0 * movements[0] for pairs in
                     [*head["tokens"], head["rest"]]])  # fmt: skip


@pytest.mark.parametrize("name", ["dfe-face41@3", "default"])
def test_faces_come_back_to_a_hundredth_of_a_millimetre(name):
    tokenizer = load_tokenizer(name)
    space, templates = tokenizer.space.drawn, tokenizer.templates()[1:]
    head = pack_head(tokenizer.space, templates, tokenizer.neutral, 3.0)
    expected = space.displace(np.vstack([templates, tokenizer.neutral[None]]))
    assert np.abs(unpacked(head, space) - expected).max() < 0.02
    vertices = np.frombuffer(b64decode(head["vertices"]), "<i2").reshape(-1, 3) * head["vertexScale"]
    assert np.abs(vertices - space.mesh.vertices_mm).max() < 0.005
    triangles = np.frombuffer(b64decode(head["triangles"]), "<u2").reshape(-1, 3)
    np.testing.assert_array_equal(triangles, space.mesh.triangles)


def test_few_displays_are_packed_themselves(face41: ExpressionSpace):
    templates = np.stack([face41.vector({"jawOpen": 0.5}), face41.vector({"mouthSmileLeft": 0.5, "browInnerUp": 1})])
    head = pack_head(face41, templates, np.zeros(41, np.float32), 3.0)
    assert len(head["movements"]["counts"]) == 3
    assert np.abs(unpacked(head, face41)[:2] - face41.displace(templates)).max() < 0.01


def test_a_space_without_a_mesh_has_no_head():
    space = flame_space("flame2020/exp50")
    assert pack_head(space, np.ones((3, 50), np.float32), np.zeros(50, np.float32), 1.0) is None
