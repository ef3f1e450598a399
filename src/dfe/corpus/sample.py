"""How long a run will take and how much room it needs: measured on a few seconds of the media themselves."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from dfe.base.errors import DfeError
from dfe.encoding.finish import assembled, coders_for
from dfe.encoding.options import EncodeOptions
from dfe.encoding.tasks import observe, plan
from dfe.media.inputs import Source
from dfe.pages import formats

FILES = 4
_MOMENT_S = 0.2


class Sample(NamedTuple):
    """What encoding a sample cost."""

    frames: int
    seconds: float
    """Of one processor, without starting up."""
    bytes_per_recording: float
    """Of a table without rows."""
    bytes_per_frame: float
    """Of what each frame adds."""


class Estimate(NamedTuple):
    """What a run will take, at the pace of the sample."""

    processor_hours: float
    bytes: int

    def words(self, workers: int) -> str:
        """``about 3 h 06 min with 2 workers, 1.2 GB of tables``."""
        took = formats.seconds(3600 * self.processor_hours / workers)
        return f"about {took} with {formats.count(workers, 'worker')}, {in_room(self.bytes)} of tables"


class ToMeasure(NamedTuple):
    """What a worker measures."""

    sources: tuple[Source, ...]
    options: EncodeOptions
    """Of the encoding; tokens and tables are made as in the run."""
    seconds: float
    """Of media, over all films."""


def some_of(sources: Sequence[Source]) -> tuple[Source, ...]:
    """Up to four films that lie apart."""
    step = max(1, len(sources) // FILES)
    return tuple(sources[at] for at in range(0, len(sources), step))[:FILES]


def measure(task: ToMeasure) -> Sample:
    """Encode so many seconds of some films; those that cannot be read count nothing.

    The first film is also encoded for a moment only, which opens the networks and tells what a table takes by itself.
    """
    some, options, seconds = task
    frames, took = 0, 0.0
    moment: tuple[int, int] | None = None
    slopes: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for at, source in enumerate(some):
            cut = replace(options, start_s=None, end_s=seconds / len(some))
            try:
                if moment is None:
                    moment = _encode(source, replace(cut, end_s=_MOMENT_S), Path(folder) / "moment.parquet")
                began = time.process_time()
                seen, size = _encode(source, cut, Path(folder) / f"{at}.parquet")
            except DfeError:
                continue
            took += time.process_time() - began
            frames += seen
            slopes.append(max(0.0, size - moment[1]) / max(1, seen - moment[0]))
    if moment is None or not slopes:
        return Sample(0, 0.0, 0.0, 0.0)
    slope = sum(slopes) / len(slopes)
    return Sample(frames, took, max(0.0, moment[1] - slope * moment[0]), slope)


def in_room(size: float) -> str:
    """``310 MB``, ``1.2 GB``."""
    return f"{size / 1e6:.0f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB" if size < 1e12 else f"{size / 1e12:.1f} TB"


def _encode(source: Source, options: EncodeOptions, table: Path) -> tuple[int, int]:
    """Frames seen, and bytes of their table."""
    seen = observe(plan(source, options, cut=False)[0])
    assembled([seen], options, coders_for(options)).write(table)
    return seen.frames, table.stat().st_size
