"""Whether looks could be left out where a face did not move: in how many frames landmarks hardly move.

    python benchmarks/stillness.py FILM...

Distances are means over the landmarks of the largest face, from a frame to the one before it, in pixels of the crop
that the landmark network sees (256 px).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dfe.base.types import Frame
from dfe.frontends.landmarks.crops import roi_from_landmarks
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.mesh import CROP_SIZE
from dfe.media.film import open_film

FRAMES = 300
SMALL = (0.05, 0.1, 0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("films", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=FRAMES)
    options = parser.parse_args()
    print(f"frames, same pictures, median px, {', '.join(f'share below {limit} px' for limit in SMALL)}")
    for film in options.films:
        moved, same = movements(film, options.frames)
        shares = "  ".join(f"{(moved < limit).mean():.1%}" for limit in SMALL)
        print(f"{film.name}: {len(moved)}  {same}  {np.median(moved):.2f}  {shares}", flush=True)
    return 0


def movements(film: Path, count: int) -> tuple[np.ndarray, int]:
    """How far landmarks move from each frame to the next, and how many pictures repeat the one before to the bit."""
    distances, before, same = [], None, 0

    def noted() -> Iterator[Frame]:
        nonlocal same
        last = None
        for frame in open_film([film]).frames(last=count):
            same += last is not None and frame.image is not None and np.array_equal(frame.image, last)
            last = frame.image
            yield frame

    for seen in LandmarkFrontEnd().observe(noted(), still=False):
        face = next(iter(seen.faces), None)
        points = None if face is None or face.landmarks is None else face.landmarks[:, :2].astype(float)
        if points is not None and before is not None:
            apart = np.linalg.norm(points - before, axis=1).mean()
            distances.append(apart * CROP_SIZE / roi_from_landmarks(points).size)
        before = points
    return np.array(distances), same


if __name__ == "__main__":
    sys.exit(main())
