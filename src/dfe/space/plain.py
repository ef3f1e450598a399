"""Spaces of coefficients whose mesh is not at hand: expression vectors of FLAME and of the Basel Face Model.

This package holds neither model, but many tools write tables of their coefficients. Here one vertex stands for each
coefficient and moves by 1 mm along y per unit. Everything that asks for a mesh then works, and its MILLIMETRES ARE
COEFFICIENT UNITS: ``error_mm`` is the root mean square difference of the coefficients, each counts alike however far it
would move a face (a radian of the jaw as much as one unit of an expression component, so the jaw counts for little),
there is no left and right, and nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from dfe.base.errors import UsageError
from dfe.base.types import FloatArray
from dfe.space.base import ExpressionSpace, FaceMesh

PLAIN_VERSION = 1
"""Version of the plain FLAME spaces; millimetres of a mesh will be another version, never comparable with this one."""

FLAME_PARTS: tuple[str, ...] = ("exp50", "exp50+jaw3", "exp50+jaw3+eyelid2", "exp100", "exp100+jaw3")
"""Coefficients that spaces of FLAME are made of: the first expression components, the jaw, SMIRK's eyelids."""

FLAME_IDS: tuple[str, ...] = tuple(f"flame2020/{parts}" for parts in FLAME_PARTS)

BFM_ID = "bfm/exp64"

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
        flips=False,
    )


@dataclass(frozen=True)
class Coefficients:
    """The coefficients of a space of a face model, with and without a mesh alike."""

    names: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray
    regions: dict[str, tuple[int, ...]]
    """Their places by region: ten components each, in their order, then ``jaw`` and ``eyelids``."""
    expressions: int
    jaw: bool
    eyelids: bool


def coefficients_of(parts: str) -> Coefficients:
    """What ``exp50+jaw3+eyelid2`` and the others of :data:`FLAME_PARTS` are made of, in this order.

    ``exp_0`` to ``exp_49`` (or 99) are FLAME's first expression components; ``jaw_0`` to ``jaw_2`` the jaw's axis-angle
    vector in radians; ``eyelid_0`` and ``eyelid_1`` how far SMIRK's two eyelids are shut, 0 to 1, in its order.
    """
    expressions = int(parts.partition("+")[0].removeprefix("exp"))
    jaw, eyelids = "+jaw3" in parts, "+eyelid2" in parts
    places = {
        f"exp {first}-{min(first + _TOGETHER, expressions) - 1}": range(first, min(first + _TOGETHER, expressions))
        for first in range(0, expressions, _TOGETHER)
    }
    names = [f"exp_{i}" for i in range(expressions)]
    lower, upper = [-_EXPRESSION_BOUND] * expressions, [_EXPRESSION_BOUND] * expressions
    for there, region, name, count, least, most in (
        (jaw, "jaw", "jaw", 3, -_JAW_BOUND_RAD, _JAW_BOUND_RAD),
        (eyelids, "eyelids", "eyelid", 2, 0.0, 1.0),
    ):
        if there:
            places[region] = range(len(names), len(names) + count)
            names += [f"{name}_{i}" for i in range(count)]
            lower += [least] * count
            upper += [most] * count
    regions = {region: tuple(where) for region, where in places.items()}
    return Coefficients(
        tuple(names), np.array(lower, np.float32), np.array(upper, np.float32), regions, expressions, jaw, eyelids
    )


@cache
def flame_space(id: str) -> ExpressionSpace:
    """FLAME 2020's coefficients without a mesh; :func:`coefficients_of` says which.

    FLAME's components are global: the regions are merely ten components each, in their order, the jaw and the eyelids.

    Args:
        id: one of :data:`FLAME_IDS`.
    """
    return _plain(id, coefficients_of(id.partition("/")[2]))


@cache
def bfm_space() -> ExpressionSpace:
    """The 64 expression coefficients that go with the Basel Face Model, ``exp_0`` to ``exp_63``, without a mesh.

    They are those of Deep3DFaceReconstruction and what is built on it (SadTalker, talking-head models): the first 64
    components of the expression basis of FaceWarehouse on the Basel Face Model, in standard deviations.
    """
    return _plain(BFM_ID, coefficients_of("exp64"))


def _plain(id: str, made: Coefficients) -> ExpressionSpace:
    regions = {region: [made.names[i] for i in where] for region, where in made.regions.items()}
    return plain_space(id, made.names, lower=made.lower, upper=made.upper, regions=regions, version=PLAIN_VERSION)
