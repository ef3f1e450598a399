"""What a run over many inputs says at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from dfe.errors import DfeError, MediaError
from dfe.frontends.base import NOT_DECODED
from dfe.recording.recording import Recording


class Targets(NamedTuple):
    """The files that an input makes."""

    table: Path
    report: Path | None

    @classmethod
    def of(cls, out: Path, name: str, format: str, report: bool) -> Targets:
        """``out/<name>.<format>`` and, if asked, ``out/<name>.html``; ``name`` may hold folders."""
        base = out / name
        return cls(base.with_name(f"{base.name}.{format}"), base.with_name(f"{base.name}.html") if report else None)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that will be written."""
        return (self.table,) if self.report is None else (self.table, self.report)


@dataclass(frozen=True)
class InputResult:
    """What became of one input."""

    name: str
    status: Literal["done", "damaged", "failed"]
    """``damaged``: the table is there, and some of its rows are frames that could not be decoded."""
    frames: int = 0
    faces: int = 0
    """Rows with a face."""
    people: int = 0
    """Distinct face ids."""
    failures: int = 0
    """Frames without a face, whatever the reason."""
    usable: int = 0
    """Frames with a face that is frontal and large enough."""
    why_not: str | None = None
    """The commonest reason why a face is not usable."""
    table: str | None = None
    report: str | None = None
    problem: str | None = None

    @classmethod
    def failure(cls, name: str, error: DfeError) -> InputResult:
        """An input that made nothing."""
        return cls(name, "failed", problem=str(error))

    @classmethod
    def success(cls, name: str, recording: Recording, targets: Targets) -> InputResult:
        """An input that made its files; with a word if part of it could not be decoded."""
        summary = recording.summary()
        lost = sum(n for reason, n in summary.failures.items() if reason.startswith(NOT_DECODED))
        patched = sum(reason is not None for reason in recording.column("reason")[recording.success])
        problem = None
        if lost or patched:
            what = f"of {summary.frames} frames {lost} could not be decoded and {patched} are damaged"
            problem = str(MediaError(what, where=name, advice="their rows say why; the others are fine"))
        return cls(
            name,
            "done" if problem is None else "damaged",
            frames=summary.frames,
            faces=int(recording.success.sum()),
            people=summary.faces,
            failures=round(summary.frames * (1 - summary.coverage)),
            usable=round(summary.frames * summary.usable_share),
            why_not=next(iter(summary.not_usable), None),
            table=str(targets.table),
            report=None if targets.report is None else str(targets.report),
            problem=problem,
        )


@dataclass(frozen=True)
class RunSummary:
    """Totals and the fate of every input."""

    inputs: tuple[InputResult, ...]
    problems: tuple[str, ...]
    """One line each: inputs that were not found, failed or damaged."""
    seconds: float

    @classmethod
    def of(cls, results: Sequence[InputResult], problems: Sequence[DfeError], seconds: float) -> RunSummary:
        """Put the lines about missing inputs before those about failed ones."""
        lines = [str(problem) for problem in problems] + [r.problem for r in results if r.problem is not None]
        return cls(tuple(results), tuple(lines), seconds)

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
            "done": states.count("done"),
            "damaged": states.count("damaged"),
            "failed": states.count("failed"),
            "frames": self.frames,
            "faces": self.faces,
            "failures": sum(result.failures for result in self.inputs),
            "seconds": round(self.seconds, 3),
            "frames_per_second": round(self.frames_per_second, 2),
            "problems": list(self.problems),
            "inputs": [asdict(result) for result in self.inputs],
        }

    def text(self) -> str:
        """A few lines for people."""
        lines = []
        for result in self.inputs:
            if result.table is not None:
                seen = f"{result.frames} frames, a face in {result.frames - result.failures}, usable in {result.usable}"
                why = (
                    f" ({result.why_not})" if result.why_not and result.usable < result.frames - result.failures else ""
                )
                people = f", {result.people} faces" if result.people > 1 else ""
                lines.append(f"{result.table}: {seen}{why}{people}")
                if result.report is not None:
                    lines.append(f"  report: {result.report}")
        made = sum(result.table is not None for result in self.inputs)
        lines.append(
            f"{made} of {len(self.inputs)} inputs, {self.frames} frames, {self.faces} faces "
            f"in {self.seconds:.1f} s ({self.frames_per_second:.0f} frames/s)"
        )
        return "\n".join(lines)
