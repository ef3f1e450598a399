"""The camera, as far as tests need it: a clip's first frames at uneven times."""

import pytest


@pytest.fixture(scope="session")
def live_frames(face_clip):
    from made_live import camera_frames

    return camera_frames(face_clip, 40)


@pytest.fixture(scope="session")
def live_times():
    """Of the same frames, in seconds: about 25 a second, with two that were left out."""
    return [round(0.04 * i + 0.003 * (i % 3) + 0.08 * (i >= 30), 3) for i in range(40)]
