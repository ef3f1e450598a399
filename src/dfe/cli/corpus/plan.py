"""`dfe corpus plan`: find and probe all media before anything is encoded."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from dfe.base.errors import UsageError
from dfe.base.processes import is_program
from dfe.cli.corpus.options import Fetch
from dfe.cli.options import OUT, AsJson, Flag, Overwrite, Workers, arg
from dfe.corpus.config import PlanOptions


@dataclass(frozen=True)
class MakePlan:
    """Find all media, read what each file holds, name the broken ones now, estimate time and room, and write a plan.

    The plan is a Parquet table with a row for each recording to be made: length, frames, codec, size, hash, and whose
    it is. Exit code 1 if any file cannot be read; the plan is written all the same, and runs leave those out.

    Examples:
        dfe corpus plan interviews/ -o plan.parquet
        dfe corpus plan videos/ -o plan.parquet --pattern "{subject}/{subject}_{task}.mp4"
        dfe corpus plan /data/bids -o plan.parquet --workers 8 --quick
    """

    paths: Annotated[Positional[tuple[str, ...]], arg(metavar="MEDIA [MEDIA ...]")]
    """Videos, pictures, other tools' tables, folders or globs, as for `dfe encode`."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="PLAN", help=f"{OUT}: the plan, a Parquet file.")]
    pattern: Annotated[str | None, arg(metavar="TEXT")] = None
    """How the ends of paths tell {subject}, {session} and {task}, with * for what does not matter; by default names in
    the way of BIDS, sub-01_ses-2_task-talk."""
    quick: Flag = False
    """Read headers only: no hashes, and lengths as the headers announce them. Damage is then found by the run."""
    sample: Annotated[float, arg(metavar="SECONDS")] = PlanOptions.sample_s
    """Seconds of media that are encoded for the estimate; 0 for no estimate."""
    workers: Workers = 1
    fetch: Fetch = False
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Make the plan, say what is in it, return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show_json, tell
        from dfe.corpus.engines.find import find_engine
        from dfe.corpus.making import make_plan
        from dfe.corpus.overview import overview_of
        from dfe.pages.formats import count

        if not self.paths:
            raise UsageError("nothing to plan: name at least one video, picture, table, folder or glob")
        options = PlanOptions(self.pattern, self.quick, self.sample)
        engine = find_engine("local", self.workers, apart=is_program(), fetch=self.fetch)
        with show_progress("probing", "files") as progress:
            plan = make_plan(self.paths, self.out, options, engine, overwrite=self.overwrite, progress=progress)
        overview = overview_of(plan)
        code = complain([*plan.info.absent, *plan.problems])
        tell(*(f"note: {one}" for one in plan.info.linked))
        if plan.info.unclear:
            paths, first = count(plan.info.unclear, "path fits", "paths fit"), plan.info.unclear_as
            tell(f"note: {paths} the pattern in several ways; fields on the left take as little as they can: {first}")
        if plan.info.no_estimate:
            tell(f"note: no estimate of time and room: {plan.info.no_estimate}")
        if self.json:
            show_json(overview.as_dict())
        else:
            say(*overview.lines(self.workers), f"plan: {self.out}")
            if overview.recordings > overview.unreadable:
                more = f" --workers {self.workers}" if self.workers > 1 else ""
                say(f"next: dfe corpus run {shlex.quote(str(self.out))} -o OUT{more}")
        return code
