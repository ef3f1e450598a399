"""Spaces of FLAME's coefficients on the mesh of the user's FLAME file, in millimetres.

What is linear and what is not: while the jaw is at rest, the expression components move every vertex in straight lines,
and SMIRK's eyelids always do; the jaw turns about its joint, with correctives of its own. ``displace`` skins and is
exact. ``basis``, ``gram``, ``error_mm`` and ``region_error_mm`` are the linearisation at rest: exact between
expressions whose jaws are at rest, first-order where they turn. How far that is off, on the stand-in for FLAME of the
tests, between two random expressions (components of standard deviation 1) about 10 mm apart, relative to the exact
distance:

- jaws opened by 0 to 0.1 rad, as in speech: 0.1% in the median, 0.6% at the 95th percentile, 1.2% at most of 400;
- 0 to 0.3 rad, up to wide open: 0.4%, 1.6%, 3.0%;
- 0.3 to 0.5 rad, as in yawning: 1.1%, 3.0%, 5.8%.

The space depends on the file: its hash covers the template, the expression basis and the jaw's columns, rounded to
2^-16 mm, so that sums of products are exact and a face does not depend on its batch. A pickle and an npz of the same
float64 arrays give the same space.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import ModelError, UsageError
from dfe.base.types import DoubleArray, FloatArray
from dfe.space.base import ExpressionSpace, FaceMesh
from dfe.space.flame_edition import EDITIONS, check_decodes
from dfe.space.flame_model import JAW, LEFT_EYE, RIGHT_EYE, FlameModel, read_flame
from dfe.space.flame_regions import vertex_regions
from dfe.space.plain import FLAME_PARTS, coefficients_of
from dfe.space.rigid import rotations

__all__ = ["MESH_VERSION", "FlameSpace", "flame_mesh_space", "read_flame"]

MESH_VERSION = 2
"""Version of the FLAME spaces with a mesh; 1 has none, and millimetres of the two are never comparable."""

_STEP_BITS = 16
_EYES_MM = (0.0, 25.0, 16.0)
"""Where the middle between the eyes is put, as on the package's own head, so that pictures are framed alike."""
_NEAREST_AT_ONCE = 32
_ROWS_AT_ONCE = 64
_NO_JAW = "2023nojaw"


