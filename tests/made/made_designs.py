"""A made study of a larger design: three groups, a score, dyads, three conditions as windows, in changing order."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from made_groups import RATE, face
from made_study import recording, write

GROUPS = ("anxious", "control", "depressed")
CONDITIONS = ("rest", "talk", "task")


def made_design(folder: Path, *, people: int = 12, seconds: float = 20, seed: int = 0) -> Path:
    """Write recordings, ``people.csv`` and ``windows.csv``; the depressed smile four times as often, all more in task.

    Each of a person's windows lasts so many seconds; the rate of smiles rises with the score.
    """
    rng = np.random.default_rng(seed)
    rows, windows = [], []
    for person in range(people):
        group, score = GROUPS[person % 3], 10 + 2 * (person // 3) + person % 2
        usual = 4 * (4 if group == "depressed" else 1) * np.exp(0.03 * (score - 15))
        name, parts = f"P{person:02d}", []
        for period, place in enumerate(rng.permutation(3)):
            condition = CONDITIONS[place]
            parts.append(face(rng, seconds, usual * (3 if condition == "task" else 1), 8))
            windows.append(
                {"recording": name, "start_s": period * seconds, "end_s": (period + 1) * seconds,
                 "condition": condition, "period": period + 1}
            )  # fmt: skip
        x = np.concatenate(parts)
        write(folder / "recordings", name, recording(x, np.arange(len(x)) / RATE, name=f"{name}.mp4"))
        rows.append({"recording": name, "id": f"person {person}", "diagnosis": group, "bdi": score,
                     "age": 20 + person % 5, "dyad": person // 2})  # fmt: skip
    write_rows(folder / "people.csv", rows)
    write_rows(folder / "windows.csv", windows)
    return folder / "people.csv"


def write_rows(path: Path, rows: Sequence[dict[str, object]]) -> None:
    """A CSV file of mappings with the same keys."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
