"""How close the front end is to MediaPipe 1.2.2, and how far a still picture is from where it settles.

    python benchmarks/parity.py PHOTO CLIP [FOLDER OF PICTURES]

PHOTO and CLIP are the demo's; MediaPipe's outputs on them are stored in tests/fixtures/mediapipe_parity.npz. A picture
has settled when its landmarks have been found six more times, each time in the crop that the last ones place.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from dfe.base.types import Frame
from dfe.frontends.landmarks.coefficients import find_coefficients
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.crops import roi_from_landmarks
from dfe.frontends.landmarks.geometry import Geometry, angles
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.mesh import find_mesh
from dfe.media.image import images

STORED = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "mediapipe_parity.npz"
SETTLED = 6


def parity(photo: Path, clip: Path) -> None:
    stored = np.load(STORED, allow_pickle=False)
    frames = pictures_of(clip)
    shown = [pictures_of(photo)[0], *(frames[i] for i in stored["frames"])]
    front = LandmarkFrontEnd(LandmarkConfig(max_faces=1))
    faces = [seen.faces[0] for seen in front.observe([Frame(i, 0.0, p) for i, p in enumerate(shown)], still=True)]
    theirs, matrices = stored["landmarks"], stored["matrices"].astype(float)

    apart = [np.linalg.norm(f.landmarks[:, :2] - t[:, :2], axis=1).mean() for f, t in zip(faces, theirs, strict=True)]
    tell("landmarks, mean of a picture, px", apart)
    level = [np.abs(face.coefficients - c).mean() for face, c in zip(faces, stored["coefficients"], strict=True)]
    tell("coefficients (eyes levelled), mean of a picture", level)
    same = [find_coefficients(front.networks, points, level=False)[0] for points in theirs]
    tell("coefficients of the same landmarks, largest", np.abs(np.array(same) - stored["coefficients"]).max(1))
    pose = [np.degrees(np.abs(np.array([f.pitch, f.yaw, f.roll]) - angles(m[:3, :3]))).max() for f, m in
            zip(faces, matrices, strict=True)]  # fmt: skip
    tell("pose, largest angle, degrees", pose)
    geometry = Geometry(front.networks)
    turned = [
        np.abs(geometry(points.astype(float), p.shape[1], p.shape[0]).rotation - m[:3, :3]).max()
        for points, p, m in zip(theirs, shown, matrices, strict=True)
    ]
    tell("rotation from the same landmarks, largest", turned)


def settling(folder: Path) -> None:
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    for passes, twice in ((1, False), (2, True)):
        front = LandmarkFrontEnd(LandmarkConfig(max_faces=1, second_pass=twice))
        apart = []
        for frame in images(paths):
            (seen,) = front.observe([frame], still=True)
            if seen.faces and frame.image is not None:
                points = seen.faces[0].landmarks
                for _ in range(SETTLED):
                    points = find_mesh(front.networks, frame.image, roi_from_landmarks(points)).points
                apart.append(np.abs(find_coefficients(front.networks, points)[0] - seen.faces[0].coefficients).mean())
        tell(f"stills, passes: {passes}; mean of a picture ({len(apart)})", apart)


def pictures_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as media:
        return [np.ascontiguousarray(frame.to_ndarray(format="rgb24")) for frame in media.decode(video=0)]


def tell(what: str, values: Sequence[float] | np.ndarray) -> None:
    print(f"{what:<50} {np.min(values):.2g} to {np.max(values):.2g}, median {np.median(values):.2g}")


if __name__ == "__main__":
    parity(Path(sys.argv[1]), Path(sys.argv[2]))
    if len(sys.argv) > 3:
        settling(Path(sys.argv[3]))
