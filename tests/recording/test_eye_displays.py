"""Displays of the eyes: known lids and gaze, mirrored films, and pictures of people who wink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from eyes import measure
from hypothesis import given
from hypothesis import strategies as st

from dfe.displays.units import EYES, GAZE_ON_DEG, LIDS_ON_MM, ONE_LID_ON_MM
from dfe.recording.eyes import LOOKS_UP_DEG, OPEN_MM, Looking, Usual, amounts, eye_signals
from dfe.space.arkit import GAZE_NAMES
from made_study import recording

TOKENS = [unit.token for unit in EYES]
USUAL = Usual((8.0, 8.0), (0.0, 9.0), "own")
MIRRORED = [
    TOKENS.index(t) for t in ("lids", "lids right", "lids left", "gaze right", "gaze left", "gaze up", "gaze down")
]


def of(opening, gaze) -> dict[str, float]:
    one = amounts(Looking(np.array([opening], float), np.array([gaze], float), True), USUAL)[0]
    return dict(zip(TOKENS, one.tolist(), strict=True))


def test_what_both_lids_do_and_what_one_does_beyond_are_told_apart():
    assert of((2.0, 2.5), (0, 9)) == pytest.approx(dict.fromkeys(TOKENS, 0.0) | {"lids": 5.5, "lids left": 0.5})
    assert of((8.5, 3.0), (0, 9)) == pytest.approx(dict.fromkeys(TOKENS, 0.0) | {"lids right": 5.0})


def test_gaze_is_told_in_degrees_from_the_usual_direction_and_not_of_shut_eyes():
    assert of((8, 8), (15, 4)) == pytest.approx(dict.fromkeys(TOKENS, 0.0) | {"gaze left": 15, "gaze down": 5})
    assert of((8, 8), (-20, 30)) == pytest.approx(dict.fromkeys(TOKENS, 0.0) | {"gaze right": 20, "gaze up": 21})
    assert of((1, 1), (30, 9))["gaze left"] == 0


@given(st.lists(st.tuples(*[st.floats(0, 12)] * 2, *[st.floats(-40, 40)] * 2), min_size=1, max_size=20))
def test_mirrored_eyes_show_the_mirrored_displays(rows):
    values = np.array(rows)
    straight = amounts(Looking(values[:, :2], values[:, 2:], True), USUAL)
    turned = amounts(Looking(values[:, 1::-1], values[:, 2:] * [-1, 1], True), USUAL)
    np.testing.assert_allclose(turned, straight[:, MIRRORED])


def film(blink, left_look, seconds=10.0):
    count = len(blink)
    gaze = np.zeros((count, len(GAZE_NAMES)), np.float32)
    names = list(GAZE_NAMES)
    gaze[:, names.index("eyeLookOutLeft")] = gaze[:, names.index("eyeLookInRight")] = np.maximum(left_look, 0)
    gaze[:, names.index("eyeLookInLeft")] = gaze[:, names.index("eyeLookOutRight")] = np.maximum(-left_look, 0)
    times = np.linspace(0, seconds, count, endpoint=False)
    return recording(np.zeros((count, 41), np.float32), times, gaze=gaze, blink=np.asarray(blink, np.float32))


def test_a_persons_own_eyes_are_the_measure_even_if_they_are_shut_half_of_the_time():
    blink = np.full((300, 2), 0.25)
    blink[:140] = 0.8
    look = np.full(300, 0.2)
    look[250:] = 0.8
    made = film(blink, look)
    found = eye_signals(made, made.usable)
    assert found.usual[0].whose == "own"
    assert not found.measured
    assert found.says[:140, 0].all()
    assert not found.says[140:, 0].any()
    assert found.says[250:, TOKENS.index("gaze left")].all()
    assert not found.says[140:250, TOKENS.index("gaze left")].any()


def test_a_mirrored_film_has_the_mirrored_displays():
    rng = np.random.default_rng(2)
    blink = np.clip(rng.gamma(1, 0.2, (300, 2)), 0, 1)
    look = np.clip(rng.normal(0, 0.5, 300), -1, 1)
    made, turned = film(blink, look), film(blink[:, ::-1], -look)
    one, other = (eye_signals(m, m.usable) for m in (made, turned))
    np.testing.assert_allclose(other.amount, one.amount[:, MIRRORED], atol=1e-4)
    assert one.says.any(axis=0).sum() >= 5


def test_pictures_and_short_films_are_measured_against_everybody():
    blink = np.full((20, 2), 0.15)
    short = film(blink, np.zeros(20), seconds=0.8)
    usual = eye_signals(short, short.usable).usual[0]
    assert usual == Usual((OPEN_MM, OPEN_MM), (0.0, LOOKS_UP_DEG), "population")
    stills = recording(np.zeros((3, 41), np.float32), np.full(3, np.nan), blink=blink[:3].astype(np.float32))
    assert eye_signals(stills, stills.usable).usual[0].whose == "population"


def test_a_recording_without_lids_and_gaze_says_nothing_of_the_eyes():
    made = recording(np.zeros((5, 41), np.float32), np.arange(5) / 25)
    assert eye_signals(made, made.usable) is None


def test_thresholds_stand_over_what_looking_down_does_to_the_lids():
    assert LIDS_ON_MM >= 4
    assert ONE_LID_ON_MM > 0.9  # the most that a lid of 149 faces which do not wink closes beyond the other
    assert GAZE_ON_DEG == 10


@pytest.mark.shared_data
def test_the_lid_that_winks_is_told_in_all_of_yales_people(shared_data: Path):
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode

    winks = sorted((shared_data / "yale").glob("*wink.gif"))
    made = encode(winks, options=EncodeOptions(space=Path("dfe-face"), tokenizer=None))
    found = [eye_signals(one, one.usable) for one in made]
    assert all(one.measured for one in found)
    left = np.concatenate([eyes.amount[one.success][:, 1:3] for one, eyes in zip(made, found, strict=True)])
    assert len(left) == 15
    # All fifteen close the left eye.
    assert (left[:, 0] > left[:, 1] + 0.4).all()


@pytest.mark.shared_data
def test_the_docs_tell_what_the_benchmark_finds(shared_data: Path):
    found = measure(sorted((shared_data / "yale").glob("*.gif")))
    winks, others, shut = found["wink"], found["all but winks"], found["sleepy"]
    assert (winks["faces"], winks["left_lid"], winks["one_lid_told"]) == (15, 15, 9)
    assert (winks["one_lid_least_mm"], winks["one_lid_most_mm"]) == pytest.approx((0.6, 2.8), abs=0.05)
    assert (others["faces"], others["one_lid_told"]) == (149, 0)
    assert others["one_lid_most_mm"] == pytest.approx(0.9, abs=0.05)
    assert (shut["both_lids_told"], others["both_lids_told"]) == (14, 15)
    assert shut["both_lids_median_mm"] == pytest.approx(5.8, abs=0.05)
