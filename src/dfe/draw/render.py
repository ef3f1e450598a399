"""Pictures of a face: smooth clay under soft light, with the displacement as heat, drawn in numpy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.types import DoubleArray, FloatArray, ImageArray
from dfe.draw.colours import CLAY, encoded, heat_colours, heat_light, linear
from dfe.draw.png import to_png
from dfe.draw.raster import Visible, of_three, rasterise
from dfe.space.base import MATERIALS, ExpressionSpace, FaceMesh

__all__ = [
    "FACE_CAMERA",
    "Camera",
    "heat_colours",
    "render",
    "render_expression",
    "to_png",
    "vertex_colours",
    "vertex_normals",
]

_ALBEDO = {
    "skin": CLAY,
    "mouth lining": (132, 84, 78),
    "eye": (240, 240, 238),
    "teeth": (240, 236, 226),
    "tongue": (188, 116, 108),
}
# What is hidden at rest is not as dark once the mouth opens: some light is given whatever the openness.
_LIGHT_AT_LEAST = {"skin": 0.15, "mouth lining": 0.10, "eye": 0.55, "teeth": 0.60, "tongue": 0.45}
_IRIS, _PUPIL = (96, 110, 118), (22, 22, 24)
_IRIS_ANGLE, _PUPIL_ANGLE = math.radians(25), math.radians(11)
_IRIS_EDGE = math.radians(2.5)
_BROW_TINT, _BROW_EDGE_MM, _BROW_LENGTH_MM, _BROW_HALF_MM = 0.5, 1.2, 43.0, 3.2
_OPEN_MOUTH_MM = 8.0
_FADE_MM = 2.5
_PRESENCE_MM = 32.0
_DARK_TO_LIGHT_MM = [-20.0, 28.0]

# All lights lie in the plane between left and right: a symmetric face must make a symmetric picture.
_KEY = np.array([0.0, 0.5, 0.866], np.float32)
_HALF = np.array([0.0, 0.2588, 0.9659], np.float32)
"""Halfway between the key light and the eye."""
_KEY_LIGHT, _WRAP, _SKY_LIGHT, _GROUND_LIGHT = 0.84, 0.2, 0.30, 0.10
_SHINE, _GLOSS = 0.05, 24
_EYE_SHINE, _EYE_GLOSS = 0.5, 160


@dataclass(frozen=True)
class Camera:
    """Where the eye stands; one camera for all pictures, so that they can be compared."""

    look_at_mm: tuple[float, float, float] = (0.0, 18.0, -30.0)
    """The point in the middle of the picture; the head turns about it."""
    distance_mm: float = 900.0
    span_mm: float = 268.0
    """What the picture's side covers at the distance of ``look_at_mm``: the whole head, turned by 60 degrees too."""

    def project(self, turned_mm: DoubleArray, size: int) -> tuple[DoubleArray, DoubleArray]:
        """Points ``(V, 3)`` relative to ``look_at_mm`` to pixels ``(V, 2)`` and nearness ``(V,)``, 1/mm."""
        nearness = 1 / (self.distance_mm - turned_mm[:, 2])
        scale = size * self.distance_mm / self.span_mm * nearness
        xy = size / 2 + turned_mm[:, :2] * np.array([1.0, -1.0]) * scale[:, None]
        return xy, nearness


FACE_CAMERA = Camera()


