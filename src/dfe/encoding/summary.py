"""What a run over many inputs says at its end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple

from dfe.base.errors import MediaError
from dfe.base.printable import printable
from dfe.base.suffixes import foreign_words
from dfe.encoding.row import Row
from dfe.frontends.base import NOT_DECODED
from dfe.media.inputs import Source
from dfe.media.video import PATCHED
from dfe.recording.recording import Recording
from dfe.recording.storage import provenance_path

NAMED = 3
"""Pictures named in one line about those that could not be read."""


class Targets(NamedTuple):
    """The files that an input makes."""

    table: Path
    report: Path | None

    @classmethod
    def of(cls, out: Path, name: str, format: str, report: bool) -> Targets:
        """``out/<name>.<format>`` and, if asked, ``out/<name>.html``; ``name`` may hold folders."""
        base = f"{out}{os.sep}{name}"
        return cls(Path(f"{base}.{format}"), Path(f"{base}.html") if report else None)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that will be written."""
        beside = (provenance_path(self.table),) if self.table.suffix == ".csv" else ()
        return (self.table, *beside) if self.report is None else (self.table, *beside, self.report)


@dataclass(frozen=True)
class InputResult:
    """What became of one input."""

    name: str
    status: Literal["done", "damaged", "failed", "aside", "there", "paged", "unreadable"]
    """``damaged``: the table is there, and some of its rows are frames that could not be decoded, or the source changed
    while it was read; ``there``: an earlier run made it, and nothing has changed, so that a damaged one still has its
    problem; ``paged``: the same, but its page is new; ``aside``: it has failed so often in earlier runs that it was not
    tried again; ``unreadable``: it was known that it cannot be read, and so not tried."""
    frames: int = 0
    faces: int = 0
    """Rows with a face."""
    people: int = 0
    """Distinct face ids that are seen for more than a moment."""
    fleeting: int = 0
    """The others: passers-by, or no faces; no report counts them."""
    failures: int = 0
    """Frames (or pictures) without a face, whatever the reason."""
    usable: int = 0
    """Frames with a face that is frontal, large enough, not covered and not frozen."""
    why_not: str | None = None
    """The commonest reason why a face is not usable."""
    table: str | None = None
    report: str | None = None
    problem: str | None = None
    changed: bool = False
    """Whether the source was written to while it was read."""
    altered: bool = False
    """Whether something else had changed its table since an earlier run wrote it; what was there is replaced."""
    warnings: tuple[str, ...] = ()
    """What is known to be wrong, odd or mended about the source, and what a front end had to guess or leave out."""
    needs_more: bool = False
    """Whether it failed for want of memory with nothing beside it, so that only another run may do better."""
    tries: int = 0
    """How often it has failed, of one that is set aside."""

    @classmethod
    def failure(cls, name: str, problem: str, *, needs_more: bool = False) -> InputResult:
        """An input that made nothing, and why."""
        return cls(name, "failed", problem=problem, needs_more=needs_more)

    @classmethod
    def aside(cls, name: str, told: Row) -> InputResult:
        """An input that has failed too often to be tried again."""
        return cls(name, "aside", problem=told.reason, tries=told.times_failed)

    @classmethod
    def unreadable(cls, name: str, problem: str) -> InputResult:
        """An input of which it was known that it cannot be read, and why."""
        return cls(name, "unreadable", problem=problem)

    @classmethod
    def there(cls, name: str, targets: Targets, told: Row) -> InputResult:
        """An input that an earlier run has done, and what its row says of it."""
        report = None if targets.report is None else str(targets.report)
        return cls(name, "there", table=str(targets.table), report=report, problem=told.reason or None)

    @classmethod
    def glanced(cls, name: str, table: str, told: Row) -> InputResult:
        """The same of one that has no page, seen at a glance."""
        return cls(name, "there", table=table, problem=told.reason or None)

    @classmethod
    def paged(cls, name: str, targets: Targets, told: Row) -> InputResult:
        """An input whose table was there and whose page was made from it."""
        return replace(cls.there(name, targets, told), status="paged")

    @classmethod
    def success(cls, source: Source, recording: Recording, targets: Targets) -> InputResult:
        """An input that made its files; with a word if part of it could not be decoded."""
        summary = recording.summary()
        changed = any(defect.kind == "changed" for defect in recording.provenance.defects)
        problem = _changed(source) if changed else _damage(source, recording)
        return cls(
            source.name,
            "done" if problem is None else "damaged",
            frames=summary.frames,
            faces=summary.face_rows,
            people=summary.faces,
            fleeting=len(summary.fleeting),
            failures=summary.frames - summary.face_frames,
            usable=summary.usable_frames,
            why_not=next(iter(summary.not_usable), None),
            table=str(targets.table),
            report=None if targets.report is None else str(targets.report),
            problem=problem,
            changed=changed,
            warnings=recording.provenance.notes,
        )


