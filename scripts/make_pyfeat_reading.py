"""Fits the map from py-feat's 52 coefficients to version 2 of ``arkit51/face41``.

    python scripts/make_pyfeat_reading.py     (needs the tables with landmarks that `make reading` leaves)

py-feat 2 asks the same coefficient network as our front end, but once, about the landmarks as they stand in the
picture. Ours asks about the levelled landmarks and their mirror image, and takes the mean. What the one answer tells
about the other is fitted on faces of LFW and FER2013 seen in one look, and joined with version 2's map of those.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from dfe.frontends.landmarks.coefficients import find_coefficients, find_logits
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import LinearMap
from dfe.recording.recording import Recording
from learning.reading import Looks, asymmetry

ROOT = Path(__file__).resolve().parents[1]
FACES = {"lfw_train": 4000, "fer2013_train": 3000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=Path, default=ROOT / ".cache" / "tokenizer" / "tables_one")
    parser.add_argument("--out", type=Path, default=ROOT / "src/dfe/assets/pyfeat/reading.npz")
    options = parser.parse_args()
    networks = Networks()
    once, both, poses = [], [], []
    for name, count in FACES.items():
        recording = Recording.read(options.tables / f"{name}.parquet")
        points = recording.landmarks()
        assert points is not None, "extract with --landmarks"
        found = np.flatnonzero(recording.success)
        for row in np.random.default_rng(0).choice(found, min(count, len(found)), replace=False):
            face = points[row].astype(np.float64)
            once.append(find_coefficients(networks, face, level=False)[1][1:])
            both.append(find_logits(networks, face)[1:])
            poses.append(recording.poses[row])
    weights, turned, middle = asymmetry(
        Looks(np.array(once, np.float64), np.array(poses, np.float64)), np.array(both, np.float64)
    )
    own = LinearMap.read(networks, both_ways=False)
    joined = LinearMap(weights @ own.logits, turned @ own.logits + own.pose, middle @ own.logits + own.bias)
    np.savez(options.out, **{part: value.astype(np.float32) for part, value in joined._asdict().items()})
    print(f"{options.out}: {options.out.stat().st_size / 1000:.0f} kB, from {len(once)} faces")


if __name__ == "__main__":
    main()