def render(
    vertices_mm: NDArray[np.floating[Any]],
    triangles: NDArray[np.integer[Any]],
    *,
    size: int = 256,
    yaw: float = 0.0,
    pitch: float = 0.0,
    heat_mm: ArrayLike | None = None,
    heat_max_mm: float | None = None,
    camera: Camera = FACE_CAMERA,
    mesh: FaceMesh | None = None,
    supersample: int = 2,
) -> ImageArray:
    """Draw a face on a transparent ground.

    Args:
        vertices_mm: ``(V, 3)``.
        triangles: ``(F, 3)``, counter-clockwise seen from outside.
        size: side of the picture in pixels.
        yaw, pitch: radians; positive turns the face to its own left (the picture's right), and up.
        heat_mm: ``(V,)`` displacement to colour the skin by; None leaves it plain.
        heat_max_mm: displacement at the hot end of the ramp; the largest shown if None.
        camera: where the eye stands.
        mesh: the neutral face, for the look of eyes, teeth and hollows; plain clay all over if None.
        supersample: samples per pixel and axis.

    Returns:
        ``(size, size, 4)`` uint8 RGBA.
    """
    turned = (np.asarray(vertices_mm, np.float64) - camera.look_at_mm) @ _turn(yaw, pitch).T
    side = size * supersample
    xy, nearness = camera.project(turned, side)
    visible = rasterise(xy, nearness, triangles, (side, side))

    vertex_albedo = _albedo(mesh, heat_mm, heat_max_mm, len(turned))
    vertex = np.hstack([vertex_normals(turned, triangles), vertex_albedo, _details(mesh, np.asarray(vertices_mm))])
    normal, albedo, light, height, brow, gaze = np.split(
        _interpolate(vertex.astype(np.float32), triangles, visible), [3, 6, 7, 8, 10], axis=1
    )
    opacity = np.clip(height / _FADE_MM, 0, 1)
    shaded = _shade(normal, _paint(albedo, brow, gaze), light, gaze)

    canvas = np.zeros((side * side, 4), np.float32)
    canvas[visible.pixel] = np.hstack([encoded(shaded) * opacity, 255 * opacity])
    grid = canvas.reshape(side, side, 4)
    steps = range(supersample)
    blocks = np.asarray(sum(grid[i::supersample, j::supersample] for i in steps for j in steps)) / supersample**2
    covered = blocks[..., 3:] / 255
    blocks[..., :3] /= np.where(covered > 0, covered, 1)
    return np.rint(blocks).astype(np.uint8)


def render_expression(
    space: ExpressionSpace,
    x: ArrayLike,
    *,
    size: int = 256,
    yaw: float = 0.0,
    pitch: float = 0.0,
    heat: bool = True,
    heat_max_mm: float | None = None,
    camera: Camera = FACE_CAMERA,
) -> ImageArray:
    """Draw the face that an expression ``x`` ``(D,)`` makes of the neutral one; see :func:`render`.

    ``heat`` colours the skin by how far it has moved; ``heat_max_mm`` is the hot end (the largest shown if None).
    """
    space = space.drawn
    moved = space.displace(np.asarray(x)[None])[0]
    return render(
        space.mesh.vertices_mm + moved,
        space.mesh.triangles,
        size=size,
        yaw=yaw,
        pitch=pitch,
        heat_mm=np.linalg.norm(moved, axis=1) if heat else None,
        heat_max_mm=heat_max_mm,
        camera=camera,
        mesh=space.mesh,
    )


def _turn(yaw: float, pitch: float) -> DoubleArray:
    c, s = math.cos(yaw), math.sin(yaw)
    about_y = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = math.cos(pitch), math.sin(pitch)
    about_x = np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    return np.asarray(about_y @ about_x)


