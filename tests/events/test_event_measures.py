"""A sample of benchmarks/event_measures.py: durations under gaps, rates at risk, smoothing of short displays."""

from __future__ import annotations

import numpy as np
import pytest
from event_measures import brief, measure, own_time


def test_time_on_by_onsets_is_the_mean_duration_where_whole_events_are_too_short():
    done = measure(5.0, 15.0, 8.0, np.random.default_rng(1))
    assert done.whole_s < 0.85 * 5
    assert done.mean_s == pytest.approx(5, rel=0.06)


@pytest.mark.parametrize("duration", [0.5, 10.0])
def test_the_rate_at_risk_is_that_of_the_pauses_however_long_displays_last(duration):
    done = measure(duration, 60.0, 8.0, np.random.default_rng(2))
    assert done.at_risk == pytest.approx(6, rel=0.06)
    assert done.per_min == pytest.approx(60 / (10 + duration), rel=0.06)


@pytest.mark.parametrize(
    ("lasts", "peak", "found", "longer"), [(0.2, 0.5, 0, np.nan), (0.3, 1.0, 1, 0.14), (1.0, 1.0, 1, 0.06)]
)
def test_smoothing_does_to_short_displays_what_the_docs_say(lasts, peak, found, longer):
    share, length = brief(lasts, peak, 0.08, np.random.default_rng(3), 20)
    assert share == found
    assert length - own_time(lasts, peak, 0.1) == pytest.approx(longer, abs=0.02, nan_ok=True)
