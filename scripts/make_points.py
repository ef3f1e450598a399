"""Trains the regressors from 68 points to expressions, and packs them (src/dfe/assets/points).

    make points           (needs ../shared/data; docs/points.md says what they are and what they are worth)

They learn from the default front end's own landmarks and coefficients: LFW's training people and the videos, as the
tokenizers do. What 68 points cannot give is decided on validating people, by a real tracker's points
(scripts/track68.py makes them); the test people are for the card alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from dfe.base.files import replacing
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.points.mapping import from_mesh, mesh_points
from dfe.frontends.points.regressor import METADATA, OUTPUTS, VARIANTS, WEIGHTS, PointRegressor
from dfe.recording import schema
from dfe.recording.recording import Recording
from dfe.space.arkit import FACE_NAMES
from dfe.space.registry import load_space
from learning.points import PointFaces, PointsConfig, disturbed, fit_points, reference_face
from make_tables import extract_all
from make_tokenizer import TERMS, people_seen, tables_of
from track68 import FILE as TRACKED

ROOT = Path(__file__).resolve().parents[1]
ABSENT, WEAK = 0.4, 0.5
"""r with a real tracker's points of validating people, mean of left and right: below these a coefficient is left at 0,
or is said to be hardly told."""
PARTNER = load_space("arkit51/face41").partner


def faces_of(tables: list[Path], networks: Networks) -> PointFaces:
    """68 points and values of the usable faces of some tables."""
    points, values, poses = [], [], []
    for table in tables:
        recording = Recording.read(table)
        rows = recording.usable & recording.success
        landmarks = recording.landmarks()
        assert landmarks is not None, "extract with --landmarks"
        if not rows.any():
            continue
        points.append(from_mesh(landmarks[rows].astype(np.float64), networks))
        blinks = np.stack([recording.column(name)[rows] for name in schema.BLINK], axis=1)
        poses.append(recording.poses[rows].astype(np.float64))
        values.append(np.concatenate([recording.expressions()[rows], blinks.astype(np.float32)], axis=1))
    return PointFaces(np.concatenate(points), np.concatenate(values), np.concatenate(poses))


def correlations(said: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Pearson's r by column; 0 where one of the two never moves."""
    a, b = said - said.mean(axis=0), true - true.mean(axis=0)
    scale = np.sqrt(np.square(a).sum(axis=0) * np.square(b).sum(axis=0))
    return np.asarray((a * b).sum(axis=0) / np.where(scale > 0, scale, np.inf))


def on_tracked(table: Path, points: np.ndarray, networks: Networks) -> tuple[PointFaces, np.ndarray]:
    """The usable faces of a table that a tracker found too, and its points ``(n, 68, 2)`` of them."""
    recording = Recording.read(table, landmarks=False)
    found = np.isfinite(points).all(axis=(1, 2))
    faces = faces_of([table], networks)
    both = found[recording.usable & recording.success]
    return PointFaces(faces.points[both], faces.values[both], faces.pose[both]), points[
        recording.usable & recording.success & found
    ]


def below(figures: dict[str, Any], needed: float) -> list[str]:
    """Coefficients whose r, mean of left and right, is below what is needed."""
    r = np.array([figures["r"][name] for name in FACE_NAMES])
    return [name for name, value in zip(FACE_NAMES, (r + r[PARTNER]) / 2, strict=True) if value < needed]