def vertex_normals(points: DoubleArray, triangles: NDArray[np.integer[Any]]) -> DoubleArray:
    """Of points ``(V, 3)``, ``(V, 3)`` of length 1: mean of the triangles' normals, each by its area."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.repeat(np.cross(b - a, c - a), 3, axis=0)
    corner = triangles.ravel()
    return _unit(np.stack([np.bincount(corner, face[:, k], len(points)) for k in range(3)], axis=1).astype(np.float64))


def vertex_colours(mesh: FaceMesh) -> DoubleArray:
    """What each vertex of a face at rest throws back: clay, teeth, painted eyes and brows, as linear light.

    Returns:
        ``(V, 4)``, 0 to 1; the fourth number falls through 0.5 where pictures fade out over the end of the mesh.
    """
    details = _details(mesh, mesh.vertices_mm.astype(np.float64)).astype(np.float32)
    albedo = _albedo(mesh, None, None, len(mesh.vertices_mm)).astype(np.float32)
    painted = _paint(albedo, details[:, 2:4], details[:, 4:]) * details[:, :1]
    presence = np.clip(0.5 + (details[:, 1:2] - _FADE_MM / 2) / _PRESENCE_MM, 0, 1)
    return np.hstack([painted, presence]).astype(np.float64)


def _unit(vectors: DoubleArray) -> DoubleArray:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _albedo(mesh: FaceMesh | None, heat_mm: ArrayLike | None, heat_max_mm: float | None, count: int) -> DoubleArray:
    """``(V, 3)`` linear light that each vertex throws back."""
    skin = np.ones(count, bool)
    colours = np.broadcast_to(linear(CLAY), (count, 3)).copy()
    if mesh is not None and mesh.appearance is not None:
        colours = linear([_ALBEDO[name] for name in MATERIALS])[mesh.appearance.material]
        skin = mesh.appearance.material == MATERIALS.index("skin")
    if heat_mm is not None:
        heat = np.asarray(heat_mm, np.float64)[skin]
        colours[skin] = heat_light(heat, float(heat.max()) if heat_max_mm is None else heat_max_mm)
    return colours


def _details(mesh: FaceMesh | None, vertices_mm: DoubleArray) -> DoubleArray:
    """What :func:`_paint` and :func:`_shade` need to know of each vertex, ``(V, 7)``.

    Light that reaches it, mm over the end of the mesh, mm along and across the eyebrow, and for eyes the direction on
    the eyeball (zeros elsewhere).
    """
    details = np.tile([1.0, 99.0, 99.0, 99.0, 0.0, 0.0, 0.0], (len(vertices_mm), 1))
    if mesh is None or mesh.appearance is None:
        return details
    look, rest = mesh.appearance, mesh.vertices_mm.astype(np.float64)
    least = np.array([_LIGHT_AT_LEAST[name] for name in MATERIALS])[look.material]
    lining = look.material == MATERIALS.index("mouth lining")
    if lining.any():
        opening = np.ptp(vertices_mm[lining, 1]) - np.ptp(rest[lining, 1])
        inside = np.isin(look.material, [MATERIALS.index(name) for name in ("mouth lining", "teeth", "tongue")])
        depth = np.interp(rest[inside, 2], _DARK_TO_LIGHT_MM, [0.1, 1.0])
        least[inside] *= depth * np.clip(opening / _OPEN_MOUTH_MM, 0, 1)
    details[:, 0] = least + (1 - least) * look.openness / 255
    details[:, 1] = look.above_cut / 4
    details[:, 2:4] = look.brow / 2
    eye = look.material == MATERIALS.index("eye")
    for one in (eye & (rest[:, 0] > 0), eye & (rest[:, 0] < 0)):
        if one.any():
            details[one, 4:] = _unit(rest[one] - (rest[one].min(axis=0) + rest[one].max(axis=0)) / 2)
    return details


def _interpolate(values: FloatArray, triangles: NDArray[np.integer[Any]], visible: Visible) -> FloatArray:
    corners, weights = triangles[visible.triangle], visible.weights.astype(np.float32)
    total: FloatArray = values[corners[:, 0]]
    total *= weights[:, :1]
    part = np.empty_like(total)
    for k in (1, 2):
        np.take(values, corners[:, k], axis=0, out=part, mode="clip")
        part *= weights[:, k, None]
        total += part
    return total


def _paint(albedo: FloatArray, brow: FloatArray, gaze: FloatArray) -> FloatArray:
    """Eyebrows on the skin, iris and pupil on the eyes: ``(n, 3)`` linear light."""
    near = np.flatnonzero(brow[:, 0] < _BROW_LENGTH_MM)
    along, across = brow[near].T
    half = _BROW_HALF_MM * np.clip((_BROW_LENGTH_MM - along) / (0.6 * _BROW_LENGTH_MM), 0, 1)
    depth = np.minimum(half - np.abs(across), along)
    albedo = albedo.copy()
    albedo[near] *= (1 - _BROW_TINT * np.clip(depth / _BROW_EDGE_MM + 0.5, 0, 1) * (half > 0))[:, None]

    length = np.sqrt(of_three(np.add, gaze * gaze))
    eye = np.flatnonzero(length > 0.5)
    angle = np.arccos(np.clip(gaze[eye, 2] / length[eye], -1, 1))
    for limit, colour in ((_IRIS_ANGLE, _IRIS), (_PUPIL_ANGLE, _PUPIL)):
        inside = np.clip((limit - angle) / _IRIS_EDGE + 0.5, 0, 1)[:, None]
        albedo[eye] = (1 - inside) * albedo[eye] + inside * linear(colour)
    return albedo


def _shade(normal: FloatArray, albedo: FloatArray, light: FloatArray, gaze: FloatArray) -> FloatArray:
    """Linear light ``(n, 3)`` at n pixels: a wrapped key light, light from sky and ground, a little gloss."""
    normal = normal / np.maximum(np.sqrt(np.einsum("nk,nk->n", normal, normal)), 1e-6)[:, None]
    key = np.clip((normal @ _KEY + _WRAP) / (1 + _WRAP), 0, None)
    sky = _GROUND_LIGHT + (_SKY_LIGHT - _GROUND_LIGHT) * (0.5 + 0.5 * normal[:, 1])
    facing = np.clip(normal @ _HALF, 0, None)
    shine = _SHINE * facing**_GLOSS
    eye = np.flatnonzero(of_three(np.logical_or, gaze))
    shine[eye] = _EYE_SHINE * facing[eye] ** _EYE_GLOSS
    return np.asarray(light * (albedo * (key * _KEY_LIGHT + sky)[:, None] + shine[:, None]))
