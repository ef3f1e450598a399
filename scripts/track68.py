"""Points of a real 68-point tracker on LFW's faces: what judges the point regressors.

    pip install dlib-bin face_recognition_models      (not part of any extra)
    python scripts/track68.py [--model shape_predictor_68_face_landmarks.dat]

dlib's predictor, which learnt iBUG's mark-up, on the pictures of 160 px. Nothing of it is shipped and nothing is
trained on it: it decides which coefficients 68 points give (validating people), and tells how well (test people).
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from dfe.cli.progress import show_progress
from dfe.recording.recording import Recording

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("lfw_validate", "lfw_test")
FILE = "tracked68.npz"
NEAR = 40
"""A detected face is the table's own if their middles are this near, in pixels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer")
    parser.add_argument("--model", type=Path, help="default: the one of the package face_recognition_models")
    parser.add_argument("--out", type=Path, help=f"default: {FILE} in the folder --work")
    options = parser.parse_args()
    try:
        import dlib
    except ImportError:
        sys.exit("dlib is missing; pip install dlib-bin face_recognition_models")
    detect, predict = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(options.model or packaged()))
    points = {}
    for part in PARTS:
        recording = Recording.read(options.work / "tables" / f"{part}.parquet")
        landmarks, sources = recording.landmarks(), recording.column("source")
        assert landmarks is not None, "extract with --landmarks"
        points[part] = np.full((len(recording), 68, 2), np.nan)
        with show_progress(f"tracking {part}", "pictures") as progress:
            for row in np.flatnonzero(recording.success):
                picture = cv2.cvtColor(
                    cv2.imread(str(options.data / "lfw" / "images" / str(sources[row]))), cv2.COLOR_BGR2RGB
                )
                middle = landmarks[row, :, :2].mean(axis=0)
                found = [face for face in detect(picture, 1) if distance(face, middle) < NEAR]
                if found:
                    shape = predict(picture, min(found, key=lambda face: distance(face, middle)))
                    points[part][row] = [(point.x, point.y) for point in shape.parts()]
                progress(row + 1, len(recording))
    np.savez_compressed(options.out or options.work / FILE, **points)


def packaged() -> Path:
    """The predictor of the package face_recognition_models."""
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        sys.exit("no predictor; pip install face_recognition_models, or give --model")
    return Path(spec.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"


def distance(face: Any, middle: np.ndarray) -> float:
    """From the middle of a detected rectangle, in pixels."""
    return float(np.hypot((face.left() + face.right()) / 2 - middle[0], (face.top() + face.bottom()) / 2 - middle[1]))


if __name__ == "__main__":
    main()
