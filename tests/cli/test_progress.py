"""Progress where there is no terminal: nothing for short work, then a line now and then with the time left."""

from __future__ import annotations

import pytest

from dfe.cli import progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_short_work_says_nothing(clock, capsys):
    with progress.show_progress("encoding", "frames") as show:
        for done in range(10):
            clock[0] += 0.1
            show(done, 10)
    assert capsys.readouterr().err == ""


def test_long_work_says_how_much_is_left(clock, capsys):
    with progress.show_progress("encoding", "frames") as show:
        for done in range(1, 101):
            clock[0] += 1
            show(done, 200)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "encoding: 2 of 200 frames", "so early nothing is known of the time left"
    assert lines[1] == "encoding: 17 of 200 frames, about 183 s left".replace("183 s", "3 min")
    assert len(lines) == 1 + 98 // int(progress.LINE_EVERY_S)


def test_the_time_before_the_first_frame_does_not_count(clock, capsys):
    with progress.show_progress("encoding", "frames") as show:
        show(0, 100)
        clock[0] += 60
        for done in range(1, 60):
            clock[0] += 0.5
            show(done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "encoding: 1 of 100 frames"
    assert lines[1] == "encoding: 31 of 100 frames, about 34 s left"


@pytest.mark.parametrize(("seconds", "words"), [(7.4, "7 s"), (250.0, "4 min"), (9000.0, "2.5 h")])
def test_long_times_are_told_in_minutes_and_hours(seconds, words):
    pace = progress.Pace()
    assert pace.left_s(1, 11, 0.0) is None
    assert pace.left_s(1, 11, 50.0) is None, "nothing has moved"
    assert pace.left_s(6, 11, 50.0) == 50.0
    assert pace.left_s(6, None, 50.0) is None
    assert progress._left(seconds) == f"about {words} left"


def test_unknown_length_counts(clock, capsys):
    with progress.show_progress("encoding", "frames") as show:
        clock[0] += 5
        show(7, None)
    assert capsys.readouterr().err == "encoding: 7 frames\n"
