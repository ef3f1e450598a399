"""A stand-in for FLAME: arrays of FLAME's shapes made from the package's own head, and files in FLAME's formats.

Its jaw turns like the head's ``jawOpen``, its expression components are mixtures of the other ARKit shapes; nothing in
it comes from FLAME. Files look as Python 2 wrote them, with chumpy and scipy.sparse, of which neither is needed.
"""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from dfe.space.registry import load_space

VERTICES, TRIANGLES = 5023, 9976


@cache
def made_flame(seed: int = 0) -> dict[str, np.ndarray]:
    """Arrays of a FLAME file, in metres."""
    rng = np.random.default_rng(seed)
    head = load_space("arkit51")
    mesh = head.mesh
    points = mesh.vertices_mm.astype(float)
    extra = VERTICES - len(points)
    balls = rng.normal(size=(extra, 3))
    balls *= 11.0 / np.linalg.norm(balls, axis=1, keepdims=True)
    left = np.arange(extra) % 2 == 0
    balls += np.where(left[:, None], [29.0, 25.0, 6.0], [-29.0, 25.0, 6.0])
    points = np.concatenate([points, balls]) + rng.normal(size=(VERTICES, 3)) * 0.1

    def on_all(units: np.ndarray) -> np.ndarray:
        return np.concatenate([units.astype(float), np.zeros((len(units), extra, 3))], axis=1)

    shapes = on_all(head.basis[[not name.startswith("jaw") for name in head.names]])
    mix = rng.normal(size=(100, len(shapes)))
    expression = np.tensordot(mix, shapes, axes=1)
    expression += 0.02 * np.sin(points / 40 + rng.normal(size=(100, 1, 3)))
    size = np.sqrt(np.square(expression).sum(axis=2).mean(axis=1))
    expression *= (1.5 * 0.97 ** np.arange(100) / size)[:, None, None]
    waves = np.sin(points[None] / rng.uniform(30, 120, (300, 1, 3)) + rng.normal(size=(300, 1, 3)))

    opening = np.linalg.norm(on_all(head.basis[[head.index("jawOpen")]])[0], axis=1)
    arm = np.linalg.norm(points[:, 1:] - [-10.0, -30.0], axis=1)
    jaw = np.clip(opening / np.maximum(arm, 20), 0, None)
    jaw /= jaw.max()
    weights = np.zeros((VERTICES, 5))
    weights[:, 2] = jaw
    weights[-extra:] = 0
    weights[-extra:, 3], weights[-extra:, 4] = left, ~left
    rest = 1 - weights.sum(axis=1)
    neck = np.clip((points[:, 1] + 80) / 60, 0, 1)
    weights[:, 1], weights[:, 0] = rest * neck, rest * (1 - neck)

    regressor = np.zeros((5, VERTICES))
    for joint, at in enumerate(([0, -80, -60], [0, -60, -50], [60, -10, -30], [29, 25, 6], [-29, 25, 6])):
        for side in (1, -1) if joint < 3 else (1,):
            nearest = np.argsort(np.linalg.norm(points - np.array(at) * [side, 1, 1], axis=1))[:8]
            regressor[joint, nearest] += rng.dirichlet(np.ones(8)) / (2 if joint < 3 else 1)
    triangles = np.zeros((TRIANGLES, 3), np.uint32)
    triangles[: len(mesh.triangles)] = mesh.triangles
    triangles[len(mesh.triangles) :] = rng.integers(
        len(mesh.vertices_mm), VERTICES, (TRIANGLES - len(mesh.triangles), 3)
    )
    pose = np.tensordot(rng.normal(size=(36, len(shapes))), shapes, axes=1) * 0.05
    return {
        "v_template": points / 1000,
        "f": triangles,
        "shapedirs": np.moveaxis(np.concatenate([waves * 2, expression]), 0, -1) / 1000,
        "posedirs": np.ascontiguousarray(np.moveaxis(pose, 0, -1)) / 1000,
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.uint32),
    }


