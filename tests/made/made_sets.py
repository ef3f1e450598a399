"""Miniature data sets in the very layouts of the real ones: cuts of one real clip, a photograph, made tables."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from dfe.datasets.chalearn import INTERVIEW, TRAITS

STRESS_TASKS = ("Breathing", "Counting1", "Math")
OPENFACE_AUS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
CLNF_AUS = (1, 2, 4, 5, 6, 9, 10, 12, 14, 15, 17, 20, 25, 26)


def cut(clip: Path, target: Path, first: int = 0, frames: int = 4) -> Path:
    """So many frames of the clip from there on, twice as large, since its face is too small to be trusted."""
    with av.open(str(clip)) as source:
        pictures = [frame.to_ndarray(format="rgb24") for frame in source.decode(video=0)][first : first + frames]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, options={"qscale": "2"})
        stream.width, stream.height, stream.pix_fmt = 352, 288, "yuv420p"
        for picture in pictures:
            large = cv2.resize(picture, (352, 288), interpolation=cv2.INTER_CUBIC)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(large, format="rgb24")))
        container.mux(stream.encode())
    return target


def link(source: Path, target: Path) -> None:
    """A file in its place in a layout."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def stressid(root: Path, clip: Path | None, people: Sequence[str] = ("2ea4", "1e45", "a7k2")) -> Path:
    """Labels, ratings that agree with them, and a video of every task (an empty file where there is no clip)."""
    root.mkdir(parents=True, exist_ok=True)
    labels, ratings = ["subject/task,binary-stress,affect3-class"], []
    for person, subject in enumerate(people):
        cells = [subject]
        for place, task in enumerate(STRESS_TASKS):
            stressed = (person + place) % 2
            labels.append(f"{subject}_{task},{stressed},{(person + place) % 3}.0")
            cells += ["3", str(7 if stressed else 2), "5", "4,5"]
            video = root / "Videos" / subject / f"{subject}_{task}.mp4"
            video.parent.mkdir(parents=True, exist_ok=True)
            video.write_bytes(clip.read_bytes() if clip else b"")
        ratings.append(";".join(cells))
    head = [f"{task}_{what}" for task in STRESS_TASKS for what in ("relax", "stress", "valence", "arousal")]
    (root / "labels.csv").write_text("\n".join([*labels, ""]))
    (root / "self_assessments.csv").write_text("\n".join([";".join(["subject", *head]), *ratings, ""]))
    return root


CLIPS = {
    "training": ("J4GQm9j0JZ0.003", "_Zi-8AEsVXw.000", "-2qsCrkXdWs.001"),
    "validation": ("aUVbSkkY4gk.004",),
    "test": ("J4GQm9j0JZ0.001", "zzz0000001_.000"),
}
"""Clips by part; one YouTube video is in two of them."""


def chalearn(root: Path, clip: Path | None, *, interview: bool = True) -> Path:
    """Annotations as Python 2 wrote them, and videos in nested folders."""
    traits = (*TRAITS, INTERVIEW) if interview else TRAITS
    where = {"training": "train-1/training80_01", "validation": "val-1/validation80_01", "test": "test"}
    for part, clips in CLIPS.items():
        folder = root / where[part]
        folder.mkdir(parents=True, exist_ok=True)
        values = {t: {f"{c}.mp4": (i + k + 1) / 12 for k, c in enumerate(clips)} for i, t in enumerate(traits)}
        (root / f"annotation_{part}.pkl").write_bytes(pickle.dumps(values, protocol=2))
        for name in clips:
            (folder / f"{name}.mp4").write_bytes(clip.read_bytes() if clip else b"")
    return root


DAIC_IDS = {"train": (303, 304, 305, 310), "dev": (302, 307), "test": (300, 301)}


