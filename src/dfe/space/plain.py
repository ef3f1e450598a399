"""Spaces of coefficients whose mesh is not at hand: FLAME's expression vectors, before there is a FLAME file.

This package holds no FLAME file, but many tools write tables of FLAME's coefficients. Here one vertex stands for each
coefficient and moves by 1 mm along y per unit. Everything that asks for a mesh then works, and its MILLIMETRES ARE
COEFFICIENT UNITS: ``error_mm`` is the root mean square difference of the coefficients, each counts alike however far it
would move a face (a radian of the jaw as much as one unit of an expression component, so the jaw counts for little),
there is no left and right, and nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from dfe.errors import UsageError
from dfe.space.base import ExpressionSpace, FaceMesh

PLAIN_VERSION = 1
"""Version of the plain FLAME spaces; millimetres of a mesh will be another version, never comparable with this one."""

FLAME_IDS: tuple[str, ...] = ("flame2020/exp50", "flame2020/exp50+jaw3")

_EXPRESSIONS, _JAWS = 50, 3
_TOGETHER = 10
_EXPRESSION_BOUND = 5.0
_JAW_BOUND_RAD = 1.0


def plain_space(
    id: str,
    names: Sequence[str],
    *,
    lower: ArrayLike,
    upper: ArrayLike,
    regions: Mapping[str, Sequence[str]] | None = None,
    version: int = 1,
) -> ExpressionSpace:
    """A space whose millimetres are units of its coefficients; see the module for what that means.

    The left-right flip leaves every coefficient as it is: which one would be which on the other side is not known, so
    nothing that is said about symmetry in such a space means anything.

    Args:
        id: name of the space.
        names: of the D coefficients.
        lower, upper: range in which a coefficient means something, ``(D,)`` or one number for all.
        regions: names of coefficients by region, each in exactly one; one region "all" if None. An encoder makes one
            token of each.
        version: raised when the meaning of a coefficient changes.

    Raises:
        UsageError: no names, names that are not different, or regions that do not hold each exactly once.
    """
    count = len(names)
    place = {name: index for index, name in enumerate(names)}
    if not count or len(place) < count:
        raise UsageError(f"space {id!r} needs coefficients of different names")
    grouped = {"all": tuple(names)} if regions is None else regions
    if sorted(name for members in grouped.values() for name in members) != sorted(names):
        raise UsageError(f"the regions of space {id!r} do not hold every coefficient exactly once")
    members = {region: tuple(place[name] for name in held) for region, held in grouped.items()}
    vertex_region = np.zeros(count, np.int8)
    for number, indices in enumerate(members.values()):
        vertex_region[list(indices)] = number
    every = np.arange(count, dtype=np.int32)
    vertices, basis = np.zeros((count, 3), np.float32), np.zeros((count, count, 3), np.float32)
    vertices[:, 2] = -every
    basis[every, every, 1] = 1
    return ExpressionSpace(
        id=id,
        version=version,
        names=tuple(names),
        lower=np.broadcast_to(np.asarray(lower, np.float32), count).copy(),
        upper=np.broadcast_to(np.asarray(upper, np.float32), count).copy(),
        mesh=FaceMesh(vertices, np.zeros((0, 3), np.int32), every, tuple(members), vertex_region),
        basis=basis,
        partner=every.copy(),
        regions=members,
    )


@cache
def flame_space(id: str) -> ExpressionSpace:
    """FLAME 2020's first 50 expression components, ``exp_0`` to ``exp_49``, and in ``+jaw3`` the jaw.

    ``jaw_0`` to ``jaw_2`` are its axis-angle vector in radians. FLAME's components are global: the regions are merely
    ten components each, in their order, and the jaw.

    Args:
        id: one of :data:`FLAME_IDS`.
    """
    names = [f"exp_{i}" for i in range(_EXPRESSIONS)]
    bound = [_EXPRESSION_BOUND] * _EXPRESSIONS
    regions = {
        f"exp {first}-{first + _TOGETHER - 1}": names[first : first + _TOGETHER]
        for first in range(0, _EXPRESSIONS, _TOGETHER)
    }
    if id.endswith("+jaw3"):
        regions["jaw"] = [f"jaw_{i}" for i in range(_JAWS)]
        names = names + regions["jaw"]
        bound += [_JAW_BOUND_RAD] * _JAWS
    upper = np.array(bound, np.float32)
    return plain_space(id, names, lower=-upper, upper=upper, regions=regions, version=PLAIN_VERSION)
