"""The films that readers of the documents have."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import av
import pytest

FRAMES = 30


@pytest.fixture(scope="session")
def short_films(face_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the beginning of the demo's clip under the names that the documents use."""
    folder = tmp_path_factory.mktemp("films")
    for name in ("interview.mp4", "clip.mp4", "videos/anna.mp4"):
        (folder / name).parent.mkdir(exist_ok=True)
        _first_packets(face_clip, folder / name)
    return folder


def _first_packets(source: Path, target: Path) -> None:
    """The beginning of a video, as it was compressed."""
    with av.open(str(source)) as read, av.open(str(target), "w") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in islice(read.demux(video=0), FRAMES):
            packet.stream = stream
            written.mux(packet)
