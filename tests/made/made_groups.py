"""A made study: two groups of people, two conditions, and one display that one group shows more often."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from dfe.space.registry import load_space
from made_study import recording, write

RATE = 10
SMILE = ("mouthSmileLeft", "mouthSmileRight")
BROW = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")


def face(rng: np.random.Generator, seconds: float, smiles: float, brows: float, strength: float = 0.9) -> np.ndarray:
    """Expressions ``(n, 41)`` of somebody who smiles and raises the brows so many times a minute."""
    space = load_space("arkit51/face41")
    x = np.zeros((round(seconds * RATE), space.dimension), np.float32)
    t = np.arange(len(x)) / RATE
    for names, per_min in ((SMILE, smiles), (BROW, brows)):
        columns = [space.index(name) for name in names]
        for start in rng.uniform(0, seconds, rng.poisson(per_min * seconds / 60)):
            rise = np.interp(t - start, [0, 0.3, 0.7, 1.0], [0, 1, 1, 0]) * strength
            x[:, columns] = np.maximum(x[:, columns], rise[:, None])
    return x


def made_study(
    folder: Path,
    *,
    each: int = 8,
    seconds: float = 40,
    ratio: float = 4.0,
    seed: int = 0,
    conditions: tuple[str, ...] = ("rest", "task"),
) -> Path:
    """Write recordings below ``folder/recordings`` and a table; patients smile ``ratio`` times as often as controls.

    The first patient's first recording is turned away most of the time.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(2 * each):
        group = ("control", "patient")[person % 2]
        usual = 4 * rng.gamma(8, 1 / 8) * (ratio if group == "patient" else 1)
        for condition in conditions:
            name = f"P{person:02d}_{condition}"
            x = face(rng, seconds, usual, 6)
            yaw = np.zeros(len(x))
            if person == 1 and condition == conditions[0]:
                yaw[: round(0.6 * len(x))] = 60
            write(folder / "recordings", name, recording(x, np.arange(len(x)) / RATE, name=name + ".mp4", yaw_deg=yaw))
            rows.append(
                {
                    "recording": name,
                    "id": f"person {person}",
                    "diagnosis": group,
                    "age": 20 + person,
                    "sex": "fm"[person // 2 % 2],
                    "site": person // 4 % 2 + 1,
                    "condition": condition,
                    "session": conditions.index(condition) + 1,
                    "cue": 5,
                }
            )
    table = folder / "study.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table
