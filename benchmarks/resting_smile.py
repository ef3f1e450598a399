"""How long somebody seems to smile whose resting face is not taken off (docs/designs.md).

    python benchmarks/resting_smile.py [--people 10]

Made-up people smile four times a minute. At rest each has lip corners a little up and out, as in a smile. `dfe events`
then counts smiles twice: against the person's own resting face, and with that put back, against everybody's.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.base.version import __version__
from dfe.displays.landmarks import moved_mm
from dfe.encoding.coders import add_tokens
from dfe.events.config import EventConfig
from dfe.events.find import find_events
from dfe.events.rates import rates
from dfe.recording.build import build_measured
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, RestingNote, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

SMILE = 7
"""The display of the default tokenizer that they smile with, and that their resting faces lean towards."""
PER_MIN, STRENGTH_MM, COURSE_S = 4, 2.5, (0.0, 0.3, 0.7, 1.0)
"""Smiles a minute, their height over the face, and when they begin to rise, are there, begin to fall and are gone."""
TREMBLE_MM = 0.03
RATE, SECONDS = 25, 120
AT_REST_MM = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)


class Smiled(NamedTuple):
    """Of one resting face, means over people."""

    at_rest_mm: float
    """Over the face."""
    corners_mm: float
    """How far the lip corners are from everybody's."""
    own: float
    """Share of time with a smile, against the person's own resting face."""
    everybodys: float
    """The same with the resting face put back."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10)
    options = parser.parse_args()
    print("at rest: mm over the face, mm at lip corners; share of time with a smile: own resting face, everybody's")
    for one in measure(load_tokenizer("default"), options.people):
        print(f"{one.at_rest_mm:4.2f} {one.corners_mm:5.2f} {one.own:7.1%} {one.everybodys:7.1%}", flush=True)


def measure(tokenizer: Tokenizer, people: int) -> list[Smiled]:
    """One line for each of :data:`AT_REST_MM`; the same people each time."""
    smile = tokenizer.displays().directions[SMILE - 1].astype(np.float64)
    places = moved_mm(tokenizer.space, smile[None])
    corner = np.mean([np.linalg.norm(places[f"lip corner {side}"][0]) for side in ("left", "right")])
    found = []
    for at_rest in AT_REST_MM:
        shares = np.array([_shares(tokenizer, smile, at_rest, np.random.default_rng(one)) for one in range(people)])
        found.append(Smiled(at_rest, at_rest * float(corner), *shares.mean(axis=0).tolist()))
    return found


def _shares(tokenizer: Tokenizer, smile: DoubleArray, at_rest: float, rng: np.random.Generator) -> tuple[float, float]:
    made = recording(tokenizer, _course(rng)[:, None] * smile, at_rest * smile, rng)
    return _smiling(made, EventConfig()), _smiling(made, EventConfig(resting_face="population"))


def _course(rng: np.random.Generator) -> DoubleArray:
    """Millimetres of the smile over time: evenly spread over the minutes, each at a moment of chance."""
    times, slot = np.arange(RATE * SECONDS) / RATE, 60 / PER_MIN
    begins = np.arange(SECONDS / slot) * slot + rng.uniform(1, slot - 2, int(SECONDS / slot))
    return STRENGTH_MM * sum(np.interp(times - begin, COURSE_S, (0, 1, 1, 0)) for begin in begins)


def recording(tokenizer: Tokenizer, x: DoubleArray, rest: DoubleArray, rng: np.random.Generator) -> Recording:
    """Somebody's movements, measured against the resting face that the recording says was taken off."""
    space, count = tokenizer.space, len(x)
    x = x + rng.normal(0, TREMBLE_MM, x.shape)
    measured = Measured(
        space=space,
        frame=np.arange(count),
        time_s=np.arange(count) / RATE,
        expression=x.astype(np.float32),
        success=np.ones(count, np.bool_),
        reason=[None] * count,
        confidence=np.ones(count, np.float32),
        box=np.tile(np.array([60, 60, 200, 200], np.float32), (count, 1)),
        pose=np.zeros((count, 3), np.float32),
    )
    made = Provenance(
        source=SourceInfo("somebody (made up)", "video", frames=count, frame_rate=float(RATE)),
        space=SpaceRef(space.id, space.version, space.hash),
        package_version=__version__,
        frontend={"name": "none: this person does not exist"},
        neutral=tokenizer.subject_neutral,
        resting=(RestingNote(0, "own", 478, 40.0, 0.9, {"rest": tuple(rest.tolist())}),),
    )
    return add_tokens(build_measured(measured, made, np.zeros(count, np.int64)), tokenizer)


def _smiling(made: Recording, config: EventConfig) -> float:
    return next(one.share for one in rates(find_events(made, config)) if one.token == "smile")


if __name__ == "__main__":
    main()
