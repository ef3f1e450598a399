"""The benchmark's judge of events in noise: which events of two films are the same."""

import numpy as np
import pytest
from events_in_noise import common


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ([(0, 2)], [(0, 2)], 1),
        ([(0, 2)], [(1.2, 3)], 0),
        ([(0, 2)], [(1, 3)], 1),
        ([(0, 2)], [(3, 4)], 0),
        ([(0, 1), (1.5, 2.5)], [(0, 2.5)], 1),
        ([(0, 1), (1, 2)], [(0.1, 1.1), (1.1, 2.1)], 2),
        ([(0, 2), (5, 6)], [], 0),
    ],
)
def test_events_that_are_on_together_are_the_same_once(was, now, same):
    a, b = ({"smile": np.array(spans, float)} if spans else {} for spans in (was, now))
    assert common(a, b) == (len(was), len(now), same)
    assert common(b, a) == (len(now), len(was), same)


def test_another_display_at_the_same_time_is_another_event():
    assert common({"smile": np.array([[0.0, 1.0]])}, {"pucker": np.array([[0.0, 1.0]])}) == (1, 1, 0)
