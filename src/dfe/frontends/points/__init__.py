"""Expressions from landmarks that other tools have found: 68 points (OpenFace, CLNF, py-feat) or the mesh's 478.

478 points go through the default front end's own network, so they are measured by the same instrument. 68 points go
through a small regressor that was trained to say what that network says; docs/points.md tells how well it does.
"""

from dfe.frontends.points.mesh import aspect_ratio, in_pixels, read_points478
from dfe.frontends.points.regressor import PointRegressor, load_points68, read_points68
from dfe.frontends.points.result import PointsRead

__all__ = [
    "PointRegressor",
    "PointsRead",
    "aspect_ratio",
    "in_pixels",
    "load_points68",
    "read_points68",
    "read_points478",
]