def daic(root: Path, rows: int = 12) -> Path:
    """Tables of CLNF, the AVEC 2017 splits, and one of the sessions that are excluded."""
    root.mkdir(parents=True, exist_ok=True)
    items = [f"PHQ8_{item}" for item in ("NoInterest", "Depressed", "Sleep", "Tired")]
    names = {"train": "train_split_Depression_AVEC2017.csv", "dev": "dev_split_Depression_AVEC2017.csv"}
    for part, ids in DAIC_IDS.items():
        scores = [12 if number % 2 else 3 for number in ids]
        if part == "test":
            head = "Participant_ID,PHQ_Binary,PHQ_Score,Gender"
            lines = [f"{i},{int(s >= 10)},{s},{i % 2}" for i, s in zip(ids, scores, strict=True)]
            (root / "full_test_split.csv").write_text("\n".join([head, *lines, ""]))
            continue
        head = ",".join(["Participant_ID", "PHQ8_Binary", "PHQ8_Score", "Gender", *items])
        lines = [f"{i},{int(s >= 10)},{s},{i % 2},1,1,,0" for i, s in zip(ids, scores, strict=True)]
        (root / names[part]).write_text("\n".join([head, *lines, ""]))
    for number in (*DAIC_IDS["train"], *DAIC_IDS["dev"], *DAIC_IDS["test"], 342):
        _clnf(root / f"{number}_P", number, rows)
    return root


