"""What DAIC-WOZ and E-DAIC share: splits with the PHQ-8, a questionnaire of depression that people fill in themselves.

The score is 0 to 24; ``binary`` is whether it is 10 or more. Neither is a diagnosis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples, Target
from dfe.datasets.naming import told
from dfe.datasets.rows import Once, find_file, optional_file, read_rows

BINARY = Target("PHQ8_Binary", "classes", "f1", ("below 10", "10 or more"))
SCORE = Target("PHQ8_Score", "number", "mae")
DEPRESSED_FROM = 10
HIGHEST = 24

_ID = ("Participant_ID", "Participant")
_BINARY = ("PHQ8_Binary", "PHQ_Binary")
_SCORE = ("PHQ8_Score", "PHQ_Score")


class Session(NamedTuple):
    """One interview; each person came once."""

    id: str
    part: str
    binary: str
    score: float
    gender: str


def read_sessions(root: Path, files: Mapping[str, Sequence[str]]) -> list[Session]:
    """Sessions of all splits whose files are there.

    Args:
        root: the data set's folder.
        files: names under which the file of each part comes.

    Raises:
        TableError: the training part is not there, or a file is broken; names file and row.
    """
    once, sessions = Once(), []
    for part, names in files.items():
        if part != "train" and optional_file(root, *names) is None:
            continue
        for row in read_rows(find_file(root, *names), _ID, _BINARY, _SCORE):
            value = row.number(*_ID)
            if math.isnan(value) or not value.is_integer():
                raise TableError(f"{row.word(*_ID)!r} is no number of a participant", where=row.where)
            id = str(int(value))
            once.add(id, row.where)
            gender = row.word("Gender") if "gender" in row.cells else ""
            score = row.number_within(0, HIGHEST, *_SCORE)
            sessions.append(Session(id, part, row.class_of(BINARY.classes, *_BINARY), score, gender))
    return sessions


def as_examples(sessions: Sequence[Session], recording: Callable[[str], str]) -> Examples:
    """Examples of the sessions, each of a person of its own."""
    return Examples(
        name=tuple(session.id for session in sessions),
        recording=tuple(recording(session.id) for session in sessions),
        subject=np.array([session.id for session in sessions], np.str_),
        labels={
            BINARY.name: np.array([session.binary for session in sessions], np.str_),
            SCORE.name: np.array([session.score for session in sessions], np.float64),
        },
        targets=(BINARY, SCORE),
        split=np.array([session.part for session in sessions], np.str_),
        covariates={"gender": np.array([session.gender for session in sessions], np.str_)},
    )


def check_sessions(root: Path, files: Mapping[str, Sequence[str]], there: Iterable[str], what: str) -> list[str]:
    """Lines about missing splits, sessions without tables and the reverse, and labels that contradict each other.

    Args:
        root: the data set's folder.
        files: as for :func:`read_sessions`.
        there: ids of the sessions whose tables are there.
        what: the table that a session should have.
    """
    lines = []
    try:
        sessions = read_sessions(root, files)
    except TableError as error:
        return [str(error)]
    for part, names in files.items():
        if part != "train" and optional_file(root, *names) is None:
            lines.append(f"{root / names[0]}: is not there, so that no session of the {part} part is used")
    ids, found = {session.id for session in sessions}, set(there)
    lines += told(sorted(ids - found, key=int), f"labelled sessions have no {what}")
    lines += told(sorted(found - ids, key=int), f"sessions with a {what} have no label")
    unknown = [s.id for s in sessions if not s.binary or math.isnan(s.score)]
    lines += told(unknown, "sessions have no PHQ-8, or only a part of it")
    odd = [
        s.id
        for s in sessions
        if s.binary and math.isfinite(s.score) and (s.score >= DEPRESSED_FROM) != (s.binary == BINARY.classes[1])
    ]
    return [*lines, *told(odd, f"labels of PHQ8_Binary are not 'score at least {DEPRESSED_FROM}'")]


def numbered_files(root: Path, pattern: str, suffix: str) -> dict[str, Path]:
    """Files ``<id><suffix>`` by id, upper and lower case alike.

    Args:
        root: the data set's folder.
        pattern: folders to look in, as in ``*_P``; also looked for one and two folders deeper.
        suffix: of the names.

    Raises:
        TableError: no such folder, or a session that has the file twice.
    """
    if not root.is_dir():
        raise TableError("no such folder", where=root, advice="name the folder that the data set was unpacked into")
    out: dict[str, Path] = {}
    for depth in ("", "*/", "*/*/"):
        for path in sorted(root.glob(f"{depth}{pattern}")):
            id = path.name[: -len(suffix)]
            if not path.name.lower().endswith(suffix.lower()) or not id.isdecimal():
                continue
            if id in out:
                other = out[id].relative_to(root).as_posix()
                raise TableError(f"session {id} is there twice, the other is {other}", where=path)
            out[id] = path
    return dict(sorted(out.items(), key=lambda item: int(item[0])))