def made_masks() -> dict[str, np.ndarray]:
    """Vertices by region, overlapping as FLAME's do."""
    points = made_flame()["v_template"] * 1000
    x, y, z = points.T
    ball = np.arange(VERTICES) >= VERTICES - 413
    where = {
        "face": (z > -20) & ~ball,
        "lips": (np.abs(x) < 28) & (np.abs(y + 35) < 12) & (z > 20),
        "nose": (np.abs(x) < 18) & (np.abs(y) < 20) & (z > 20),
        "eye_region": (np.abs(y - 25) < 14) & (z > 0),
        "left_eyeball": ball & (x > 0),
        "right_eyeball": ball & (x < 0),
        "forehead": (y > 40) & (z > 0),
        "neck": y < -70,
        "scalp": (y > 60) & (z < 0),
    }
    return {name: np.flatnonzero(inside) for name, inside in where.items()}


class Python2Pickler(pickle._Pickler):
    """Writes text and bytes as Python 2 wrote its strings."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_string(self, value: bytes | str) -> None:
        data = value if isinstance(value, bytes) else value.encode("latin-1")
        self.write(b"U" + bytes([len(data)]) + data if len(data) < 256 else b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(value)

    dispatch[bytes] = save_string
    dispatch[str] = save_string


def python_2_pickle(value: object) -> bytes:
    stream = io.BytesIO()
    Python2Pickler(stream, 2, fix_imports=True).dump(value)
    return stream.getvalue()


@contextmanager
def chumpy_and_scipy() -> Iterator[types.SimpleNamespace]:
    """Classes that pickle as those of chumpy and of an old scipy do; gone from ``sys.modules`` afterwards."""

    class Holder:
        def __init__(self, **state: object) -> None:
            self.__dict__ = state

    names = {"Ch": "chumpy.ch", "Select": "chumpy.reordering", "csc_matrix": "scipy.sparse.csc"}
    made = {name: type(name, (Holder,), {"__module__": module, "__qualname__": name}) for name, module in names.items()}
    modules = {part for module in names.values() for part in (module, module.rpartition(".")[0], module.split(".")[0])}
    before = {module: sys.modules.get(module) for module in modules}
    for module in modules:
        sys.modules[module] = types.ModuleType(module)
    for name, module in names.items():
        setattr(sys.modules[module], name, made[name])
    try:
        yield types.SimpleNamespace(**made)
    finally:
        for module, old in before.items():
            sys.modules.pop(module)
            if old is not None:
                sys.modules[module] = old


def write_pickle(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    """As FLAME's site has them: chumpy around the arrays, scipy.sparse around the regressor."""
    with chumpy_and_scipy() as wrap:
        content: dict[str, object] = dict(arrays)
        template = arrays["v_template"]
        content["v_template"] = wrap.Select(
            a=wrap.Ch(x=template[::-1]),
            idxs=np.arange(3 * VERTICES).reshape(-1, 3)[::-1].ravel(),
            preferred_shape=template.shape,
        )
        content["shapedirs"] = wrap.Ch(x=arrays["shapedirs"], _dirty_vars={"x"}, _itr=None)
        content["weights"] = wrap.Ch(x=arrays["weights"])
        rows, columns = np.nonzero(arrays["J_regressor"].T)[::-1]
        content["J_regressor"] = wrap.csc_matrix(
            _shape=arrays["J_regressor"].shape,
            maxprint=50,
            data=arrays["J_regressor"][rows, columns],
            indices=rows.astype(np.int32),
            indptr=np.searchsorted(columns, np.arange(VERTICES + 1)).astype(np.int32),
        )
        content |= {"bs_style": "lbs", "bs_type": "lrotmin", "J": np.zeros((5, 3))}
        path.write_bytes(python_2_pickle(content))
    return path


def write_npz(path: Path, **changed: np.ndarray) -> Path:
    """The same arrays without a pickle, but small: no shape basis, no correctives."""
    still = {"shapedirs": np.zeros((VERTICES, 3, 400), np.float32), "posedirs": np.zeros((VERTICES, 3, 36), np.float32)}
    np.savez_compressed(path, **(made_flame() | still | changed))
    return path
