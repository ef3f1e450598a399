"""What is in a plan, in a few lines."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from dfe.base.suffixes import foreign_words
from dfe.corpus.plan import Plan
from dfe.corpus.sample import Estimate, in_room
from dfe.pages import formats


@dataclass(frozen=True)
class Overview:
    """A plan in numbers."""

    recordings: int
    videos: int
    picture_sets: int
    tables: int
    hours: float
    """Of video."""
    frames: int
    """As far as they are known."""
    bytes: int
    """Of the media."""
    unreadable: int
    subjects: int
    without_subject: int
    estimate: Estimate | None
    """What a run with default options will take; None where no sample was measured."""
    passed_over: dict[str, int] = field(default_factory=dict)
    """Files in folders that are called like pictures or films and are not planned: how many of each suffix."""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        told = asdict(self)
        told["estimate"] = None if self.estimate is None else self.estimate._asdict()
        return told

    def lines(self, workers: int = 1) -> list[str]:
        """For people."""
        kinds = [
            (self.videos, "video", "videos"),
            (self.picture_sets, "set of pictures", "sets of pictures"),
            (self.tables, "table", "tables"),
        ]
        told = [formats.count(*kind) for kind in kinds if kind[0]]
        if self.videos:
            told[0] += f" ({formats.seconds(3600 * self.hours)} in all)"
        what = ", ".join(told) or "nothing"
        media = f"{formats.count(self.frames, 'frame')}, {in_room(self.bytes)} of media"
        lines = [f"{formats.count(self.recordings, 'recording')}: {what}; {media}"]
        if self.unreadable:
            lines.append(f"{self.unreadable} cannot be read; runs leave them out")
        if self.passed_over:
            lines.append(foreign_words(self.passed_over))
        if self.subjects:
            rest = f"; of {self.without_subject} recordings it is not known whose" if self.without_subject else ""
            lines.append(f"{formats.count(self.subjects, 'subject')}{rest}")
        else:
            lines.append("no subject is known: no path names one as sub-01 does, or as --pattern says")
        if self.estimate is not None:
            more = f"; {self.estimate.words(workers)}" if workers > 1 else ""
            lines.append(f"a run takes {self.estimate.words(1)}{more}, by a measured sample")
        return lines


def overview_of(plan: Plan) -> Overview:
    """Count what is in a plan."""
    kinds, subjects = plan.column("kind"), plan.column("subject")
    info, frames = plan.info, plan.frames
    estimate = None
    if info.seconds_per_frame is not None:
        size = frames * info.bytes_per_frame + (len(plan) - len(plan.problems)) * info.bytes_per_recording
        estimate = Estimate(frames * info.seconds_per_frame / 3600, round(size))
    return Overview(
        recordings=len(plan),
        videos=kinds.count("video"),
        picture_sets=kinds.count("stills"),
        tables=kinds.count("table"),
        hours=plan.hours,
        frames=frames,
        bytes=sum(plan.column("bytes")),
        unreadable=len(plan.problems),
        subjects=len({subject for subject in subjects if subject}),
        without_subject=subjects.count(""),
        estimate=estimate,
        passed_over=info.passed_over,
    )
