"""How well cuts of a film are found: clips joined at known places, and clips without a cut for false alarms.

    python benchmarks/cuts.py FOLDER [FOLDER ...] [--joins 200] [--seed 0]

Each clip is read once. Joins take two seconds or less of two different clips, or of two far places in one clip (a jump
cut), at one size; dissolves mix the end of one clip with the beginning of another. Prints for each kind how many of the
joins were found, how many cuts were found elsewhere, and the minutes of film looked through. Clips that hold cuts
themselves are left out with --skip.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from dfe.media.dissolves import find_dissolves
from dfe.media.inputs import discover
from dfe.media.scenes import SCENE_SHAPE, find_cuts, scene_of
from dfe.media.video import Video

LONGEST = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--joins", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", nargs="*", default=[], help="names of clips that hold cuts")
    options = parser.parse_args()
    clips: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for source in discover(options.folders).sources:
        if source.kind == "video" and source.paths[0].name not in options.skip:
            frames = [(scene_of(f.image), f.time_s) for f in Video(source.paths[0]).frames() if f.image is not None]
            scenes, times = zip(*frames, strict=True)
            clips[source.paths[0].name] = np.array(scenes), np.array(times)
    alarms = {name: find_cuts(scenes, times) for name, (scenes, times) in clips.items()}
    minutes = sum(float(times[-1]) for _, times in clips.values()) / 60
    print(f"clips without a cut: {len(clips)}, {minutes:.1f} minutes, {sum(map(len, alarms.values()))} false alarms")
    for name, found in alarms.items():
        if len(found):
            print(f"  {name}: at {', '.join(f'{clips[name][1][place]:.2f} s' for place in found)}", file=sys.stderr)
    rng = np.random.default_rng(options.seed)
    for kind in ("two clips", "jump cut"):
        print(f"{kind}: " + joined(clips, kind, options.joins, rng))
    alarms = {name: find_dissolves(scenes, times) for name, (scenes, times) in clips.items()}
    print(f"clips without a dissolve: {sum(map(len, alarms.values()))} false alarms")
    for length in (6, 8, 10, 12, 18, 25, 38, 50):
        print(f"dissolve of {length} frames: {dissolved(clips, length, options.joins, rng)}")


def dissolved(
    clips: dict[str, tuple[np.ndarray, np.ndarray]], length: int, joins: int, rng: np.random.Generator
) -> str:
    """How many dissolves over so many frames from a clip to another are found, of those between clips long enough."""
    names = sorted(name for name, (scenes, _) in clips.items() if len(scenes) >= length + 20)
    share = (np.arange(1, length + 1) / (length + 1))[:, None, None]
    found, elsewhere = 0, 0
    for _ in range(joins):
        one, other = (clips[str(name)][0].astype(float) for name in rng.choice(names, 2, replace=False))
        one, other = one[: LONGEST + length], other[: LONGEST + length]
        begins = len(one) - length
        mixed = (1 - share) * one[begins:] + share * other[:length]
        film = np.concatenate([one[:begins], mixed, other[length:]])
        film = np.clip(film + rng.normal(0, 0.5, film.shape), 0, 255).astype(np.uint8)
        places = find_dissolves(film, np.arange(len(film)) / 25)
        right = [first < begins + length and last > begins for first, last in places.tolist()]
        found += any(right)
        elsewhere += len(right) - sum(right)
    return f"{found} of {joins} found, {elsewhere} elsewhere"


def joined(clips: dict[str, tuple[np.ndarray, np.ndarray]], kind: str, joins: int, rng: np.random.Generator) -> str:
    found, elsewhere, frames = 0, 0, 0
    for _ in range(joins):
        pair = rng.choice(sorted(clips), 2, replace=False) if kind == "two clips" else [rng.choice(sorted(clips))] * 2
        parts = [
            piece(clips[str(name)][0], rng, half if kind == "jump cut" else None) for half, name in enumerate(pair)
        ]
        scenes = np.concatenate(parts).reshape(-1, *SCENE_SHAPE)
        cuts = find_cuts(scenes, np.arange(len(scenes)) / 25).tolist()
        found += len(parts[0]) in cuts
        elsewhere += sum(cut != len(parts[0]) for cut in cuts)
        frames += len(scenes)
    return f"{found} of {joins} found, {elsewhere} elsewhere in {frames / 25 / 60:.1f} minutes"


def piece(scenes: np.ndarray, rng: np.random.Generator, half: int | None) -> np.ndarray:
    """Two seconds or less; of the first or the second half of the clip, if so asked."""
    low, high = (0, len(scenes)) if half is None else (half * len(scenes) // 2, (half + 1) * len(scenes) // 2)
    length = min(LONGEST, (high - low) // (1 if half is None else 2))
    start = int(rng.integers(low, high - length + 1))
    return scenes[start : start + length]


if __name__ == "__main__":
    main()
