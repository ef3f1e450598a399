"""How far lids close in posed winks and elsewhere, by which the thresholds of the eyes' displays were set.

    python benchmarks/eyes.py [--data ../shared/data] [--out eyes.json]

Yale's people, photographed at rest, with closed eyes, winking, with other looks, with glasses and in other light, are
measured by the face model as users measure them. What each lid closes is told as :mod:`dfe.recording.eyes` tells it:
against everybody's usual opening, since one picture does not say what is usual for a person.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dfe.base.types import DoubleArray
from dfe.displays.units import LIDS_ON_MM, ONE_LID_ON_MM
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode
from dfe.recording.eyes import eye_signals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    figures = measure(sorted((options.data / "yale").glob("*.gif")))
    for line in told(figures):
        print(line)
    if options.out is not None:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def lids(pictures: Sequence[Path]) -> DoubleArray:
    """``(n, 3)`` mm of each picture: what both lids close, and the left and the right one beyond it; NaN: no face."""
    place = {path.name: row for row, path in enumerate(pictures)}
    amounts = np.full((len(pictures), 3), np.nan)
    for made in encode(list(pictures), options=EncodeOptions(space=Path("dfe-face"), tokenizer=None)):
        eyes = eye_signals(made, made.usable)
        if eyes is not None:
            amounts[[place[name] for name in made.column("source")]] = eyes.amount[:, :3]
    return amounts


def measure(pictures: Sequence[Path]) -> dict[str, dict[str, float]]:
    """By what the pictures show: how many, how far one lid closes beyond the other, and how far both close."""
    amounts = lids(pictures)
    shows = np.array([path.stem.partition("_")[2] for path in pictures])
    groups = {kind: shows == kind for kind in sorted(set(shows.tolist()))} | {"all but winks": shows != "wink"}
    known = np.isfinite(amounts).all(axis=1)
    return {name: _of(amounts[rows & known]) for name, rows in groups.items() if (rows & known).any()}


def _of(amounts: DoubleArray) -> dict[str, float]:
    one = np.abs(amounts[:, 1] - amounts[:, 2])
    both = amounts[:, 0]
    return {
        "faces": len(amounts),
        "one_lid_least_mm": float(one.min()),
        "one_lid_median_mm": float(np.median(one)),
        "one_lid_most_mm": float(one.max()),
        "one_lid_told": int((one >= ONE_LID_ON_MM).sum()),
        "left_lid": int((amounts[:, 1] > amounts[:, 2]).sum()),
        "both_lids_median_mm": float(np.median(both)),
        "both_lids_most_mm": float(both.max()),
        "both_lids_told": int((both >= LIDS_ON_MM).sum()),
    }


def told(figures: dict[str, dict[str, float]]) -> list[str]:
    """The figures as a table."""
    head = ("pictures", "faces", "one lid beyond the other, mm: least", "median", "most", f"at {ONE_LID_ON_MM} mm")
    head = (*head, "more left", "both lids, mm: median", "most", f"at {LIDS_ON_MM:g} mm")
    lines = [" | ".join(head)]
    for name, values in figures.items():
        cells = [f"{value:.2f}" if isinstance(value, float) else str(value) for value in values.values()]
        lines.append(" | ".join((name, *cells)))
    return lines


if __name__ == "__main__":
    main()
