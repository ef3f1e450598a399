"""The issue's measure on real tracks: 60, 30, 15 frames a second and uneven times agree within 10%."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest

import dfe
from dfe.clock.clock import Clock
from dfe.clock.resampling import Timeline
from dfe.events.blink import find_blinks
from dfe.events.config import EventConfig
from dfe.events.hysteresis import runs
from dfe.space.arkit import BLINK_NAMES, FACE_NAMES


def track(path):
    with gzip.open(path, "rt") as file:
        head, *rows = [row for row in csv.reader(file) if row and row[0]]
    names = [name[:1].lower() + name[1:] for name in head]
    rows = [row for row in rows if len(row) >= len(head)]
    t = np.array([np.dot([float(part) for part in row[0].split(":")], [3600, 60, 1, 1 / 60]) for row in rows])
    x = np.array([[float(cell) for cell in row[2:54]] for row in rows], np.float32).clip(0, 1)
    return t - t[0], *(x[:, [names.index(name) - 2 for name in wanted]] for wanted in (FACE_NAMES, BLINK_NAMES))


@pytest.mark.shared_data
def test_events_a_minute_do_not_depend_on_the_frame_rate(shared_data):
    tokenizer, config = dfe.load_tokenizer("dfe-face41@3"), EventConfig()
    counts: dict[tuple[str, str], list[float]] = {}
    naive: dict[str, float] = {}
    for path in sorted(shared_data.glob("arkit/neurosync_*.csv.gz")):
        t, x, lids = track(path)
        tokens = tokenizer.encode(x)
        uneven = np.flatnonzero(np.random.default_rng(0).random(len(t)) < 0.6)
        for rate, rows in {"60": np.arange(len(t)), "30": np.arange(0, len(t), 2), "15": np.arange(0, len(t), 4),
                           "uneven": uneven}.items():  # fmt: skip
            clock = Clock.of(t[rows])
            time = Timeline.of(clock, rate=config.rate, smoothing_s=config.smoothing_s)
            found = 0
            for _, amount in tokens.at(rows).signals():
                naive[rate] = naive.get(rate, 0) + int(((amount[1:] > 0) & (amount[:-1] == 0)).sum())
                events = runs(
                    time.smoothed(amount), time, on=config.on_mm, off=config.off_mm, min_s=config.min_s,
                    merge_s=config.merge_s,
                )  # fmt: skip
                found += int((~events.cut_before).sum())
            blinks = len(find_blinks(clock, lids[rows].astype(float), config))
            for kind, count in (("display", found), ("blink", blinks)):
                total = counts.setdefault((kind, rate), [0.0, 0.0])
                total[0], total[1] = total[0] + count, total[1] + clock.valid_s / 60
    for kind in ("display", "blink"):
        per_min = {rate: count / minutes for (k, rate), (count, minutes) in counts.items() if k == kind}
        assert per_min["60"] > 10
        for rate in ("30", "15", "uneven"):
            assert per_min[rate] == pytest.approx(per_min["60"], rel=0.1)
    assert naive["60"] > 5 * counts["display", "60"][0]
