"""What a video's header claims, against what its packets hold: frames, length, and the speed at which it was filmed."""

from __future__ import annotations

from collections.abc import Mapping

from dfe.base.defects import Defect

_SLACK_S = 1.0
"""Sound commonly goes on for part of a second after the last picture."""
_CAPTURE_RATE = "com.android.capture.fps"
"""Frames per second at which a phone filmed, however fast they are to be shown (Android's MediaRecorder)."""
_SAME_SPEED = 1.2
"""Phones film at a rate that varies by some per cent; slow motion is twice as slow or more."""


def shortfall(
    *, announced: int, there: int, announced_s: float | None, lasts_s: float, step_s: float
) -> tuple[Defect, ...]:
    """What is missing of the frames and of the length that a header announces.

    Args:
        announced: frames by the header; 0 where it does not say.
        there: frames in the file.
        announced_s: seconds by the header, the longest of sound and pictures; None where it does not say.
        lasts_s: seconds from the start of the recording to the end of its last frame.
        step_s: seconds from a frame to the next, on average.
    """
    missing = announced - there
    if missing > 0 and announced_s is not None and lasts_s > announced_s - 1.5 * step_s:
        # AVI keeps an empty place for each frame that came too fast for the disk or the camera's cable.
        words = f"{missing} of {announced} frames were left out when it was recorded; the times of the others are right"
        return (Defect("dropped", words),)
    if missing > 0:
        return (Defect("cut_short", f"cut short: {announced} frames are announced, {there} are there"),)
    if announced_s is not None and announced_s > lasts_s + max(_SLACK_S, 2 * step_s):
        words = (
            f"its pictures end at {lasts_s:.1f} s and it announces {announced_s:.1f} s: it was cut short (copy it "
            "again), or only the sound goes on"
        )
        return (Defect("cut_short", words),)
    return ()


def other_speed(metadata: Mapping[str, str], frame_rate: float) -> tuple[Defect, ...]:
    """Slow motion or time lapse, where the phone that filmed it says so.

    Args:
        metadata: of the container.
        frame_rate: frames per second as they are to be shown.
    """
    try:
        filmed = float(metadata.get(_CAPTURE_RATE, "0"))
    except ValueError:
        return ()
    if not (0 < filmed < 100_000) or not frame_rate > 0:
        return ()
    slower = filmed / frame_rate
    if 1 / _SAME_SPEED <= slower <= _SAME_SPEED:
        return ()
    rates = f"filmed at {filmed:g} frames a second and shown at {frame_rate:.3g}"
    if slower > 1:
        words = f"slow motion ({rates}): all times and durations are {slower:.3g} times too long, rates too low"
    else:
        words = f"time lapse ({rates}): all times and durations are {1 / slower:.3g} times too short, rates too high"
    return (Defect("speed", words),)
