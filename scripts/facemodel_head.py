"""The CC0 head and the 468 points: where they lie on it, how its shapes move them, how it follows their movement."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, diags_array, eye_array
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from dfe.base.types import Frame
from dfe.draw.raster import rasterise
from dfe.draw.render import FACE_CAMERA, render
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.networks import Networks
from dfe.space.arkit import ARKIT_NAMES, GAZE_NAMES
from dfe.space.base import MATERIALS, ExpressionSpace
from dfe.space.registry import load_space

SIDE, FINE = 512, 2048
LIPS_APART = 0.25
"""jawOpen of the head that is looked at: with closed lips nobody could tell upper from lower."""
GROUND = (90, 95, 105)
REACH_MM = 7.0
"""How far a point's movement spreads over the skin, where no shape of the head says otherwise."""
SKIN_MM = 1.0
"""Standard deviation of movements that no shape of the head tells."""
TRUST_MM = 0.15
FLIP = np.array([-1.0, 1.0, 1.0])


class OnHead(NamedTuple):
    """The 468 points on the head."""

    weights: np.ndarray
    """``(468, V)``: each point is these weights times the vertices."""
    shapes: np.ndarray
    """``(51, 468, 3)`` mm: how the head's shapes move the points; gaze left out (zeros)."""
    region: np.ndarray
    """``(468,)`` int8: part of the face, as of the head's vertices."""


def points_on_head(networks: Networks) -> OnHead:
    """Where the landmark network sees the points on a picture of the head, carried back to its surface; symmetric."""
    space = load_space("arkit51")
    mesh, partner = space.mesh, networks.partner[:468]
    vertices = mesh.vertices_mm + space.displace(space.vector({"jawOpen": LIPS_APART})[None])[0]
    picture = render(vertices, mesh.triangles, size=SIDE, mesh=mesh).astype(np.float64)
    cover = picture[..., 3:] / 255
    image = np.rint(picture[..., :3] * cover + np.array(GROUND) * (1 - cover)).astype(np.uint8)
    front_end = LandmarkFrontEnd(LandmarkConfig(second_pass=True, both_ways=True), networks)
    faces = next(iter(front_end.observe([Frame(0, 0.0, image)], still=True))).faces
    found = faces[0].landmarks
    assert found is not None
    seen = found[:468, :2].astype(np.float64) * FINE / SIDE
    seen = (seen + np.stack([FINE - seen[partner, 0], seen[partner, 1]], axis=1)) / 2

    xy, nearness = FACE_CAMERA.project(vertices.astype(np.float64) - FACE_CAMERA.look_at_mm, FINE)
    visible = rasterise(xy, nearness, mesh.triangles, (FINE, FINE))
    assert mesh.appearance is not None
    skin = (mesh.appearance.material == MATERIALS.index("skin"))[mesh.triangles[visible.triangle]].all(axis=1)
    pixel = np.stack([visible.pixel % FINE + 0.5, visible.pixel // FINE + 0.5], axis=1)[skin]
    near = cKDTree(pixel).query(seen)[1]
    corners = mesh.triangles[visible.triangle[skin][near]]
    share = np.clip(visible.weights[skin][near], 0, None)
    weights = np.zeros((468, len(vertices)))
    np.add.at(weights, (np.arange(468)[:, None], corners), share / share.sum(axis=1, keepdims=True))
    weights = (weights + weights[partner][:, mesh.mirror]) / 2
    shapes = np.einsum("pv,dvk->dpk", weights, space.basis.astype(np.float64))
    shapes = (shapes + shapes[space.partner][:, partner] * FLIP) / 2
    shapes[[ARKIT_NAMES.index(name) for name in GAZE_NAMES]] = 0
    region = mesh.vertex_region[weights.argmax(axis=1)].copy()
    known = region >= 0
    rest = weights @ mesh.vertices_mm
    region[~known] = region[known][cKDTree(rest[known]).query(rest[~known])[1]]
    return OnHead(weights, shapes, region)


def carried(basis: np.ndarray, on_head: OnHead, partner: np.ndarray) -> np.ndarray:
    """Displacements of the points ``(k, 468, 3)`` carried to the head's vertices ``(k, V, 3)`` by one linear map.

    The conditional mean of a Gaussian field (kriging): movements are those of the head's shapes, in any mixture, plus
    small smooth ones that spread along the skin and never across the gap between the lips or the lids.
    """
    space = load_space("arkit51")
    mesh, count = space.mesh, len(space.mesh.vertices_mm)
    shapes = space.basis.astype(np.float64).copy()
    shapes[[ARKIT_NAMES.index(name) for name in GAZE_NAMES]] = 0
    smooth = spreading(space, on_head.weights)
    # Rows: 1404 coordinates of points. The smooth part treats the axes alike.
    at_points = on_head.shapes.reshape(len(shapes), -1)
    prior = at_points.T @ at_points + np.kron(on_head.weights @ smooth, np.eye(3)) * SKIN_MM**2
    prior += TRUST_MM**2 * np.eye(len(prior))
    solved = np.linalg.solve(prior, basis.reshape(len(basis), -1).T)
    moved = shapes.reshape(len(shapes), -1).T @ (at_points @ solved)
    spread = np.einsum("vp,pkd->vkd", smooth * SKIN_MM**2, solved.reshape(468, 3, -1)).reshape(count * 3, -1)
    out = (moved + spread).T.reshape(len(basis), count, 3)
    return np.asarray((out + out[partner][:, mesh.mirror] * FLIP) / 2)


def spreading(space: ExpressionSpace, weights: np.ndarray) -> np.ndarray:
    """``(V, 468)``: correlation of each vertex's smooth movement with each point's, along the mesh (Matern-like)."""
    mesh = space.mesh
    edges = np.concatenate([mesh.triangles[:, [0, 1]], mesh.triangles[:, [1, 2]], mesh.triangles[:, [2, 0]]])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    assert mesh.appearance is not None
    skin = mesh.appearance.material == MATERIALS.index("skin")
    edges = edges[skin[edges].all(axis=1)]
    length = np.linalg.norm(mesh.vertices_mm[edges[:, 0]] - mesh.vertices_mm[edges[:, 1]], axis=1).astype(np.float64)
    stiff = 1 / np.maximum(length, 0.3) ** 2
    ones = coo_array((stiff, (edges[:, 0], edges[:, 1])), shape=(len(skin), len(skin)))
    ones = (ones + ones.T).tocsr()
    laplacian = diags_array(np.asarray(ones.sum(axis=1)).ravel()) - ones
    system = splu((eye_array(len(skin)) + REACH_MM**2 / 4 * laplacian).tocsc())
    field = system.solve(system.solve(weights.T))
    own = np.einsum("pv,vp->p", weights, field)
    smooth = field / np.median(own)
    smooth[~skin] = 0
    return np.asarray(smooth)
