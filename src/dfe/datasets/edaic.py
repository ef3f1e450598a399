"""E-DAIC, the extended DAIC of AVEC 2019: interviews with a self-reported PHQ-8 (Ringeval et al., 2019).

Layout: ``<id>_P/features/<id>_OpenFace2.1.0_Pose_gaze_AUs.csv`` and ``{train,dev,test}_split.csv``. Neither video nor
landmarks are released, so there can be NO TOKENS: what a study can use are OpenFace's action units, with its head pose,
times and success beside them. :meth:`EDaic.prepare` writes one recording a session that holds just these
(:mod:`dfe.datasets.unit_recordings`), so that the protocol, the nuisance row and windows work as they do elsewhere.
F1 of the class with a score of 10 or more: to say so of everyone gives 0.466 on the test part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import TableError
from dfe.base.files import refuse_filled
from dfe.base.types import Progress
from dfe.datasets.examples import Examples
from dfe.datasets.phq import as_examples, check_sessions, numbered_files, read_sessions

FILES = {"train": ("train_split.csv",), "validation": ("dev_split.csv",), "test": ("test_split.csv",)}
NO_TOKENS = "E-DAIC releases neither video nor landmarks: action units can be studied, tokens cannot"

_TABLE = "_OpenFace2.1.0_Pose_gaze_AUs.csv"


@dataclass(frozen=True)
class EDaic:
    """The data set in a folder."""

    name: str = "edaic"

    def media(self, root: Path) -> tuple[Path, ...]:  # noqa: ARG002 (the protocol's)
        """Nothing: there is nothing that could be encoded."""
        return ()

    def examples(self, root: Path) -> Examples:
        """One example a session of the splits, with the name that :meth:`prepare` gives to its recording.

        Raises:
            TableError: a split is missing or broken; names file and row.
        """
        named = {id: _below(path, root) for id, path in _tables(root).items()}
        plain = f"{{id}}_P/features/{{id}}{_TABLE.removesuffix('.csv')}"
        return as_examples(read_sessions(root, FILES), lambda id: named.get(id, plain.format(id=id)))

    def au_tables(self, root: Path) -> Mapping[str, Path]:
        """OpenFace's tables by the name of the recording, which is the table's own path below ``root``."""
        return {_below(path, root): path for path in _tables(root).values()}

    def prepare(self, root: Path, out: Path, progress: Progress | None = None) -> str:
        """Write a recording of action units, pose and times for each session that has a label.

        Args:
            root: the data set's folder.
            out: folder for the recordings; it must be new or empty.
            progress: told of sessions done.

        Returns:
            What was made and what comes next.

        Raises:
            TableError: a split or table is missing or broken.
            OutputError: ``out`` is not empty, or cannot be written.
        """
        from dfe.datasets.unit_recordings import unit_recording

        refuse_filled(out)
        labelled = {session.id for session in read_sessions(root, FILES)}
        tables = {id: path for id, path in _tables(root).items() if id in labelled}
        if not tables:
            raise TableError(f"has no <id>_P/features/<id>{_TABLE} of a session with a label", where=root)
        for done, path in enumerate(tables.values(), 1):
            unit_recording(path).write(out / f"{_below(path, root)}.parquet")
            if progress is not None:
                progress(done, len(tables))
        return f"{len(tables)} recordings of action units; {NO_TOKENS}; next: dfe study run edaic with the AU tables"

    def check(self, root: Path) -> tuple[str, ...]:
        """That there are no tokens; missing splits and tables, labels that contradict each other."""
        try:
            tables = _tables(root)
        except TableError as error:
            return (str(error),)
        return (NO_TOKENS, *check_sessions(root, FILES, tables, f"table features/<id>{_TABLE}"))


EDAIC = EDaic()


def _tables(root: Path) -> dict[str, Path]:
    return numbered_files(root, "*_P/features/*", _TABLE)


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()