def _clnf(folder: Path, number: int, rows: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(number)
    # A face is no cloud: an ellipse of points in millimetres before the camera will do for the layout.
    turn = np.linspace(0, 2 * np.pi, 68, endpoint=False)
    points = np.stack([70 * np.cos(turn), 90 * np.sin(turn), 600 + 20 * np.cos(2 * turn)], 1)
    space = [f"{axis}{i}" for axis in "XYZ" for i in range(68)]
    flat = [f"{axis}{i}" for axis in "xy" for i in range(68)]
    tables = {"features3D": space, "features": flat, "pose": ["Tx", "Ty", "Tz", "Rx", "Ry", "Rz"]}
    for kind, columns in tables.items():
        lines = [", ".join(["frame", "timestamp", "confidence", "success", *columns])]
        for row in range(rows):
            moved = points + rng.normal(0, 0.5, points.shape)
            cells = {
                "features3D": moved.T.ravel(),
                "features": (moved[:, :2] * 1.5 + 320).T.ravel(),
                "pose": np.array([0, 0, 600, 0.05, -0.1, 0]),
            }[kind]
            start = [row + 1, f"{row / 30:.6f}", 0.95, 1]
            lines.append(", ".join(map(str, [*start, *cells.round(3).tolist()])))
        (folder / f"{number}_CLNF_{kind}.txt").write_text("\n".join([*lines, ""]))
    units = [*(f"AU{u:02d}_r" for u in CLNF_AUS), *(f"AU{u:02d}_c" for u in (4, 12, 15, 23, 28, 45))]
    lines = [", ".join(["frame", "timestamp", "confidence", "success", *units])]
    for row in range(rows):
        cells = [*rng.uniform(0, 5, len(CLNF_AUS)).round(2).tolist(), *[0] * 6]
        lines.append(", ".join(map(str, [row + 1, f"{row / 30:.6f}", 0.95, 1, *cells])))
    (folder / f"{number}_CLNF_AUs.txt").write_text("\n".join([*lines, ""]))


EDAIC_IDS = {"train": (600, 601, 602), "dev": (604, 605), "test": (606, 607)}


def edaic(root: Path, rows: int = 15) -> Path:
    """OpenFace's tables of pose, gaze and units (49 columns after the first four), and the splits."""
    root.mkdir(parents=True, exist_ok=True)
    for part, ids in EDAIC_IDS.items():
        head = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity"
        lines = [f"{i},{'male' if i % 3 else 'female'},{i % 2},{14 if i % 2 else 4},0,20.0" for i in ids]
        (root / f"{part}_split.csv").write_text("\n".join([head, *lines, ""]))
        for number in ids:
            folder = root / f"{number}_P" / "features"
            folder.mkdir(parents=True, exist_ok=True)
            openface_units(folder / f"{number}_OpenFace2.1.0_Pose_gaze_AUs.csv", rows, number)
    return root


def openface_units(path: Path, rows: int, seed: int = 0, *, failed: Sequence[int] = ()) -> np.ndarray:
    """A table of E-DAIC; gives the units ``(rows, 17)`` that were written."""
    rng = np.random.default_rng(seed)
    pose = [f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz"]
    gaze = [f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"] + ["gaze_angle_x", "gaze_angle_y"]
    units = [*(f"AU{u:02d}_r" for u in OPENFACE_AUS), *(f"AU{u:02d}_c" for u in (*OPENFACE_AUS, 28))]
    values = rng.uniform(0, 5, (rows, len(OPENFACE_AUS))).round(2)
    lines = [", ".join(["frame", "timestamp", "confidence", "success", *pose, *gaze, *units])]
    for row in range(rows):
        good = int(row not in failed)
        head = [row + 1, f"{row / 30:.3f}", 0.98 * good, good]
        turned = [1.0, 2.0, 500.0, 0.1, -0.2, 0.05]
        cells = [*head, *turned, *[0.1] * 8, *(values[row] * good).tolist(), *[0] * 18]
        lines.append(", ".join(map(str, cells)))
    path.write_text("\n".join([*lines, ""]))
    return values


def affectnet(root: Path, picture: bytes, sets: dict[str, Sequence[int]]) -> Path:
    """The layout with an array a label; each picture's class is its number modulo 8."""
    for part, numbers in sets.items():
        for folder in ("images", "annotations"):
            (root / part / folder).mkdir(parents=True, exist_ok=True)
        for number in numbers:
            (root / part / "images" / f"{number}.jpg").write_bytes(picture)
            start = root / part / "annotations" / str(number)
            # The release keeps the numbers as text.
            np.save(f"{start}_exp.npy", np.array(str(number % 8)))
            np.save(f"{start}_val.npy", np.array(str(valence(number))))
            np.save(f"{start}_aro.npy", np.array(valence(number) / 2))
            np.save(f"{start}_lnd.npy", np.zeros(136))
    return root


def valence(number: int) -> float:
    """The valence of a made picture."""
    return round((number % 20) / 10 - 0.9, 3)


def affectnet_lists(root: Path, picture: bytes, pictures: dict[str, Sequence[tuple[str, int, float]]]) -> Path:
    """The layout with lists: ``(path, expression, valence)`` by list."""
    (root / "Manually_Annotated_file_lists").mkdir(parents=True, exist_ok=True)
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    landmarks = ";".join(["10.0"] * 136)
    for name, rows in pictures.items():
        lines = [f"{path},1,1,200,200,{landmarks},{expression},{v},{v}" for path, expression, v in rows]
        (root / "Manually_Annotated_file_lists" / name).write_text("\n".join([head, *lines, ""]))
        for path, *_ in rows:
            target = root / "Manually_Annotated_Images" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(picture)
    return root


def fer_faces(count: int, face: np.ndarray) -> np.ndarray:
    """``(n, 48, 48)`` pictures of a grey face, none like another."""
    small = cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA)
    return np.stack([np.clip(small.astype(int) + 3 * number, 0, 255).astype(np.uint8) for number in range(count)])


def fer_csv(root: Path, images: np.ndarray, usage: Sequence[str], *, blanks: bool = False) -> Path:
    """``fer2013.csv``; the label of picture n is n modulo 7. With blanks as in ``icml_face_data.csv``."""
    root.mkdir(parents=True, exist_ok=True)
    head = "emotion, Usage, pixels" if blanks else "emotion,pixels,Usage"
    lines = [head]
    for number, (image, part) in enumerate(zip(images, usage, strict=True)):
        pixels = " ".join(map(str, image.ravel().tolist()))
        lines.append(f"{number % 7},{part},{pixels}" if blanks else f"{number % 7},{pixels},{part}")
    (root / ("icml_face_data.csv" if blanks else "fer2013.csv")).write_text("\n".join([*lines, ""]))
    return root
