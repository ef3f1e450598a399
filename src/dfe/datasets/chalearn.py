"""ChaLearn First Impressions V2: apparent personality of people who speak to a camera (Escalante et al., 2020).

Cuts of 15 s from over 3,000 YouTube videos; strangers compared the people in them, so a label is an impression and no
trait.

Layout: ``annotation_{training,validation,test}.pkl`` (``{trait: {"<id>.mp4": number}}``), anywhere up to three folders
deep, and videos below folders called ``train``, ``training``, ``train-1``, ``validation``, ``val-2``, ``test`` and so
on, in whatever folders the nested archives unpack into. The split is the annotations'. Cuts of one YouTube video are in
several of its parts: the part of a name before the dot tells which, and stands here for the person, so a study refuses
the official split unless it is told to drop those people's training clips or to allow the leak. Who appears in several
YouTube videos cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dfe.base.errors import ModelError, TableError
from dfe.base.pickles import read_plain_pickle
from dfe.datasets.examples import Examples, Target
from dfe.datasets.naming import by_stem, names_of, told
from dfe.datasets.rows import find_file, optional_file

TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
INTERVIEW = "interview"
"""Whether strangers would invite the person to a job interview; not in the first version of the data set."""

_PARTS = {"train": "annotation_training.pkl", "validation": "annotation_validation.pkl", "test": "annotation_test.pkl"}
_FOLDER = re.compile(r"(train|training|val|valid|validation|test)([-_ ]?\d+)?(data|videos)?", re.IGNORECASE)

Labels = dict[str, dict[str, float]]
"""Numbers 0 to 1 by trait, by clip."""


@dataclass(frozen=True)
class ChaLearn:
    """The data set in a folder."""

    name: str = "chalearn"

    def media(self, root: Path) -> tuple[Path, ...]:
        """The folders of videos.

        Raises:
            TableError: there is none.
        """
        folders = _folders(root)
        if not folders:
            advice = "unpack the videos into folders train, validation and test"
            raise TableError("has no folder of videos", where=root, advice=advice)
        return folders

    def examples(self, root: Path) -> Examples:
        """One example for each annotated clip, with a video or without.

        Raises:
            TableError: an annotation is missing or is not what it should be.
        """
        find_file(root, _PARTS["train"])
        parts = {part: _read(root, part) for part in _PARTS if optional_file(root, _PARTS[part])}
        _no_clip_twice(parts)
        names = by_stem(names_of(root, self.media(root))) if _folders(root) else {}
        clips = [(part, clip, values) for part, labels in parts.items() for clip, values in sorted(labels.items())]
        traits = TRAITS + ((INTERVIEW,) if any(INTERVIEW in values for *_, values in clips) else ())
        stems = [clip.removesuffix(".mp4") for _, clip, _ in clips]
        return Examples(
            name=tuple(stems),
            recording=tuple(names.get(stem, stem) for stem in stems),
            subject=np.array([source_video(stem) for stem in stems], np.str_),
            labels={t: np.array([values.get(t, np.nan) for *_, values in clips], np.float64) for t in traits},
            targets=tuple(Target(trait, "number", "one_minus_mae", level="task") for trait in traits),
            split=np.array([part for part, *_ in clips], np.str_),
        )

    def check(self, root: Path) -> tuple[str, ...]:
        """Missing annotations, clips without labels and the reverse, YouTube videos that are in several parts."""
        lines: list[str] = []
        parts: dict[str, Labels] = {}
        for part in _PARTS:
            try:
                parts[part] = _read(root, part)
            except TableError as error:
                lines.append(str(error))
        try:
            _no_clip_twice(parts)
        except TableError as error:
            lines.append(str(error))
        clips = {clip.removesuffix(".mp4") for labels in parts.values() for clip in labels}
        try:
            videos = by_stem(names_of(root, self.media(root)))
            lines += told(sorted(clips - set(videos)), "labelled clips have no video")
            lines += told(sorted(set(videos) - clips), "videos have no label") if clips else []
        except TableError as error:
            lines.append(str(error))
        if parts and not any(INTERVIEW in values for labels in parts.values() for values in labels.values()):
            lines.append(f"no annotation holds {INTERVIEW}: this is the first version of the data set")
        sources = [{source_video(clip) for clip in labels} for labels in parts.values()]
        recur = sorted({s for i, one in enumerate(sources) for other in sources[i + 1 :] for s in one & other})
        return (*lines, *told(recur, "YouTube videos are in several parts of the official split"))


CHALEARN = ChaLearn()


def source_video(clip: str) -> str:
    """The YouTube video that a clip was cut from: ``J4GQm9j0JZ0`` of ``J4GQm9j0JZ0.003.mp4``."""
    return clip.partition(".")[0]


def _folders(root: Path) -> tuple[Path, ...]:
    if not root.is_dir():
        raise TableError("no such folder", where=root, advice="name the folder that the data set was unpacked into")
    named = sorted(path for path in root.iterdir() if path.is_dir() and _FOLDER.fullmatch(path.name))
    return tuple(path for path in named if any(path.rglob("*.mp4")))


def _read(root: Path, part: str) -> Labels:
    """Labels by clip."""
    path = find_file(root, _PARTS[part])
    try:
        held = read_plain_pickle(path)
    except ModelError as error:
        raise TableError(error.what, where=error.where, advice=error.advice) from error
    if not isinstance(held, dict):
        raise TableError("holds no dictionary of traits", where=path, advice="get it from the data set anew")
    by_trait = {_text(trait): clips for trait, clips in held.items()}
    labels: Labels = {}
    for trait in (*TRAITS, INTERVIEW):
        clips = by_trait.get(trait)
        if clips is None and trait == INTERVIEW:
            continue
        if not isinstance(clips, dict) or not clips:
            raise TableError(f"holds no labels of {trait}", where=path, advice="get it from the data set anew")
        for clip, value in clips.items():
            labels.setdefault(_text(clip), {})[trait] = _number(value, f"{path}, {trait} of {_text(clip)}")
    for clip, values in labels.items():
        missing = next((trait for trait in TRAITS if trait not in values), None)
        if missing:
            raise TableError(f"has no {missing}", where=f"{path}, {clip}", advice="get it from the data set anew")
    return labels


def _text(key: object) -> str:
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TableError(f"{value!r:.40} is no number", where=where)
    if not np.isnan(value) and not 0 <= value <= 1:
        raise TableError(f"is {value:g}, outside 0 to 1", where=where)
    return float(value)


def _no_clip_twice(parts: Mapping[str, Labels]) -> None:
    seen: dict[str, str] = {}
    for part, labels in parts.items():
        for clip in labels:
            if clip in seen:
                raise TableError(f"the clip is in {_PARTS[seen[clip]]} too", where=f"{_PARTS[part]}, {clip}")
            seen[clip] = part
