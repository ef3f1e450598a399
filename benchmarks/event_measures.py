"""How far durations and rates of events are off: by gaps and ends, by the time that displays take, by smoothing.

    python benchmarks/event_measures.py [--hours 40] [--seed 0]

Three tables in Markdown. Gaps: a display goes on and off (gamma durations, exponential pauses), the face is seen in
stretches of 15 to 60 s; the mean duration by whole events (as dfe did it) and by time on over onsets. Risk: pauses of
the same length between displays of 0.5 to 20 s; events per minute, and per minute in which the display could begin.
Smoothing: a display rises and falls as a raised cosine; what is found of it, and how long it is, with and without the
Gaussian of 80 ms, against the time for which the display itself is over the lower threshold.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np

from dfe.base.types import DoubleArray
from dfe.clock.clock import Clock
from dfe.clock.resampling import Timeline
from dfe.displays.units import DisplayName
from dfe.events.config import EventConfig
from dfe.events.found import EventList, FaceTime
from dfe.events.hysteresis import runs
from dfe.events.rates import rates
from dfe.formats.event import Event

SHAPE = 2.0
PAUSE_S = 10.0
DURATIONS_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
STRETCHES_S = (15.0, 30.0, 60.0)
BRIEF_S = (0.2, 0.3, 0.4, 0.6, 1.0, 2.0)
PEAKS_MM = (0.35, 0.5, 1.0, 2.0)
CAMERA = 30.0


class Measured(NamedTuple):
    """Of one display."""

    whole_s: float
    """Mean duration of events that begin and end in sight; NaN without any."""
    mean_s: float
    per_min: float
    at_risk: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    print(
        "| mean duration, s | "
        + " | ".join(f"stretches of {s:g} s: whole events | on / onsets" for s in STRETCHES_S)
        + " |"
    )
    print("|---:|" + "---:|---:|" * len(STRETCHES_S))
    for duration in DURATIONS_S:
        cells = []
        for stretch in STRETCHES_S:
            done = measure(duration, stretch, options.hours, rng)
            cells += [f"{done.whole_s / duration - 1:+.0%}", f"{done.mean_s / duration - 1:+.0%}"]
        print(f"| {duration:g} | " + " | ".join(cells) + " |")
    print(f"\n| mean duration, s | per minute | per minute at risk (true: {60 / PAUSE_S:g}) |\n|---:|---:|---:|")
    for duration in DURATIONS_S:
        done = measure(duration, 60.0, options.hours, rng)
        print(f"| {duration:g} | {done.per_min:.2f} | {done.at_risk:.2f} |")
    print("\n| from first to last movement, s | " + " | ".join(f"{p:g} mm" for p in PEAKS_MM) + " |")
    print("|---:|" + "---:|" * len(PEAKS_MM))
    for lasts in BRIEF_S:
        cells = [smoothing_words(lasts, peak, rng) for peak in PEAKS_MM]
        print(f"| {lasts:g} | " + " | ".join(cells) + " |")


def measure(duration_s: float, stretch_s: float, hours: float, rng: np.random.Generator) -> Measured:
    """Displays of one mean duration, seen in stretches of one length with gaps of 5 s between them."""
    whole = 3600 * hours
    count = int(whole / (duration_s + PAUSE_S) * 1.2) + 50
    pause = rng.exponential(PAUSE_S, count)
    lasts = rng.gamma(SHAPE, duration_s / SHAPE, count)
    onset = np.cumsum(pause + lasts) - lasts
    start = np.arange(0.0, whole - stretch_s, stretch_s + 5.0)
    seen = np.column_stack([start, start + stretch_s])
    events = []
    for low, high in seen:
        first, last = np.searchsorted(onset + lasts, low), np.searchsorted(onset, high)
        for place in range(first, last):
            begin, end = max(onset[place], low), min(onset[place] + lasts[place], high)
            cut = bool(begin == low or end == high)
            events.append(Event(0, "display", 1, "smile", "mouth", begin, (begin + end) / 2, end, 1.0, cut))
    found = EventList(
        tuple(events), "made", whole, (FaceTime(0, seen, seen, gaze=False, blinks=False, looks=False),), EventConfig(),
        names={1: DisplayName("smile", "mouth")},
    )  # fmt: skip
    rate = rates(found)[0]
    complete = [event.duration_s for event in events if not event.censored]
    assert rate.per_min is not None
    assert rate.per_min_at_risk is not None
    mean = np.nan if rate.mean_duration_s is None else rate.mean_duration_s
    return Measured(float(np.mean(complete)) if complete else np.nan, mean, rate.per_min, rate.per_min_at_risk)


def smoothing_words(lasts_s: float, peak_mm: float, rng: np.random.Generator) -> str:
    """Share found and mean duration as used, the same without smoothing, and the display's own time over 0.1 mm."""
    config = EventConfig()
    own = own_time(lasts_s, peak_mm, config.off_mm)
    said = []
    for smoothing in (config.smoothing_s, 0.0):
        found, length = brief(lasts_s, peak_mm, smoothing, rng)
        said.append(f"{found:.0%}, {length - own:+.2f} s" if found else "none")
    return f"{said[0]} ({said[1]})"


def own_time(lasts_s: float, peak_mm: float, off_mm: float) -> float:
    """For how long a raised cosine is over a threshold."""
    return float(lasts_s * np.arccos(np.clip(2 * off_mm / peak_mm - 1, -1, 1)) / np.pi)


def brief(
    lasts_s: float, peak_mm: float, smoothing_s: float, rng: np.random.Generator, tries: int = 200
) -> tuple[float, float]:
    """Share of displays that are found, and their mean duration; each at a time of its own between frames."""
    config, count = EventConfig(), round(tries * 5 * CAMERA)
    times = np.arange(count) / CAMERA
    signal = np.zeros(count)
    middle = 5.0 * np.arange(tries) + 2.5 + rng.uniform(0, 1 / CAMERA, tries)
    for at in middle:
        signal += _cosine(times - at, lasts_s) * peak_mm
    time = Timeline.of(Clock.of(times, 1 / CAMERA), rate=config.rate, smoothing_s=smoothing_s)
    got = runs(
        time.smoothed(signal), time, on=config.on_mm, off=config.off_mm, min_s=config.min_s, merge_s=config.merge_s
    )
    length = float((got.offset_s - got.onset_s).mean()) if len(got) else np.nan
    return len(got) / tries, length


def _cosine(at: DoubleArray, lasts_s: float) -> DoubleArray:
    return np.where(np.abs(at) < lasts_s / 2, (1 + np.cos(2 * np.pi * at / lasts_s)) / 2, 0.0)


if __name__ == "__main__":
    main()