def worth(regressor: PointRegressor, shape: np.ndarray, values: np.ndarray, mean: np.ndarray) -> dict[str, Any]:
    """Figures of the card, from aligned points."""
    said, space = regressor.predict(shape), load_space("arkit51/face41")
    faces = values[:, : space.dimension]
    floor = space.error_mm(faces, np.broadcast_to(mean[: space.dimension], faces.shape)).mean()
    r = correlations(said.astype(np.float64), values.astype(np.float64))
    return {
        "faces": len(values),
        "error_mm": round(float(space.error_mm(said[:, : space.dimension], faces).mean()), 3),
        "mean_face_mm": round(float(floor), 3),
        "r": {name: round(float(value), 3) for name, value in zip(OUTPUTS, r, strict=True)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tracked", type=Path, help="points that scripts/track68.py made; default: those in --work")
    parser.add_argument("--out", type=Path, default=ROOT / "src" / "dfe" / "assets" / "points")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the training faces are not part of the project")
    if not (options.work / "tables" / "lfw_test.parquet").exists():
        extract_all(options.data, options.work, options.workers)
    networks, tables, config = Networks(), options.work / "tables", PointsConfig()
    reference = reference_face(networks)
    training = faces_of(tables_of(tables, "lfw_train") + tables_of(tables, "video"), networks)
    testing = faces_of(tables_of(tables, "lfw_test"), networks)
    mean = training.values.mean(axis=0)
    with np.load(options.tracked or options.work / TRACKED, allow_pickle=False) as file:
        tracked = {part: file[part] for part in ("lfw_validate", "lfw_test")}
    seen, real = on_tracked(tables / "lfw_validate.parquet", tracked["lfw_validate"], networks)
    seen_test, real_test = on_tracked(tables / "lfw_test.parquet", tracked["lfw_test"], networks)
    made = {depth: fit_points(training, reference, depth=depth, config=config) for depth in VARIANTS}
    flat = PointRegressor(made[False])
    offset = (flat.align(real).shape - flat.align(seen.points).shape).mean(axis=0)
    chosen_by = worth(flat, flat.align(real).shape - offset, seen.values, mean)
    absent = below(chosen_by, ABSENT)
    weak = [name for name in below(chosen_by, WEAK) if name not in absent]
    arrays, variants = {}, {}
    for depth, variant in VARIANTS.items():
        regressor = PointRegressor(made[depth], tuple(absent))
        moved = disturbed(testing.points, reference, config, depth=depth)
        test = {
            "points of the mesh": worth(regressor, regressor.align(testing.points).shape, testing.values, mean),
            "points disturbed": worth(regressor, regressor.align(moved).shape, testing.values, mean),
        }
        if not depth:
            shape = regressor.align(real_test).shape
            test["a tracker's points"] = worth(regressor, shape, seen_test.values, mean)
            test["the same, its placing known"] = worth(regressor, shape - offset, seen_test.values, mean)
        variants[variant] = {
            "absent": absent,
            "weak": weak,
            "card": {"test": test, "validation, a tracker's points, its placing known": chosen_by},
        }
        arrays |= {f"{variant}.{name}": part for name, part in made[depth]._asdict().items()}
        figures = {name: (part["error_mm"], part["mean_face_mm"]) for name, part in test.items()}
        print(f"{variant}: absent {absent}, weak {weak}, mm (and of the mean face) {figures}")
    space = load_space("arkit51/face41")
    content = save({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)})
    about = {
        "what": "68 points in iBUG's order to version 2 expressions and blinks",
        "made_by": "scripts/make_points.py",
        "sha256": hashlib.sha256(content).hexdigest(),
        "space": {"id": space.id, "version": space.version, "hash": space.hash},
        "outputs": list(OUTPUTS),
        "mesh_points": [list(points) for points in mesh_points(networks)],
        "networks": {name: networks.hashes[name] for name in ("coefficients.onnx", "landmarks.onnx", "reading-2.npz")},
        "training": config.to_json() | {"faces": len(training.values)},
        "terms": {name: TERMS[name] for name in ("lfw", "video")},
        "people": people_seen(options.data),
        "variants": variants,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    with replacing(options.out / WEIGHTS, options.out / METADATA, overwrite=True) as (weights_file, about_file):
        weights_file.write(content)
        about_file.write((json.dumps(about, indent=1, allow_nan=False) + "\n").encode())


if __name__ == "__main__":
    main()
