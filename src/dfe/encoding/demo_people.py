"""A small study of people who do not exist: recordings and a table of groups to try comparisons on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.files import refuse_existing, replacing
from dfe.base.types import FloatArray, Progress
from dfe.base.version import __version__
from dfe.encoding.coders import add_tokens
from dfe.recording.build import build_measured
from dfe.recording.measured import Measured
from dfe.recording.provenance import Provenance, RestingNote, SourceInfo, SpaceRef
from dfe.recording.recording import Recording
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

GROUPS = ("A", "B")
RATE, SECONDS = 15, 120
RISE_S, HOLD_S = 0.4, 0.8
SMILE, BROWS, JAW = 7, 2, 18
"""Displays of the default tokenizer that the people show."""
PER_MIN = {SMILE: (3.0, 8.0), BROWS: (4.0, 4.0), JAW: (3.0, 3.0)}
"""How often a minute, on average, people of the two groups show each: they differ in smiles alone."""
STRENGTH_MM = {SMILE: 2.5, BROWS: 1.5, JAW: 2.0}
SPREAD = 15.0
"""Shape of the gamma distribution of people's own rates: the smaller, the more they differ."""
TREMBLE_MM = 0.03


class MadePeople(NamedTuple):
    """What was written."""

    recordings: Path
    """Folder with a recording of each person."""
    table: Path
    """CSV: recording, subject, group, age."""
    people: int


def write_demo_people(
    folder: Path, people: int, *, overwrite: bool = False, progress: Progress | None = None
) -> MadePeople:
    """Write recordings of so many made-up people in two groups, and the table that says who is in which.

    People of group B smile between two and three times as often as people of group A; all else is alike. It is the
    same study each time.

    Args:
        folder: gets ``recordings/`` and ``people.csv``.
        people: how many, of both groups together; they alternate.
        overwrite: replace files that are there.
        progress: told of people done.

    Raises:
        OutputError: a file exists (without ``overwrite``) or cannot be written.
    """
    table = folder / "people.csv"
    refuse_existing(table, overwrite=overwrite)
    tokenizer, rng = load_tokenizer("default"), np.random.default_rng(0)
    rows = []
    for number in range(people):
        name, group = f"person{number + 1:02d}", number % len(GROUPS)
        made = _recording(tokenizer, _expressions(tokenizer, group, rng), name)
        made.write(folder / "recordings" / f"{name}.parquet", overwrite=overwrite)
        rows.append((name, name, GROUPS[group], int(rng.integers(20, 60))))
        if progress is not None:
            progress(number + 1, people)
    with replacing(table, overwrite=overwrite) as (file,):
        file.write(csv_text(("recording", "subject", "group", "age"), rows).encode())
    return MadePeople(folder / "recordings", table, people)


def _expressions(tokenizer: Tokenizer, group: int, rng: np.random.Generator) -> FloatArray:
    """Expressions ``(n, D)`` of one person: displays that come at random moments, and a little trembling."""
    times = np.arange(RATE * SECONDS) / RATE
    space = tokenizer.space
    x = rng.normal(0, TREMBLE_MM, (len(times), space.dimension)).astype(np.float32)
    of_one_mm = tokenizer.displays().directions
    for display, rates in PER_MIN.items():
        own = rates[group] * rng.gamma(SPREAD, 1 / SPREAD)
        for start in rng.uniform(0, SECONDS, rng.poisson(own * SECONDS / 60)):
            course = np.interp(times - start, [0, RISE_S, RISE_S + HOLD_S, 2 * RISE_S + HOLD_S], [0, 1, 1, 0])
            x += np.outer(course, STRENGTH_MM[display] * rng.uniform(0.6, 1.4) * of_one_mm[display - 1]).astype(
                np.float32
            )
    return x


def _recording(tokenizer: Tokenizer, x: FloatArray, name: str) -> Recording:
    space, count = tokenizer.space, len(x)
    measured = Measured(
        space=space,
        frame=np.arange(count),
        time_s=np.arange(count) / RATE,
        expression=x,
        success=np.ones(count, np.bool_),
        reason=[None] * count,
        confidence=np.ones(count, np.float32),
        box=np.tile(np.array([60, 60, 200, 200], np.float32), (count, 1)),
        pose=np.zeros((count, 3), np.float32),
    )
    made = Provenance(
        source=SourceInfo(f"{name} (made up)", "video", frames=count, frame_rate=float(RATE)),
        space=SpaceRef(space.id, space.version, space.hash),
        package_version=__version__,
        frontend={"name": "none: this person does not exist"},
        neutral=tokenizer.subject_neutral,
        resting=(RestingNote(None, "population", 478),),
    )
    return add_tokens(build_measured(measured, made, np.zeros(count, np.int64)), tokenizer)
