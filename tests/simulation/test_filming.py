from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.events.config import EventConfig
from dfe.events.finding import detect
from dfe.events.rates import rates
from dfe.tokenizer.file import load_tokenizer
from simulation.filming import Camera, Frames, count_events, film
from simulation.made_recording import made_recording
from simulation.simulate import Behaviour, Stream, Takes, make_events

PEOPLE, DISPLAYS, SECONDS = 3, 6, 200.0
WHOLE = [Camera(60), Camera(30), Camera(25), Camera(15), Camera(None)]
PARTS = [Camera(seen=0.75, gap_s=4), Camera(15, seen=0.9, gap_s=0.5), Camera(None, seen=0.8), Camera(hides=0.2)]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


def filmed(camera, seed=0, people=PEOPLE):
    rng = np.random.default_rng(seed)
    takes = Takes(np.arange(people), np.zeros(people, bool), np.full(people, SECONDS))
    stream = make_events(Behaviour(displays=DISPLAYS, slowest=2, fastest=8), takes, rng)
    return takes, stream, film((camera, camera), takes, stream, rng), rng


@pytest.mark.parametrize("camera", WHOLE + PARTS, ids=str)
def test_what_is_counted_in_short_is_what_the_detection_finds_in_rows(camera, tokenizer):
    _, stream, frames, rng = filmed(camera)
    short = count_events(frames, stream, PEOPLE, DISPLAYS)
    real = np.zeros((PEOPLE, DISPLAYS))
    for person in range(PEOPLE):
        made = made_recording(frames, stream, person, tokenizer, rng)
        found = detect(made, tokenizer, EventConfig(unsteady=True))
        assert found.faces[0].exposure_s == pytest.approx(short.seen_s[person], rel=0.01)
        for rate in rates(found):
            if rate.token.isdecimal() and int(rate.token) <= DISPLAYS:
                real[person, int(rate.token) - 1] = rate.count
            elif rate.token.isdecimal():
                assert rate.count == 0
    assert short.events.sum() > 100
    assert np.abs(short.events - real).max() <= 3
    assert short.events.sum() == pytest.approx(real.sum(), rel=0.03)


@pytest.mark.parametrize("camera", WHOLE, ids=str)
def test_no_camera_changes_counts_or_shares(camera):
    _, stream, frames, _ = filmed(camera, 1, 20)
    done = count_events(frames, stream, 20, DISPLAYS)
    inside = (stream.onset_s > 0.1) & (stream.onset_s < SECONDS - 0.4)
    assert done.events.sum() == pytest.approx(inside.sum(), rel=0.01)
    on = (np.minimum(stream.offset_s, SECONDS) - np.maximum(stream.onset_s, 0)).sum()
    assert done.on_s.sum() == pytest.approx(on, rel=0.02)
    np.testing.assert_allclose(done.seen_s, SECONDS, rtol=0.002)


def test_gaps_take_their_share_of_the_time_and_hardly_any_of_the_rate():
    _, stream, frames, _ = filmed(Camera(seen=0.7, gap_s=5), 2, 60)
    done = count_events(frames, stream, 60, DISPLAYS)
    assert done.seen_s.mean() / SECONDS == pytest.approx(0.7, abs=0.03)
    per_s = len(stream.onset_s) / (60 * SECONDS)
    assert done.events.sum() / done.seen_s.sum() == pytest.approx(per_s, rel=0.06)


def test_a_face_that_hides_every_display_shows_none():
    _, stream, frames, _ = filmed(Camera(hides=1.0))
    assert count_events(frames, stream, PEOPLE, DISPLAYS).events.sum() == 0


def test_what_begins_out_of_sight_or_ends_at_once_is_not_counted():
    time = np.concatenate([np.arange(0, 2, 0.1), np.arange(4, 6, 0.1)])
    frames = Frames(time, np.array([0.1]))
    # Before the start, in sight, cut to 0.1 s by the gap, into sight, within the gap, in sight to the end.
    onset = np.array([-0.5, 0.55, 1.85, 3.0, 2.5, 5.05])
    offset = np.array([0.3, 0.95, 3.0, 4.25, 3.5, 9.0])
    stream = Stream(np.zeros(6, int), np.arange(6), onset, offset)
    done = count_events(frames, stream, 1, 6)
    assert done.events[0].tolist() == [0, 1, 0, 0, 0, 1]
    np.testing.assert_allclose(done.on_s[0], [0.3, 0.4, 0.1, 0.3, 0, 0.9], atol=1e-9)
    assert done.seen_s[0] == pytest.approx(4.0)


def test_groups_have_cameras_of_their_own():
    takes = Takes(np.arange(4), np.array([False, True, False, True]), np.array([60.0, 60, 30, 30]))
    none = Stream(*(np.zeros(0, int),) * 2, *(np.zeros(0),) * 2)
    frames = film((Camera(60), Camera(15)), takes, none, np.random.default_rng(0))
    assert (np.diff(frames.axis_s) > 0).all()
    np.testing.assert_allclose([len(frames.of(i)) for i in range(4)], [3600, 900, 1800, 450], atol=1)
    np.testing.assert_allclose(frames.interval_s, [1 / 60, 1 / 15] * 2)


@pytest.mark.parametrize("wrong", [{"rate": 1.0}, {"seen": 0.0}, {"hides": 2.0}])
def test_cameras_that_make_no_sense_are_refused(wrong):
    with pytest.raises(UsageError):
        Camera(**wrong)
