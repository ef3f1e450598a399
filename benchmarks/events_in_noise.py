"""Are the events of a noisy film those of the clean one, and how many has a still face in more and more noise?

    python benchmarks/events_in_noise.py [--data ../shared/data] [--films FOLDER]

Films of people who speak (six of GRID, three others) are written anew with the noise of a worse sensor, measured by the
front end, and their events held against those of the films as they are: same display, same face, and on together for at
least 0.3 of the time in which either is on. Found again is F1, twice the events of both over their sum. Still faces:
three neutral and three smiling photographs of ``london/`` filmed for 10 s at 25 frames a second. Noise is that of
:func:`dfe.recording.noise.noise_mm`. --films keeps the films that were made. Prints tables in Markdown.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from events import EVERY_ROW, film, per_minute, write

import dfe
from dfe.displays.vocabulary import vocabulary_of
from dfe.events.finding import detect
from dfe.recording.noise import noise_mm
from dfe.recording.recording import Recording

NOISE = 12.0
LEVELS = (0.0, 10.0, 20.0)
"""Standard deviation of the sensor's noise, of 255 grey levels."""
ALIKE = 0.3
"""Two events are one if the time in which both are on is at least this share of that in which either is."""
SPEAKERS = ("WolfgangLanger_Pexels", "cap12_edit", "franck_140-160s")
STILL = ("025_03", "069_03", "086_03", "008_08", "009_08", "129_08")
KINDS = ("display", "group")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--films", type=Path)
    options = parser.parse_args()
    tokenizer = dfe.load_tokenizer()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.films or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"\nFilms of people, and the same with noise of {NOISE:g} grey levels\n")
        against_clean(options.data, folder, tokenizer)
        print("\nStill faces, by the sensor's noise\n")
        still_by_noise(options.data, folder, tokenizer)


def against_clean(data: Path, folder: Path, tokenizer: dfe.Tokenizer) -> None:
    """How many events of a film are found again in its noisy copy, and how many others."""
    clean = [*sorted(data.glob("video/grid_*.mpg")), *(data / "clips" / f"{name}.mp4" for name in SPEAKERS)]
    noisy = [folder / f"{path.stem}_noisy.mp4" for path in clean]
    for seed, (path, target) in enumerate(zip(clean, noisy, strict=True)):
        if not target.exists():
            worse(path, target, seed)
    print("| film | noise, mm | with more | displays | with more | found again | groups | with more | found again |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    total = np.zeros((2, 3), np.int64)
    for path, was, now in zip(clean, dfe.encode(clean), dfe.encode(noisy), strict=True):
        same = np.array([common(shown(was, tokenizer, kind), shown(now, tokenizer, kind)) for kind in KINDS])
        total += same
        print(f"| {path.stem} | {trembling(was, tokenizer):.2f} | {trembling(now, tokenizer):.2f} | {said(same)} |")
    print(f"| **all** | | | {said(total)} |")


def said(same: np.ndarray) -> str:
    """Events of the clean film, of the noisy one, and twice those of both over their sum (F1), by kind."""
    return " | ".join(f"{was} | {now} | {2 * both / max(was + now, 1):.2f}" for was, now, both in same)


def still_by_noise(data: Path, folder: Path, tokenizer: dfe.Tokenizer) -> None:
    """What begins on faces that never move."""
    print("| grey levels | noise, mm | displays a minute | groups |\n|---:|---:|---:|---:|")
    for level in LEVELS:
        films = [folder / f"{name}_{level:g}.mp4" for name in STILL]
        for seed, (name, target) in enumerate(zip(STILL, films, strict=True)):
            if not target.exists():
                film(data / "london" / f"{name}.jpg", target, seed, seconds=10, rate=25, size=480, noise=level)
        recordings = dfe.encode(films)
        counts = [per_minute(recording, tokenizer) for recording in recordings]
        rate = [sum(one[kind][0] for one in counts) / sum(one[kind][1] for one in counts) for kind in KINDS]
        noise = np.median([trembling(recording, tokenizer) for recording in recordings])
        print(f"| {level:g} | {noise:.2f} | {rate[0]:.1f} | {rate[1]:.1f} |")


def trembling(recording: Recording, tokenizer: dfe.Tokenizer) -> float:
    """Noise of face 0 in mm."""
    rows = recording.success & (recording.face_ids == 0)
    found = noise_mm(recording.frames[rows], recording.expressions()[rows], tokenizer.space)
    return np.nan if found is None else found


def shown(recording: Recording, tokenizer: dfe.Tokenizer, kind: str) -> dict[str, np.ndarray]:
    """Onset and offset of each event of face 0, by label."""
    found: dict[str, list[tuple[float, float]]] = {}
    for event in detect(recording, tokenizer, EVERY_ROW, vocabulary=vocabulary_of(tokenizer)):
        if event.kind == kind and event.face_id == 0:
            found.setdefault(event.label, []).append((event.onset_s, event.offset_s))
    return {label: np.array(spans) for label, spans in found.items()}


def common(was: dict[str, np.ndarray], now: dict[str, np.ndarray]) -> tuple[int, int, int]:
    """Events of either, and those of both: pairs of one label, one to one, the most alike first."""
    both = 0
    for label in was.keys() & now.keys():
        a, b = was[label][:, None], now[label][None]
        shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
        either = np.maximum(a[..., 1], b[..., 1]) - np.minimum(a[..., 0], b[..., 0])
        alike = shared / either
        while alike.max(initial=0) >= ALIKE:
            i, j = np.unravel_index(int(alike.argmax()), alike.shape)
            alike[i], alike[:, j], both = -1, -1, both + 1
    return sum(map(len, was.values())), sum(map(len, now.values())), both


def worse(path: Path, target: Path, seed: int) -> None:
    """A film as a worse sensor would have taken it."""
    import av

    rng = np.random.default_rng(seed)
    with av.open(str(path)) as source:
        video = source.streams.video[0]
        frames = (frame.to_ndarray(format="bgr24").astype(np.float32) for frame in source.decode(video))
        size = video.width // 2 * 2, video.height // 2 * 2
        write(
            target,
            video.average_rate,
            size,
            (frame[: size[1], : size[0]] + rng.normal(0, NOISE, (size[1], size[0], 3)) for frame in frames),
        )


if __name__ == "__main__":
    main()
