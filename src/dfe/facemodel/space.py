"""The expression spaces of the face model: on its own 468 points, and drawn on the CC0 head.

Both have the same coefficients, so a recording, a tokenizer or an atlas in the one can be drawn in the other.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from dfe.base.types import FloatArray
from dfe.facemodel.file import load_model
from dfe.facemodel.model import FaceModel
from dfe.facemodel.neutral import RestingFace, shape_at_rest
from dfe.facemodel.words import mode_words
from dfe.space.base import ExpressionSpace, FaceMesh
from dfe.space.registry import load_space

SPACE_ID = "dfe-face"
HEAD_ID = "dfe-face/head"
OWN_ID = "dfe-face/own-shape"
REACH = 4.0
"""Coefficients are meaningful within so many standard deviations."""


@cache
def face_space() -> ExpressionSpace:
    """``dfe-face``: coefficients in mm on the 468-point mesh; zero is the person's own resting face.

    One unit of a coefficient moves the points by 1 mm root mean square. Pictures show it on the CC0 head.
    """
    model = load_model()
    mesh = FaceMesh(model.mean_mm.astype(np.float32), model.triangles, model.mirror, model.regions, model.vertex_region)
    return _space(model, SPACE_ID, mesh, model.expression.astype(np.float32), head_space())


@cache
def head_space() -> ExpressionSpace:
    """``dfe-face/head``: the same coefficients on the CC0 head of 4,610 vertices, for pictures."""
    model = load_model()
    return _space(model, HEAD_ID, load_space("arkit51").mesh, model.head_basis)


def own_shape_space(face: RestingFace) -> ExpressionSpace:
    """The same coefficients on a person's own face at rest, 468 points: pictures of it show that person's shape."""
    space, model = face_space(), load_model()
    mesh = replace(space.mesh, vertices_mm=shape_at_rest(model, face).astype(np.float32))
    # A person's face is not its own mirror image, but the movements still are.
    return replace(space, id=OWN_ID, mesh=mesh, drawing=None)


def _space(
    model: FaceModel, id: str, mesh: FaceMesh, basis: FloatArray, drawing: ExpressionSpace | None = None
) -> ExpressionSpace:
    reach = (REACH * np.sqrt(np.diag(model.expression_covariance))).astype(np.float32)
    reach = np.maximum(reach, reach[model.partner])
    regions: dict[str, tuple[int, ...]] = {}
    for region in model.regions:
        members = tuple(i for i, name in enumerate(model.names) if name.startswith(region))
        if members:
            regions[region] = members
    return ExpressionSpace(
        id, model.version, model.names, -reach, reach, mesh, basis, model.partner, regions, drawing=drawing,
        words=mode_words(model),
    )  # fmt: skip