@dataclass(frozen=True, eq=False, kw_only=True)
class FlameSpace(ExpressionSpace):
    """An expression space whose jaw turns; see the module for what is exact. A selection of it is linear throughout.

    Args:
        model: of the file that it lives on.
        jaw: places of the jaw's three coefficients, empty where there are none.
    """

    model: FlameModel
    jaw: tuple[int, ...] = ()

    def displace(self, x: ArrayLike) -> FloatArray:
        """Displacement in mm of every vertex, the jaw by skinning: ``(n, D)`` to ``(n, V, 3)``; NaN rows give NaN.

        Equal to FLAME's forward pass of the mean shape with all other joints at rest, minus the template (Li et al.
        2017). A row's result does not depend on the other rows.
        """
        rows = self._rows(x)
        if not self.jaw:
            return super().displace(rows)
        still = rows.copy()
        still[:, self.jaw[0] :] = 0
        moved = super().displace(still)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            moved[part] = self._swung(moved[part].astype(np.float64), rows[part])
        return moved

    def _swung(self, moved: DoubleArray, rows: DoubleArray) -> DoubleArray:
        # Summed one by one, not by matrix products, whose rounding changes with the number of rows.
        jaw = _Jaw.of(self.model)
        turn = rotations(rows[:, list(self.jaw)]) - np.eye(3)
        joint = jaw.joint + sum(rows[:, i, None] * self._joint_basis[i] for i in range(self.jaw[0]))
        for i, corrective in enumerate(jaw.correctives):
            moved += turn[:, i // 3, i % 3, None, None] * corrective
        arm = jaw.template + moved - joint[:, None]
        for k in range(3):
            moved[..., k] += jaw.weight * sum(turn[:, k, i, None] * arm[..., i] for i in range(3))
        for lid in range(self.jaw[-1] + 1, self.dimension):
            moved += rows[:, lid, None, None] * self.basis[lid]
        return moved

    @cached_property
    def _joint_basis(self) -> DoubleArray:
        """``(D, 3)``: how each coefficient moves the jaw's joint, which is regressed from the vertices."""
        regressor = self.model.joint_regressor[JAW]
        return np.array([(regressor[:, None] * unit).sum(axis=0) for unit in self.basis.astype(np.float64)])


class _Jaw(NamedTuple):
    """What turning the jaw needs: its joint ``(3,)``, the vertices at rest, their share in it, nine correctives."""

    joint: DoubleArray
    template: DoubleArray
    weight: DoubleArray
    correctives: DoubleArray

    @classmethod
    def of(cls, model: FlameModel) -> _Jaw:
        first = 9 * (JAW - 1)
        correctives = np.moveaxis(model.pose_basis[..., first : first + 9].astype(np.float64), -1, 0)
        joint = (model.joint_regressor[JAW, :, None] * model.template).sum(axis=0)
        return cls(joint, model.template, model.weights[:, JAW], correctives)

    def directions(self) -> DoubleArray:
        """``(3, V, 3)``: mm per radian about each axis, at rest."""
        generators = np.zeros((3, 3, 3))
        for axis, row, column in ((0, 2, 1), (1, 0, 2), (2, 1, 0)):
            generators[axis, row, column], generators[axis, column, row] = 1, -1
        arm = self.template - self.joint
        units = np.zeros((3, *self.template.shape))
        for axis, turn in enumerate(generators):
            for i, corrective in enumerate(self.correctives):
                units[axis] += turn[i // 3, i % 3] * corrective
            for k in range(3):
                units[axis, :, k] += self.weight * sum(turn[k, i] * arm[:, i] for i in range(3))
        return units


def flame_mesh_space(model: FlameModel, id: str = "flame2020/exp50+jaw3") -> FlameSpace:
    """The space of some of FLAME's coefficients on the mesh of a file, version 2 of its id.

    Args:
        model: as :func:`read_flame` gives it.
        id: ``flame``, the edition whose coefficients they are, and one of :data:`~dfe.space.plain.FLAME_PARTS`, as in
            ``flame2020/exp50+jaw3``: what DECA, EMOCA and SMIRK give is ``flame2020``.

    Raises:
        UsageError: no such space.
        ModelError: the file is another edition, whose coefficients mean something else, or its jaw does not turn.
    """
    family, _, parts = id.partition("/")
    wanted = family.removeprefix("flame")
    if not family.startswith("flame") or wanted not in EDITIONS or parts not in FLAME_PARTS:
        advice = f"name an edition ({', '.join(f'flame{e}' for e in EDITIONS)}) and one of {', '.join(FLAME_PARTS)}"
        raise UsageError(f"no space of FLAME is called {id!r}", advice=advice)
    check_decodes(model.name, model.edition, wanted)
    made = coefficients_of(parts)
    if made.jaw and wanted == _NO_JAW:
        what = "is FLAME 2023 without jaw rotation: its expressions open the mouth, and its jaw does not turn"
        raise ModelError(what, where=model.name, advice=f"use space {family}/exp{made.expressions}")
    units = [np.moveaxis(model.expression_basis[..., : made.expressions].astype(np.float64), -1, 0)]
    if made.jaw:
        units.append(_Jaw.of(model).directions())
    if made.eyelids:
        units.append(
            np.zeros((2, *model.template.shape)) if model.eyelids is None else model.eyelids.astype(np.float64)
        )
    names, vertex_region = vertex_regions(model)
    count = len(made.names)
    return FlameSpace(
        id=id,
        version=MESH_VERSION,
        names=made.names,
        lower=made.lower,
        upper=made.upper,
        mesh=FaceMesh(_placed(model), model.triangles, _mirror(model.template), names, vertex_region),
        basis=_on_grid(np.concatenate(units)),
        partner=np.arange(count, dtype=np.int32),
        regions=made.regions,
        flips=False,
        model=model,
        jaw=tuple(range(made.expressions, made.expressions + 3)) if made.jaw else (),
    )


def _on_grid(values: DoubleArray) -> FloatArray:
    return np.ldexp(np.rint(np.ldexp(values, _STEP_BITS)), -_STEP_BITS).astype(np.float32)


def _placed(model: FlameModel) -> FloatArray:
    regressor = model.joint_regressor[[LEFT_EYE, RIGHT_EYE]].mean(axis=0)
    return _on_grid(model.template - (regressor[:, None] * model.template).sum(axis=0) + _EYES_MM)


def _mirror(template: DoubleArray) -> NDArray[np.int32]:
    """``(V,)``: the vertex nearest to where the flip puts each one; FLAME's mesh is symmetric to a few millimetres."""
    flipped = template * [-1.0, 1.0, 1.0]
    mirror = np.empty(len(template), np.int32)
    for start in range(0, len(template), _NEAREST_AT_ONCE):
        part = flipped[start : start + _NEAREST_AT_ONCE, None]
        squares = [np.square(part[..., k] - template[:, k]) for k in range(3)]
        mirror[start : start + _NEAREST_AT_ONCE] = (squares[0] + squares[1] + squares[2]).argmin(axis=1)
    return mirror
