"""Strength over parts of the time, against counting fine steps."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dfe.pages.course import Course
from dfe.report.recording_page import mean_strength


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 5)), min_size=1, max_size=40), st.integers(1, 12))
def test_mean_strength_equals_counting_fine_steps(rows, parts):
    seen = np.array([there for there, _ in rows])
    amount = np.array([mm for _, mm in rows])
    start = np.arange(len(rows)) / 10
    edges = np.linspace(0, len(rows) / 10, parts + 1)
    at = (np.arange(len(rows) * 1000) + 0.5) / 10_000
    fine = np.repeat(np.where(seen, amount, 0), 1000)
    counted = [fine[(at >= a) & (at < b)].mean() for a, b in pairwise(edges)]
    if seen.any():
        course = Course(0, start[seen], start[seen] + 0.1)
        np.testing.assert_allclose(mean_strength(course, amount[seen], edges), counted, atol=0.03)