def _changed(source: Source) -> str:
    what, advice = "changed while it was read", "encode it again when nothing writes to it any more"
    return str(MediaError(what, where=source.place, advice=advice))


def _damage(source: Source, recording: Recording) -> str | None:
    """One line about the frames or pictures that could not be decoded, or only in part; None if there are none."""
    odd = [
        (name, reason.removeprefix(f"{NOT_DECODED}: "))
        for name, reason, found in zip(
            recording.column("source"), recording.column("reason"), recording.success, strict=True
        )
        if reason is not None and (reason == PATCHED if found else _unreadable(reason))
    ]
    if not odd:
        return None
    if source.kind == "video":
        what = f"{len(odd)} of {recording.summary().frames} frames are damaged or could not be decoded"
        return str(MediaError(what, where=source.paths[0], advice="their rows say which; the others are fine"))
    named = ", ".join(f"{name} ({reason})" for name, reason in odd[:NAMED]) + (", ..." if len(odd) > NAMED else "")
    what = f"{len(odd)} of {len(source.paths)} pictures could not be read: {named}"
    return str(MediaError(what, where=source.paths[0].parent, advice="their rows say why; the others are fine"))


def _unreadable(reason: str) -> bool:
    return reason.startswith(NOT_DECODED) or reason.endswith(f"({PATCHED})")


@dataclass(frozen=True)
class RunSummary:
    """Totals and the fate of every input."""

    inputs: tuple[InputResult, ...]
    """Those that were not found come first."""
    seconds: float
    passed_over: Mapping[str, int] = field(default_factory=dict)
    """Files in folders that are called like pictures or films and were not looked at: how many of each suffix."""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each input that was not found, failed, or is damaged."""
        return tuple(result.problem for result in self.inputs if result.problem is not None)

    @property
    def frames(self) -> int:
        """Frames looked at."""
        return sum(result.frames for result in self.inputs)

    @property
    def faces(self) -> int:
        """Faces measured, over all frames."""
        return sum(result.faces for result in self.inputs)

    @property
    def frames_per_second(self) -> float:
        """Frames looked at per second of the whole run, start-up and writing included."""
        return self.frames / self.seconds if self.seconds > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """0 if all went well, 1 if anything failed or was damaged."""
        return 1 if self.problems else 0

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        states = [result.status for result in self.inputs]
        return {
            "files": len(self.inputs),
            "files_done": states.count("done"),
            "files_already_there": states.count("there") + states.count("paged"),
            "pages_made_of_tables": states.count("paged"),
            "files_damaged": states.count("damaged"),
            "files_failed": states.count("failed"),
            "frames": self.frames,
            "faces": self.faces,
            "failures": sum(result.failures for result in self.inputs),
            "seconds": round(self.seconds, 3),
            "frames_per_second": round(self.frames_per_second, 2),
            "passed_over": dict(self.passed_over),
            "problems": list(self.problems),
            "inputs": [asdict(result) for result in self.inputs],
        }

    def lines(self) -> list[str]:
        """A few lines for people."""
        passed = [f"note: {printable(foreign_words(self.passed_over))}"] if self.passed_over else []
        return [*self._results(), *passed]

    def _results(self) -> list[str]:
        lines = []
        for result in self.inputs:
            if result.status == "paged":
                lines.append(printable(f"{result.table}: there already, unchanged"))
                lines.append(f"  report: {printable(str(result.report))}")
            elif result.table is not None and result.status != "there":
                found = result.frames - result.failures
                seen = f"{_frames(result.frames)}, a face in {found}, usable in {result.usable}"
                why = f" ({result.why_not})" if result.why_not and result.usable < found else ""
                people = f", {result.people} faces" if result.people > 1 else ""
                if result.fleeting:
                    people += f", {result.fleeting} more for a moment only (perhaps no face, left out of reports)"
                lines.append(printable(f"{result.table}: {seen}{why}{people}"))
                if result.altered:
                    lines.append("  note: made anew, since the earlier table was changed after it was written")
                lines.extend(f"  note: {printable(warning)}" for warning in result.warnings)
                if result.report is not None:
                    lines.append(f"  report: {printable(str(result.report))}")
        there = sum(result.status == "there" for result in self.inputs)
        made = sum(result.table is not None for result in self.inputs) - there
        paged = sum(result.status == "paged" for result in self.inputs)
        if there:
            lines.append(f"{there} already there, unchanged (--overwrite does them again)")
            if there == len(self.inputs):
                return lines[:1]
        if paged and paged + there == len(self.inputs):
            lines.append(f"{paged} reports made of tables that were there already (--overwrite does all again)")
            return lines
        lines.append(
            f"{made} of {len(self.inputs)} {'input' if len(self.inputs) == 1 else 'inputs'}: {_frames(self.frames)} "
            f"in {self.seconds:.1f} s ({self.frames_per_second:.0f} frames/s)"
        )
        return lines


def _frames(count: int) -> str:
    return f"{count} frame{'' if count == 1 else 's'}"
