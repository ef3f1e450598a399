import math

import pytest

from dfe.comparison.subjects import Coverage
from dfe.recording.neutrals import neutral_notes


@pytest.mark.parametrize(
    ("mean", "minutes", "words"),
    [
        ((0.95, 0.93), (5.0, 6.0), []),
        ((0.95, 0.93), (2.0, 10.0), ["5.0 times as long"]),
        ((0.95, 0.85), (5.0, 5.0), ["differs by 10%"]),
        ((0.7, 0.95), (12.0, 3.0), ["4.0 times as long", "differs by 25%"]),
        ((0.0, 0.9), (0.0, 5.0), ["differs by 90%"]),
    ],
)
def test_what_inflates_false_discoveries_is_said(mean, minutes, words):
    found = Coverage(("a", "b"), mean, minutes, 0.5, 0.5, (0.05, 0.05)).cautions
    assert len(found) == len(words)
    assert all(word in caution for word, caution in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("noise", "times"),
    [
        ((0.06, 0.15), "2.5 times as much on one side (0.15 and 0.06 mm"),
        ((0.3, 0.15), "2.0 times"),
        ((0.08, 0.15), None),
        ((0.03, 0.09), None),
        ((0.0, 0.2), None),
        ((math.nan, 0.2), None),
        ((0.2, math.nan), None),
        ((math.nan, math.nan), None),
        ((math.nan, 0.06, 0.15), "2.5 times"),
    ],
)
def test_noise_that_differs_is_said(noise, times):
    found = Coverage(("a", "b", "c")[: len(noise)], (0.9,) * 3, (5.0,) * 3, 0.5, 0.5, noise).cautions
    assert [times in caution for caution in found] == ([] if times is None else [True])


def test_different_resting_faces_are_said():
    assert neutral_notes(["the person's own"] * 3) == ()
    (said,) = neutral_notes(["the person's own", "everybody's", "the person's own"])
    assert "the person's own (2), everybody's (1)" in said
    assert "--neutral" in said
