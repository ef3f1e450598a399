"""Small tables in the layouts of other tools."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dfe.frontends.points import PointsRead
from dfe.space.arkit import ARKIT_NAMES, FACE_NAMES

ROTATIONS = [f"{part}{axis}" for part in ("Head", "LeftEye", "RightEye") for axis in ("Yaw", "Pitch", "Roll")]


def camel(name: str) -> str:
    return name[0].upper() + name[1:]


def live_link(values: np.ndarray, codes: list[str], names: Callable[[str], str] = camel, sign: str = ",") -> str:
    """A take of Live Link Face; a row that is not finite is a frame without a face."""
    lines = [sign.join(["Timecode", "BlendShapeCount", *map(names, ARKIT_NAMES), "TongueOut", *ROTATIONS])]
    for code, row in zip(codes, values, strict=True):
        seen = np.isfinite(row).all()
        lines.append(sign.join([code, "61", *map(repr, row.tolist()), "0.0", *["0.0"] * 9] if seen else [code, "0"]))
    return "\n".join(lines) + "\n"


def timecodes(count: int, step: int = 2, clock: int = 60) -> list[str]:
    return [f"12:27:{n // clock:02d}:{n % clock:02d}.169" for n in range(0, count * step, step)]


def beat(values: np.ndarray, fps: float = 60) -> str:
    frames = [
        {"weights": row.tolist(), "time": number / fps, "rotation": [0, 0, 0, 1]} for number, row in enumerate(values)
    ]
    return json.dumps({"names": list(ARKIT_NAMES), "frames": frames})


def points68(count: int, seed: int = 0) -> np.ndarray:
    """``(n, 68, 3)``, none on another."""
    return np.random.default_rng(seed).normal(size=(count, 68, 3)).round(3) * 50 + [300, 200, 600]


def openface(points: np.ndarray, *, image: bool = False, flat: bool = False, rows: list[list] | None = None) -> str:
    head = ["face", "confidence"] if image else ["frame", "face_id", "timestamp", "confidence", "success"]
    names = [*head, "pose_Rx", "pose_Ry", "pose_Rz"]
    names += [f"{axis}_{i}" for axis in ("xy" if flat else "xyXYZ") for i in range(68)] + ["AU01_r", "AU12_r"]
    lines = [", ".join(names)]
    for number, face in enumerate(points):
        start = [number, 0.9] if image else (rows[number] if rows else [number + 1, 0, number * 0.04, 0.9, 1])
        numbers = [0.1, 0.2, -0.3, *face[:, :2].T.ravel(), *([] if flat else face.T.ravel()), 0.5, 1.5]
        lines.append(", ".join(map(str, [*start, *map(float, numbers)])))
    return "\n".join(lines) + "\n"


def clnf(columns: dict[str, np.ndarray], count: int, success: list[int] | None = None) -> str:
    lines = [", ".join(["frame", "timestamp", "confidence", "success", *columns])]
    for row in range(count):
        good = 1 if success is None else success[row]
        cells = [row + 1, f"{row / 30:.6f}", 0.95 if good else 0, good, *(float(c[row]) for c in columns.values())]
        lines.append(", ".join(map(str, cells)))
    return "\n".join(lines) + "\n"


def fake_points68(points: np.ndarray, *, depth: bool, person: object = None) -> PointsRead:
    """In place of the regressor: numbers that tell which points came in, and in which order."""
    rows = np.asarray(points, np.float64)
    expression = np.zeros((len(rows), len(FACE_NAMES)), np.float32)
    for k in range(3 if depth else 2):
        expression[:, k] = rows[:, 5, k]
    whole = np.isfinite(rows).all(axis=(1, 2))
    blink, pose = np.full((len(rows), 2), 0.5, np.float32), np.full((len(rows), 3), 0.25, np.float32)
    for part in (expression, blink, pose):
        part[~whole] = np.nan
    return PointsRead(expression, None, blink, pose)


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
