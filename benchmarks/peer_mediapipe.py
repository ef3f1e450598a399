"""Time MediaPipe's Face Landmarker on a video, in an environment with mediapipe and PyAV:

    python benchmarks/peer_mediapipe.py face_landmarker.task clip.mp4

Prints JSON: for the modes VIDEO (tracking) and IMAGE the median milliseconds of one frame, coefficients and head matrix
included, decoding not; the mean CPU time of a frame, which a busy machine disturbs less; frames; frames with a face.
MediaPipe has no option for the number of threads, so on Linux the process is bound to one core before it is imported.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

WARM_UP = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", type=Path, help="face_landmarker.task")
    parser.add_argument("video", type=Path)
    parser.add_argument("--any-core", action="store_true", help="do not bind the process to one core")
    options = parser.parse_args()
    if not options.any_core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    pictures = decode(options.video)
    print(json.dumps({mode: measure(options.task, pictures, mode) for mode in ("VIDEO", "IMAGE")}))
    return 0


def decode(path: Path) -> list[Any]:
    import av
    import numpy as np

    with av.open(str(path)) as media:
        return [np.ascontiguousarray(frame.to_ndarray(format="rgb24")) for frame in media.decode(video=0)]


def measure(task: Path, pictures: list[Any], mode: str) -> dict[str, float]:
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task)),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
        num_faces=1,
        running_mode=getattr(vision.RunningMode, mode),
    )
    video = mode == "VIDEO"
    times, faces = [], 0
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        busy = time.process_time()
        for index, pixels in enumerate(pictures):
            start = time.perf_counter()
            picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=pixels)
            result = landmarker.detect_for_video(picture, index * 33) if video else landmarker.detect(picture)
            times.append(time.perf_counter() - start)
            faces += bool(result.face_landmarks)
        busy = time.process_time() - busy
    return {
        "ms_per_frame_median": round(statistics.median(times[WARM_UP:]) * 1000, 3),
        "cpu_ms_per_frame": round(busy / len(pictures) * 1000, 3),
        "frames": len(pictures),
        "faces": faces,
    }


if __name__ == "__main__":
    sys.exit(main())
