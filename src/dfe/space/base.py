"""A space of facial expressions: named coefficients that move the vertices of a face."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, DoubleArray, FloatArray

MOVES_MM = 0.1
"""A vertex moves when some unit moves it by more than this on some axis."""

MATERIALS: tuple[str, ...] = ("skin", "mouth lining", "eye", "teeth", "tongue")
"""What a vertex is made of; drawn differently, measured alike."""

_COEFFICIENT_BITS = 24
_ROWS_AT_ONCE = 256
_HIDDEN = 16
_MIRROR = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Appearance:
    """How the vertices look; no measure depends on it.

    Args:
        material: ``(V,)`` int8, index into :data:`MATERIALS`.
        openness: ``(V,)`` uint8, 255 times the share of the light from all around that reaches a vertex at rest.
        above_cut: ``(V,)`` int8, height in 1/4 mm over the end of the mesh at chin and neck; pictures fade out at 0.
        brow: ``(V, 2)`` int8, place on the painted eyebrow in 1/2 mm: along it from its inner end, and across it.
    """

    material: NDArray[np.int8]
    openness: NDArray[np.uint8]
    above_cut: NDArray[np.int8]
    brow: NDArray[np.int8]

    def __post_init__(self) -> None:
        _freeze(self)


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """The neutral face: +x is the subject's left, +y up, +z out of the face.

    Args:
        vertices_mm: ``(V, 3)`` float32.
        triangles: ``(F, 3)`` int32, counter-clockwise seen from outside.
        mirror: ``(V,)`` int32, each vertex's partner under the left-right flip; its own where on the midline.
        regions: names of the parts of the face.
        vertex_region: ``(V,)`` int8, index into ``regions``; -1 where a vertex belongs to none (ears, neck, crown).
        appearance: what drawings need beyond the geometry; None is plain clay.
    """

    vertices_mm: FloatArray
    triangles: NDArray[np.int32]
    mirror: NDArray[np.int32]
    regions: tuple[str, ...]
    vertex_region: NDArray[np.int8]
    appearance: Appearance | None = None

    def __post_init__(self) -> None:
        _freeze(self)

    @cached_property
    def skin_area_mm2(self) -> DoubleArray:
        """``(V,)``: area of the neutral face that each vertex stands for; 0 for what lies inside mouth and eye sockets.

        Vertices crowd around lips and lids; sums weighted by this area treat a square centimetre alike everywhere.
        """
        a, b, c = (self.vertices_mm[self.triangles[:, k]].astype(np.float64) for k in range(3))
        third = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 6
        count = len(self.vertices_mm)
        area: DoubleArray = np.bincount(self.triangles.ravel(), np.repeat(third, 3), count).astype(np.float64)
        if self.appearance is not None:
            area[(self.appearance.material != MATERIALS.index("skin")) | (self.appearance.openness < _HIDDEN)] = 0
        area = (area + area[self.mirror]) / 2
        area.setflags(write=False)
        return area


@dataclass(frozen=True, eq=False)
class ExpressionSpace:
    """Expression vectors ``x`` of D named coefficients, and what they do to a face: neutral + ``displace(x)``.

    Args:
        id: name of the space, as in ``arkit51/face41``; kept with every recording and tokenizer.
        version: raised when the meaning of a coefficient changes.
        names: the D coefficients.
        lower, upper: ``(D,)`` float32, range in which a coefficient means something.
        mesh: the neutral face.
        basis: ``(D, V, 3)`` float32, mm of displacement per unit of each coefficient.
        partner: ``(D,)`` int32, the coefficient that each becomes under the left-right flip.
        regions: coefficients (their indices) by region of the face.
        flips: whether exchanging left and right is a map of the space onto itself, so that ``partner`` says what each
            coefficient becomes. False where the face is not exactly symmetric: ``partner`` then leaves coefficients as
            they are, and ``mesh.mirror`` may be approximate.
        drawing: the same coefficients on a face made for pictures; None where the space's own mesh is drawn. No measure
            depends on it.
        words: what more and less of a coefficient looks like, by its name without ``Left`` or ``Right``; empty where
            nobody has said.

    Raises:
        UsageError: the parts do not fit together, or the basis is not its own mirror image though the space flips.
    """

    id: str
    version: int
    names: tuple[str, ...]
    lower: FloatArray
    upper: FloatArray
    mesh: FaceMesh
    basis: FloatArray
    partner: NDArray[np.int32]
    regions: Mapping[str, tuple[int, ...]]
    flips: bool = True
    drawing: ExpressionSpace | None = None
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        d, v = len(self.names), len(self.mesh.vertices_mm)
        if self.basis.shape != (d, v, 3) or any(len(a) != d for a in (self.lower, self.upper, self.partner)):
            raise UsageError(f"{d} coefficients and {v} vertices do not fit a basis of shape {self.basis.shape}")
        if self.flips:
            if not np.array_equal(self.basis[self.partner][:, self.mesh.mirror] * _MIRROR, self.basis):
                raise UsageError(f"the basis of space {self.id!r} is not its own mirror image")
        elif not np.array_equal(self.partner, np.arange(d)):
            raise UsageError(f"space {self.id!r} has no left-right flip, but its coefficients have partners")
        if self.drawing is not None and self.drawing.names != self.names:
            raise UsageError(f"space {self.id!r} is drawn by a space of other coefficients")
        _freeze(self)

    @property
    def drawn(self) -> ExpressionSpace:
        """The space that pictures are made in: :attr:`drawing`, or this one."""
        return self if self.drawing is None else self.drawing

    @property
    def has_surface(self) -> bool:
        """Whether there is a face to draw."""
        return len(self.drawn.mesh.triangles) > 0

    @property
    def dimension(self) -> int:
        """Number of coefficients, D."""
        return len(self.names)

    @cached_property
    def hash(self) -> str:
        """SHA-256 in hex over identity, names, bounds, basis and geometry: all that gives a vector its meaning.

        Labels that only sort, colour or tell (regions, materials, words) are left out: they may improve without a new
        space.
        """
        digest = hashlib.sha256("\n".join([self.id, str(self.version), *self.names]).encode())
        mesh = self.mesh
        arrays: list[tuple[NDArray[np.generic], str]] = [(a, "<f4") for a in (self.lower, self.upper, self.basis)]
        arrays += [(mesh.vertices_mm, "<f4"), (mesh.triangles, "<i4"), (mesh.mirror, "<i4"), (self.partner, "<i4")]
        for array, kind in arrays:
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array, dtype=kind).tobytes())
        return digest.hexdigest()

    @cached_property
    def moving(self) -> BoolArray:
        """``(V,)``: vertices that some unit moves by more than :data:`MOVES_MM` on some axis."""
        moving: BoolArray = np.any(np.abs(self.basis) > np.float32(MOVES_MM), axis=(0, 2))
        moving.setflags(write=False)
        return moving

    @cached_property
    def gram(self) -> DoubleArray:
        """``(D, D)``, mm²: the squared error of a difference d of two expressions is ``d @ gram @ d``."""
        return self._gram_over(self.moving)

    @cached_property
    def region_grams(self) -> dict[str, DoubleArray]:
        """As :attr:`gram`, over the moving vertices of each region that has any; ``(D, D)``, mm²."""
        inside = {r: self.moving & (self.mesh.vertex_region == i) for i, r in enumerate(self.mesh.regions)}
        return {region: self._gram_over(where) for region, where in inside.items() if where.any()}

    def weighted_gram(self, weights: Mapping[str, float]) -> DoubleArray:
        """As :attr:`gram`, where the vertices of some regions count more than others; ``(D, D)``, mm².

        Args:
            weights: of a vertex by its region, 1 where none is named; only their ratios matter. A region that the mesh
                does not have counts for nothing, since settings serve meshes with regions and without.

        Raises:
            UsageError: a weight that is not positive.
        """
        if not set(weights) & set(self.mesh.regions):
            return self.gram
        by_region = np.array([weights.get(region, 1.0) for region in self.mesh.regions] + [1.0])
        if not (np.isfinite(by_region).all() and (by_region > 0).all()):
            raise UsageError("weights of regions are positive numbers")
        vertex = by_region[self.mesh.vertex_region][self.moving]
        flat = self.basis[:, self.moving].astype(np.float64) * np.sqrt(vertex / vertex.sum())[:, None]
        flat = flat.reshape(self.dimension, -1)
        return np.asarray(flat @ flat.T)

    def displace(self, x: ArrayLike) -> FloatArray:
        """Displacement in mm of every vertex: ``(n, D)`` to ``(n, V, 3)``; a row with NaN gives NaN.

        Coefficients are taken to 24 binary places. With a basis in binary fractions of a millimetre every product and
        sum is then exact, so the result depends on no order of summation: mirrored coefficients give the mirrored face
        to the last bit, on every machine and in every batch.
        """
        rows = self._rows(x)
        fixed = np.ldexp(np.rint(np.ldexp(rows, _COEFFICIENT_BITS)), -_COEFFICIENT_BITS)
        moved = np.empty((len(rows), self._flat_basis.shape[1]), np.float32)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            moved[part] = fixed[part] @ self._flat_basis
        return moved.reshape(len(rows), *self.basis.shape[1:])

    def error_mm(self, x: ArrayLike, y: ArrayLike) -> DoubleArray:
        """Distance of two sets of expressions on the mesh, row by row: ``(n, D)`` twice to ``(n,)``.

        Root mean square, over the moving vertices, of the distance in mm between where x and where y puts them.
        """
        return _quadratic(self._rows(x) - self._rows(y), self.gram)

    def region_error_mm(self, x: ArrayLike, y: ArrayLike) -> dict[str, DoubleArray]:
        """As :meth:`error_mm` over the moving vertices of one region after the other."""
        difference = self._rows(x) - self._rows(y)
        return {region: _quadratic(difference, gram) for region, gram in self.region_grams.items()}

    def mirror(self, x: FloatArray) -> FloatArray:
        """The expressions with left and right exchanged, ``(n, D)`` to ``(n, D)``; as they are if no flip is known."""
        return x[:, self.partner]

    def index(self, name: str) -> int:
        """Position of a coefficient.

        Raises:
            UsageError: the space has no coefficient of that name.
        """
        try:
            return self.names.index(name)
        except ValueError:
            raise UsageError(f"space {self.id!r} has no coefficient {name!r}") from None

    def vector(self, values: Mapping[str, float]) -> FloatArray:
        """Expression vector ``(D,)`` with the named coefficients set and the others at zero."""
        x = np.zeros(self.dimension, np.float32)
        for name, value in values.items():
            x[self.index(name)] = value
        return x

    def select(self, names: Sequence[str], id: str) -> ExpressionSpace:
        """The space of some of the coefficients, in the order given, under an identity of its own.

        Raises:
            UsageError: a name is unknown, comes twice, or comes without its left-right partner.
        """
        keep = [self.index(name) for name in names]
        place = {old: new for new, old in enumerate(keep)}
        if len(place) < len(keep):
            raise UsageError(f"space {id!r}: a coefficient is selected twice")
        lonely = [self.names[old] for old in keep if int(self.partner[old]) not in place]
        if lonely:
            raise UsageError(f"space {id!r}: {lonely[0]} is selected without its left-right partner")
        regions = {r: tuple(sorted(place[i] for i in members if i in place)) for r, members in self.regions.items()}
        return ExpressionSpace(
            id=id,
            version=self.version,
            names=tuple(names),
            lower=self.lower[keep],
            upper=self.upper[keep],
            mesh=self.mesh,
            basis=self.basis[keep],
            partner=np.array([place[int(self.partner[old])] for old in keep], np.int32),
            regions={region: members for region, members in regions.items() if members},
            flips=self.flips,
            drawing=None if self.drawing is None else self.drawing.select(names, self.drawing.id),
            words=self.words,
        )

    @cached_property
    def _flat_basis(self) -> DoubleArray:
        return self.basis.reshape(self.dimension, -1).astype(np.float64)

    def _rows(self, x: ArrayLike) -> DoubleArray:
        rows = np.asarray(x, np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.dimension:
            raise UsageError(f"space {self.id!r} takes rows of {self.dimension} coefficients, not shape {rows.shape}")
        return rows

    def _gram_over(self, where: BoolArray) -> DoubleArray:
        flat = self.basis[:, where].reshape(self.dimension, -1).astype(np.float64)
        gram: DoubleArray = flat @ flat.T / np.count_nonzero(where)
        gram.setflags(write=False)
        return gram


def _freeze(holder: object) -> None:
    for value in vars(holder).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)


def _quadratic(difference: DoubleArray, gram: DoubleArray) -> DoubleArray:
    # Rounding can leave a tiny negative number where the difference is all but zero.
    return np.asarray(np.sqrt(np.maximum(np.einsum("nd,nd->n", difference @ gram, difference), 0.0)))
