"""The labelled sets of ../shared/data as examples of a study: one picture each, or one clip."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dfe.datasets.engagement import ENGAGEMENT
from dfe.datasets.examples import Examples, Target
from dfe.recording.recording import Recording

AGREED = 5
"""Raters of ten who have to agree on a picture of FER2013."""
NOT_EXPRESSIONS = ("unknown", "NF")
VALIDATE = 10
"""Every so manyth training picture of FER2013 chooses the penalty."""
SMILE = {"happiness": "smile", "neutral": "neutral", "smiling": "smile"}
POSED = ("normal", "happy", "sad", "sleepy", "surprised", "wink")
COPIES = ("subject04_sad.gif", "subject04.sad.gif")
"""A copy of the same subject's normal face."""
NEWS = {"gn": "good news", "ists": "other"}


def engagement(data: Path, recordings: Path, prepared: Path) -> Examples:
    """Disengaged against partially engaged students, as :mod:`dfe.datasets.engagement` has them."""
    del data, recordings
    return ENGAGEMENT.examples(prepared)


def fer2013(data: Path, recordings: Path) -> Examples:
    """Pictures on whose expression five raters of ten agree, with FER+'s label and FER2013's own."""
    rows, agreed_on, own = [], [], []
    for name, source in (("fer_train", "training"), ("fer_test", "publictest")):
        with np.load(data / "fer2013" / f"{source}.npz", allow_pickle=False) as held:
            votes, words = held["votes"], [str(word) for word in held["vote_names"]]
            old = [str(held["label_names"][label]) for label in held["label"]]
        for place, (frame, picture) in enumerate(pictures(recordings / f"{name}.parquet")):
            number = int(Path(picture).stem)
            label = words[int(votes[number].argmax())]
            if votes[number].max() < AGREED or label in NOT_EXPRESSIONS:
                continue
            part = "test" if name == "fer_test" else "validation" if place % VALIDATE == 0 else "train"
            rows.append((name, frame, f"{name} {number}", part))
            agreed_on.append(label)
            own.append(old[number])
    recording, frame, key, part = zip(*rows, strict=True)
    targets = tuple(
        Target(name, "classes", "accuracy", tuple(sorted(set(labels))))
        for name, labels in (("FER+ majority", agreed_on), ("FER2013's own label", own))
    )
    return Examples(
        name=key,
        recording=recording,
        subject=np.array(key),
        labels={targets[0].name: np.array(agreed_on), targets[1].name: np.array(own)},
        targets=targets,
        split=np.array(part),
        picture=np.array(frame, np.int64),
    )


def lfw(data: Path, recordings: Path) -> Examples:
    """Smiling or neutral, as students called it, of LFW's people whom no tokenizer has seen."""
    with (data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        known = {row["image"]: (row["person"], row["label"]) for row in csv.DictReader(file)}
    rows = [
        (frame, hashlib.sha256(known[source][0].encode()).hexdigest()[:12], SMILE[known[source][1]])
        for frame, source in pictures(recordings / "lfw_test.parquet")
        if known[source][1] in SMILE
    ]
    target = Target("smile", "classes", "balanced_accuracy", ("neutral", "smile"), level="task")
    return _pictures("lfw_test", rows, target)


def london(data: Path, recordings: Path) -> Examples:
    """The same people neutral and smiling, as they were asked to."""
    del data
    rows = [
        (frame, source.split("_")[0], "neutral" if Path(source).stem.endswith("_03") else "smile")
        for frame, source in pictures(recordings / "london.parquet")
    ]
    target = Target("smile", "classes", "balanced_accuracy", ("neutral", "smile"), level="task")
    return _pictures("london", rows, target)


def yale(data: Path, recordings: Path) -> Examples:
    """What 15 people were asked to show; lights, glasses and a copy are left out."""
    with (data / "yale" / "labels.csv").open(newline="", encoding="utf-8") as file:
        known = {row["image"]: (row["subject"], row["configuration"]) for row in csv.DictReader(file)}
    rows = [
        (frame, *known[source])
        for frame, source in pictures(recordings / "yale.parquet")
        if known[source][1] in POSED and source not in COPIES
    ]
    return _pictures("yale", rows, Target("configuration", "classes", "balanced_accuracy", POSED, level="task"))


def news(data: Path, recordings: Path) -> Examples:
    """Good news, or other sentences (``ists``), that an actor reads: 20 clips, labels of sentences."""
    del recordings
    with (data / "news" / "clip_attrs.csv").open(newline="", encoding="utf-8") as file:
        classes = {row["clipN"]: row["class"] for row in csv.DictReader(file)}
    here = sorted(path.stem for path in (data / "news").glob("0*.csv"))
    known = {stem: NEWS[classes[stem]] for stem in here if classes[stem] in NEWS}
    names = tuple(f"news/{stem}" for stem in known)
    target = Target("news", "classes", "balanced_accuracy", ("other", "good news"))
    return Examples(names, names, np.array(names), {"news": np.array(list(known.values()))}, (target,))


def pictures(table: Path) -> list[tuple[int, str]]:
    """Number and file name of each picture of a recording of stills."""
    recording = Recording.read(table, landmarks=False)
    pairs = zip(recording.frames.tolist(), recording.column("source").tolist(), strict=True)
    return list(dict.fromkeys(pairs))


def _pictures(name: str, rows: Sequence[tuple[int, str, str]], target: Target) -> Examples:
    """Examples of one picture each: number of the picture, person, label. People go by numbers."""
    frame, person, label = zip(*rows, strict=True)
    number = np.unique(np.array(person), return_inverse=True)[1]
    return Examples(
        name=tuple(f"{name} {one}" for one in frame),
        recording=(name,) * len(rows),
        subject=np.array([f"{name} person {one}" for one in number.tolist()]),
        labels={target.name: np.array(label)},
        targets=(target,),
        picture=np.array(frame, np.int64),
    )
