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
    assert lines[0] == "encoding: 2 of 200 frames, about 198 s left"
    assert len(lines) == 1 + 98 // int(progress.LINE_EVERY_S)


def test_unknown_length_counts(clock, capsys):
    with progress.show_progress("encoding", "frames") as show:
        clock[0] += 5
        show(7, None)
    assert capsys.readouterr().err == "encoding: 7 frames\n"
