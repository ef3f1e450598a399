"""DAIC-WOZ: interviews by an animated interviewer, with a self-reported PHQ-8 (Gratch et al., LREC 2014).

Layout: ``<id>_P/<id>_CLNF_features3D.txt`` and the other tables of CLNF beside it (no video is released), and
``train_split_Depression_AVEC2017.csv``, ``dev_split_Depression_AVEC2017.csv``, ``full_test_split.csv`` (whose columns
are called ``PHQ_Binary`` and ``PHQ_Score``). The split is AVEC 2017's. Its metric is F1 of the class with a score of 10
or more; to say so of everyone gives 0.459 on the test part. PHQ-8 in points: mean absolute error and CCC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import TableError
from dfe.datasets.examples import Examples
from dfe.datasets.naming import told
from dfe.datasets.phq import as_examples, check_sessions, numbered_files, read_sessions

FILES = {
    "train": ("train_split_Depression_AVEC2017.csv",),
    "validation": ("dev_split_Depression_AVEC2017.csv",),
    "test": ("full_test_split.csv",),
}
EXCLUDED = ("342", "394", "398", "460")
"""Sessions that the makers tell to leave out, for technical reasons."""

_TABLE = "_CLNF_features3D.txt"
_UNITS = ("_CLNF_AUs.txt", "_CLNF_AUs.csv")


@dataclass(frozen=True)
class DaicWoz:
    """The data set in a folder."""

    name: str = "daic"

    def media(self, root: Path) -> tuple[Path, ...]:
        """Tables of points in space of the sessions that have a label, for the front end ``clnf``.

        Raises:
            TableError: there is none, or the splits are missing or broken.
        """
        tables = _tables(root)
        if not tables:
            raise TableError(f"has no <id>_P/<id>{_TABLE}", where=root, advice="unpack the sessions' archives there")
        labelled = {session.id for session in read_sessions(root, FILES)}
        return tuple(path for id, path in tables.items() if id in labelled)

    def examples(self, root: Path) -> Examples:
        """One example a session of the splits, but for the four that are excluded.

        Raises:
            TableError: a split is missing or broken; names file and row.
        """
        sessions = [session for session in read_sessions(root, FILES) if session.id not in EXCLUDED]
        # A file that is named itself gives its recording its own name, without folders.
        return as_examples(sessions, lambda id: f"{id}{Path(_TABLE).stem}")

    def au_tables(self, root: Path) -> Mapping[str, Path]:
        """Tables of CLNF's action units by the name of the recording."""
        of_session = {
            id: path for suffix in _UNITS for id, path in numbered_files(root, f"*_P/*{suffix}", suffix).items()
        }
        return {f"{id}{Path(_TABLE).stem}": path for id, path in of_session.items()}

    def check(self, root: Path) -> tuple[str, ...]:
        """Missing splits and tables, labels that contradict each other, excluded sessions."""
        try:
            tables = numbered_files(root, f"*_P/*{_TABLE}", _TABLE)
        except TableError as error:
            return (str(error),)
        lines = check_sessions(root, FILES, [id for id in tables if id not in EXCLUDED], f"table <id>{_TABLE}")
        if not tables:
            lines.append(f"{root}: has no <id>_P/<id>{_TABLE}; unpack the sessions' archives there")
        return (*lines, *told([id for id in tables if id in EXCLUDED], "sessions are there that are always left out"))


DAIC = DaicWoz()


def _tables(root: Path) -> dict[str, Path]:
    found = numbered_files(root, f"*_P/*{_TABLE}", _TABLE)
    return {id: path for id, path in found.items() if id not in EXCLUDED}
