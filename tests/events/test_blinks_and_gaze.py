"""Blinks and shifts of gaze of eyes whose movements are known."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.clock.clock import Clock
from dfe.clock.resampling import Timeline
from dfe.events.blink import RATE, find_blinks, top_hat
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.events.gaze import find_shifts
from dfe.recording.eyes import MM_PER_BLINK, gaze_angles
from dfe.space.arkit import GAZE_NAMES

CAMERAS = {f"{rate}/s": np.arange(round(20 * rate)) / rate for rate in (60, 30, 25, 15)}
CAMERAS["uneven"] = np.cumsum(np.random.default_rng(3).uniform(1 / 60, 1 / 14, 500))


def lids(t, *blinks, usual=0.1):
    """Both lids: ``usual``, and blinks of (middle, whole duration), shut for a third of it."""
    closed = np.full(len(t), usual)
    for middle, duration in blinks:
        away = np.abs(t - middle) / duration
        closed = np.maximum(closed, np.interp(away, [1 / 6, 1 / 2], [0.9, usual]))
    return np.column_stack([closed, closed])


def looking(t, *moves):
    """Columns of gaze: (time, to the left, up) from then on, each move taking 60 ms."""
    times, left, up = [0.0], [0.0], [0.0]
    for at, x, y in moves:
        times += [at, at + 0.06]
        left += [left[-1], x]
        up += [up[-1], y]
    x, y = np.interp(t, times, left), np.interp(t, times, up)
    columns = dict.fromkeys(GAZE_NAMES, np.zeros(len(t)))
    for positive, negative, value in (
        ("eyeLookOutLeft", "eyeLookInLeft", x), ("eyeLookInRight", "eyeLookOutRight", x),
        ("eyeLookUpLeft", "eyeLookDownLeft", y), ("eyeLookUpRight", "eyeLookDownRight", y),
    ):  # fmt: skip
        columns[positive], columns[negative] = value.clip(0), (-value).clip(0)
    return np.column_stack([columns[name] for name in GAZE_NAMES])


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_blink_is_found_once_whatever_the_camera(camera):
    t = CAMERAS[camera]
    middles, durations = np.arange(1.0, 18, 1.7), np.tile([0.2, 0.3, 0.4], 4)[:10]
    found = find_blinks(Clock.of(t), lids(t, *zip(middles, durations, strict=True)), EventConfig())
    assert len(found) == 10
    assert np.allclose((found.onset_s + found.offset_s) / 2, middles, atol=0.05)
    assert (found.offset_s - found.onset_s < 0.5).all()
    assert (found.peak > 0.25).all()


def test_looking_down_winks_and_long_closures_are_no_blinks():
    t = CAMERAS["30/s"]
    down = np.where((t > 5) & (t < 9), 0.6, 0.1)
    shut = np.where((t > 12) & (t < 13.5), 0.95, 0.1)
    assert len(find_blinks(Clock.of(t), np.column_stack([down, down]), EventConfig())) == 0
    assert len(find_blinks(Clock.of(t), np.column_stack([shut, shut]), EventConfig())) == 0
    wink = lids(t, (6.0, 0.3))
    wink[:, 1] = 0.1
    assert len(find_blinks(Clock.of(t), wink, EventConfig())) == 0
    both = lids(t, (7.0, 0.3))
    assert len(find_blinks(Clock.of(t), np.maximum(both, down[:, None]), EventConfig())) == 1


def test_the_top_hat_is_the_signal_less_what_lasts_at_least_the_window():
    rng = np.random.default_rng(0)
    t = np.cumsum(rng.choice([0.02, 0.02, 0.02, 0.02, 0.4], 300))
    window = 7
    time = Timeline.of(Clock.of(t), rate=RATE, room=window + 1)
    s = time.resampled(rng.random(300))
    hat = top_hat(s, time, window)
    for number in range(len(time.spans)):
        mine = s[time.stretch == number]
        spans = [mine[max(k, 0) : k + window] for k in range(1 - window, len(mine))]
        low = [span.min() for span in spans]
        opened = [max(low[k : k + window]) for k in range(len(mine))]
        assert np.allclose(hat[time.stretch == number], mine - opened)


@pytest.mark.parametrize("camera", CAMERAS)
def test_shifts_of_gaze_have_the_subjects_own_direction_whatever_the_camera(camera):
    t = CAMERAS[camera]
    moves = [(2, 0.4, 0), (4, 0, 0), (6, 0, 0.5), (8, 0, 0), (10, -0.3, 0.1), (12, -0.3, -0.4)]
    found = find_shifts(Clock.of(t), looking(t, *moves), None, EventConfig())
    assert found.direction == ("left", "right", "up", "down", "right", "down")
    assert np.allclose(found.runs.apex_s, [at + 0.03 for at, _, _ in moves], atol=0.08)
    assert np.allclose(found.runs.peak, [0.4, 0.4, 0.5, 0.5, np.hypot(0.3, 0.1), 0.5], atol=0.04)
    assert (found.runs.offset_s - found.runs.onset_s < 0.3).all()


def test_slow_drifts_small_shifts_and_falling_lids_are_no_shifts():
    t = CAMERAS["30/s"]
    drift = looking(t)
    drift[:, GAZE_NAMES.index("eyeLookOutLeft")] = drift[:, GAZE_NAMES.index("eyeLookInRight")] = t / 20
    assert len(find_shifts(Clock.of(t), drift, None, EventConfig()).runs) == 0
    assert len(find_shifts(Clock.of(t), looking(t, (5, 0.1, 0)), None, EventConfig()).runs) == 0
    dip = looking(t, (5.0, 0, -0.4), (5.3, 0, 0))
    assert len(find_shifts(Clock.of(t), dip, None, EventConfig()).runs) > 0
    assert len(find_shifts(Clock.of(t), dip, lids(t, (5.18, 0.45)), EventConfig()).runs) == 0


def test_the_gaze_columns_are_in_the_order_that_is_read():
    one = np.eye(8)
    left, up = gaze_angles(one).T
    wanted = {"In": (-0.5, 0.5), "Out": (0.5, -0.5), "Up": (0.5, 0.5), "Down": (-0.5, -0.5)}
    for index, name in enumerate(GAZE_NAMES):
        kind = name.removeprefix("eyeLook").removesuffix("Left").removesuffix("Right")
        side = 0 if name.endswith("Left") else 1
        which = up if kind in ("Up", "Down") else left
        assert which[index] == wanted[kind][side]


def test_they_are_events_of_their_own_and_missing_columns_are_said(toy, make):
    t = CAMERAS["30/s"]
    recording = make(t, np.zeros(len(t)), gaze=looking(t, (5, 0.4, 0), (7, 0, 0)), lids=lids(t, (3.0, 0.3)))
    found = detect(recording, toy)
    assert [(e.kind, e.label, e.region, e.display) for e in found] == [
        ("blink", "blink", "eyes", 0), ("gaze", "gaze shift left", "eyes", 0), ("eyes", "gaze left", "eyes", 0),
        ("gaze", "gaze shift right", "eyes", 0),
    ]  # fmt: skip
    none = np.full((len(t), 8), np.nan)
    blind = detect(make(t, np.zeros(len(t)), gaze=none, lids=none[:, :2]), toy)
    assert len(blind) == 0
    assert not blind.faces[0].gaze
    assert not blind.faces[0].blinks
    assert sum("no blinks" in note or "no shifts of gaze" in note for note in blind.notes) == 2


def test_a_short_closure_is_a_blink_and_a_long_one_is_eyes_that_are_closed(toy, make):
    t = CAMERAS["30/s"]
    looks = looking(t, (0, 0, 0))
    blink = detect(make(t, np.zeros(len(t)), gaze=looks, lids=lids(t, (3.0, 0.3))), toy)
    assert [e.kind for e in blink] == ["blink"]
    closed = np.where(((t >= 3) & (t < 5))[:, None], 0.9, 0.1) * np.ones((1, 2))
    long = detect(make(t, np.zeros(len(t)), gaze=looks, lids=closed), toy)
    assert long.usual[0].whose == "own"
    (shut,) = long
    assert (shut.kind, shut.label, shut.region) == ("eyes", "eyes closed", "eyes")
    assert (shut.onset_s, shut.offset_s) == pytest.approx((3, 5), abs=0.1)
    assert shut.intensity == pytest.approx(0.8 * MM_PER_BLINK, rel=0.01)


def test_one_lid_alone_is_a_wink_of_that_eye(toy, make):
    t = CAMERAS["30/s"]
    closed = np.full((len(t), 2), 0.1)
    closed[(t >= 3) & (t < 4), 0] = 0.8
    for columns, label in ((closed, "left eye closed alone"), (closed[:, ::-1], "right eye closed alone")):
        found = detect(make(t, np.zeros(len(t)), gaze=looking(t, (0, 0, 0)), lids=columns), toy)
        assert [e.label for e in found] == [label]
