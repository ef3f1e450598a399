"""Whose resting face expressions are measured against, as a user says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dfe.base.errors import UsageError
from dfe.recording.storage import provenance_path

_INTERVAL = re.compile(r"(\d+(?:\.\d*)?)-(\d+(?:\.\d*)?)")
_TABLES = (".parquet", ".csv")


@dataclass(frozen=True)
class NeutralChoice:
    """A resting face to measure against."""

    kind: Literal["own", "population", "interval", "recording"]
    start_s: float = 0.0
    end_s: float = 0.0
    path: Path | None = None

    @classmethod
    def parse(cls, text: str) -> NeutralChoice:
        """From ``own``, ``population``, ``START-END`` in seconds, or the path of a recording's table.

        Raises:
            UsageError: it is none of these, or the interval is empty.
        """
        if text == "own":
            return cls("own")
        if text == "population":
            return cls("population")
        if (found := _INTERVAL.fullmatch(text)) is not None:
            start, end = float(found[1]), float(found[2])
            if end <= start:
                raise UsageError(f"the neutral interval {text} is empty", advice="name seconds as in --neutral 2-5")
            return cls("interval", start, end)
        if Path(text).suffix.lower() in _TABLES:
            return cls("recording", path=Path(text))
        raise UsageError(
            f"--neutral is own, population, START-END in seconds, or a table that dfe encode wrote, not {text!r}",
            advice="encode another recording of the person first",
        )

    @property
    def files(self) -> tuple[Path, ...]:
        """What the other recording is read from; none of any other choice."""
        if self.path is None:
            return ()
        return (self.path, provenance_path(self.path)) if self.path.suffix.lower() == ".csv" else (self.path,)

    def __str__(self) -> str:
        if self.kind == "interval":
            return f"{self.start_s:g}-{self.end_s:g} s"
        if self.kind == "recording":
            return f"recording {self.path.name if self.path else ''}"
        return self.kind
