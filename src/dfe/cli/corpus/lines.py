"""What a run says to programs: one JSON object a line, as it happens."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from dfe.base.printable import printable_json
from dfe.cli.progress import Pace
from dfe.cli.show import say

if TYPE_CHECKING:
    from dfe.corpus.plan import Plan
    from dfe.corpus.run import CorpusSummary
    from dfe.corpus.shard import Shard
    from dfe.encoding.summary import InputResult

EVERY_S = 10.0
"""Progress is told no more often than this."""


class JsonLines:
    """Prints events; each has ``event`` and ``seconds`` since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._told = self._began
        self._pace = Pace()
        self._failed = 0

    def start(self, plan: Plan, engine: str, workers: int, shard: Shard | None) -> None:
        """What is about to be done, of the share if there is one."""
        share = None if shard is None else [shard.index, shard.count]
        places = range(len(plan)) if shard is None else plan.shard(shard)
        self._say(
            "start", recordings=len(places), frames=plan.frames_of(places), engine=engine, workers=workers, shard=share
        )

    def recording(self, result: InputResult) -> None:
        """What became of a recording; those that were there already are told in the end."""
        self._failed += result.status == "failed"
        if result.status != "there":
            self._say(
                "recording", name=result.name, status=result.status, frames=result.frames, faces=result.faces,
                reason=result.problem,
            )  # fmt: skip

    def progress(self, done: int, total: int | None) -> None:
        """Frames done and to do, now and then."""
        now = time.monotonic()
        left = self._pace.left_s(done, total, now)
        if now - self._told < EVERY_S:
            return
        self._told = now
        rate = done / (now - self._began)
        self._say(
            "progress", frames=done, of=total, frames_per_second=round(rate, 2), failed=self._failed,
            seconds_left=None if left is None else round(left),
        )  # fmt: skip

    def end(self, summary: CorpusSummary) -> None:
        """What became of all."""
        told = {key: value for key, value in summary.as_dict().items() if key != "seconds"}
        self._say("end", **told)

    def _say(self, event: str, **told: object) -> None:
        seconds = round(time.monotonic() - self._began, 3)
        say(printable_json(json.dumps({"event": event, "seconds": seconds, **told}, ensure_ascii=False)))
        sys.stdout.flush()  # whoever reads it waits for it
