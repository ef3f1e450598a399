"""The same faces in OpenFace 2, in py-feat 2 and here, column by column: what docs/coming-from pages report.

python benchmarks/other_tools.py --data ../shared/data

OpenFace: 1,280 pictures of students at a screen (e-drishti, WACV 2016), whose table of OpenFace 2 came with them; the
small crops are enlarged and padded before we look at them. py-feat: 20 clips whose tables of py-feat 2 came with its
documents; its own mesh is measured by our face model, so both see the same points. Spearman's correlation over faces
that both found.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import tempfile
from pathlib import Path

import cv2
import numpy as np

import dfe
from dfe.displays.vocabulary import vocabulary_of
from dfe.recording.shown import shown

NEAREST = {
    "AU01": "brow raise", "AU02": "brow raise", "AU04": "brow lowering", "AU06": "smile", "AU10": "upper lip raise",
    "AU12": "smile", "AU15": "lip corner down", "AU17": "lip press", "AU20": "lip stretch", "AU23": "lip press",
    "AU24": "lip press", "AU25": "lips part", "AU26": "jaw drop", "AU43": "lids", "AU45": "lids",
}  # fmt: skip
"""The group of displays, or display of the eyes, that says most nearly the same."""
LEAST = 20
SIDE_PX, PAD_PX = 256, 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data
    with tempfile.TemporaryDirectory() as scratch:
        openface(folder / "engagement", Path(scratch))
    pyfeat(folder / "news")


def openface(folder: Path, scratch: Path) -> None:
    with gzip.open(folder / "openface.csv.gz", "rt") as file:
        rows = {row["ImageID"]: row for row in csv.DictReader(file, skipinitialspace=True) if row["face"] == "0"}
    for name in rows:
        picture = cv2.imread(str(folder / "images" / f"{name}.jpg"))
        if picture is not None:
            scale = SIDE_PX / max(picture.shape[:2])
            large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            padded = cv2.copyMakeBorder(large, *[PAD_PX] * 4, cv2.BORDER_REPLICATE)
            cv2.imwrite(str(scratch / f"{name}.png"), padded)
    (recording,) = dfe.encode(scratch, aus=True, max_faces=1)
    ours, words = measured(recording)
    keep = [i for i, ok in enumerate(recording.success) if ok]
    theirs = [rows[Path(words[i]).stem] for i in keep]
    print(f"\nOpenFace 2: {len(keep)} faces that both found, of {len(rows)}")
    ours = {name: values[keep] for name, values in ours.items()}
    units = {name[:4]: [float(row[name]) for row in theirs] for name in theirs[0] if name.endswith("_r")}
    compare(units, ours)
    for name, column, sign in (("pose_Rx", "pitch", -1), ("pose_Ry", "yaw", -1), ("pose_Rz", "roll", 1)):
        like = sign * rank_correlation([float(r[name]) for r in theirs], ours[column])
        print(f"| `{name}` | `{column}` | {like:.2f} |")
    for name, column in (("gaze_angle_x", "gaze left"), ("gaze_angle_y", "gaze down")):
        like = rank_correlation([float(r[name]) for r in theirs], ours[column])
        print(f"| `{name}` | {column}, degrees | {like:.2f} |")


def pyfeat(folder: Path) -> None:
    units: dict[str, list[float]] = {}
    ours: dict[str, list[np.ndarray]] = {}
    for path in sorted(folder.glob("[0-9]*.csv")):
        (recording,) = dfe.encode(path, aus=True)
        with path.open() as file:
            table = list(csv.DictReader(file))
        if len(table) != len(recording):
            continue
        keep = [i for i, ok in enumerate(recording.success) if ok]
        for name, values in measured(recording)[0].items():
            ours.setdefault(name, []).append(values[keep])
        for name in table[0]:
            if (name.startswith("AU") and name[2:].isdigit()) or name in ("Pitch", "Yaw", "Roll"):
                units.setdefault(name, []).extend(float(table[i][name]) for i in keep)
    together = {name: np.concatenate(parts) for name, parts in ours.items() if len(parts) == len(ours["yaw"])}
    print(f"\npy-feat 2: {len(together['yaw'])} faces of 20 clips")
    compare({name: values for name, values in units.items() if name.startswith("AU")}, together)
    for name in ("Pitch", "Yaw", "Roll"):
        print(f"| `{name}` | `{name.lower()}` | {-rank_correlation(units[name], together[name.lower()]):.2f} |")


def measured(recording: dfe.Recording) -> tuple[dict[str, np.ndarray], list[str]]:
    """Of each row: the AU proxy (mean of sides), groups and displays of the eyes in mm, pose in radians."""
    found: dict[str, list[np.ndarray]] = {}
    for name in recording.table.column_names:
        if name.startswith("au_proxy_"):
            found.setdefault(f"AU{int(re.sub('[A-Z]', '', name[9:])):02d}", []).append(recording.column(name))
    values = {name: np.mean(parts, axis=0) for name, parts in found.items()}
    tokenizer = dfe.load_tokenizer(recording.tokenizer_id or "default")
    found_units = shown(recording, vocabulary_of(tokenizer), recording.success).only("group", "eyes")
    values |= {unit.token: found_units.amount[:, place] for place, unit in enumerate(found_units.units)}
    values |= dict(zip(("pitch", "yaw", "roll"), recording.poses.T, strict=True))
    return values, recording.column("source").tolist()


def compare(units: dict[str, list[float]], ours: dict[str, np.ndarray]) -> None:
    print("| theirs | AU proxy | nearest display or group |\n|---|---|---|")
    for unit, values in sorted(units.items()):
        proxy = f"{rank_correlation(values, ours[unit]):.2f}" if unit in ours else "–"
        name = NEAREST.get(unit)
        near = "–" if name is None else f"{name} {rank_correlation(values, ours[name]):.2f}"
        print(f"| `{unit}` | {proxy} | {near} |")


def rank_correlation(a: object, b: object) -> float:
    """Spearman's, over pairs that are known; NaN where one of them never changes."""
    from scipy.stats import spearmanr

    x, y = np.asarray(a, float), np.asarray(b, float)
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < LEAST or np.ptp(x[known]) == 0 or np.ptp(y[known]) == 0:
        return float("nan")
    return float(spearmanr(x[known], y[known]).statistic)


if __name__ == "__main__":
    main()
