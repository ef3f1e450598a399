"""`dfe corpus run`: encode what is planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from dfe.base.errors import UsageError
from dfe.base.processes import is_program
from dfe.cli.corpus.options import Fetch, PlanFile
from dfe.cli.how import How
from dfe.cli.options import AsJson, Flag, OutFolder, Overwrite, PseudonymKey, Reports, Thumbnails, Workers, arg, need
from dfe.corpus.config import TRIES
from dfe.corpus.engines.find import EngineName


@dataclass(frozen=True)
class RunPlan:
    """Encode a plan's recordings into a folder, whole or one share of them; started again, it goes on.

    It is `dfe encode` for corpora: the same tables, the same rule of what is done already, in manifest.csv. An input
    that fails is tried again and then set aside with the reason; the run stops before the disk is full. subjects.csv
    says whose each recording is. Exit codes: 0 all done; 1 some inputs failed or are damaged, and all others are done;
    75 stopped early, start it again to go on.

    Examples:
        dfe corpus run plan.parquet -o out --workers 8
        dfe corpus run plan.parquet -o out --shard 3/100 --json-lines
        dfe corpus run plan.parquet -o out --stop-after 230 --report
        dfe corpus run plan.parquet -o out --engine ray --ray-address auto --workers 64 --worker-cpus 0.9
    """

    plan: PlanFile
    out: OutFolder
    engine: EngineName = "local"
    """What does the work: processes of this machine, or actors on a Ray cluster (needs the extra "distributed")."""
    workers: Workers = 1
    ray_address: Annotated[str | None, arg(metavar="HOST:PORT")] = None
    """Of the Ray cluster; "auto" is the one that this machine belongs to. By default Ray is started here alone."""
    worker_cpus: Annotated[float | None, arg(metavar="N")] = None
    """Processors that each of Ray's workers takes up, 1 by default; may be a fraction."""
    worker_gpus: Annotated[float | None, arg(metavar="N")] = None
    """GPUs that each of Ray's workers takes up, none by default; may be a fraction."""
    fetch: Fetch = False
    shard: Annotated[str | None, arg(metavar="I/N")] = None
    """Do only one share of N, from 1/N on, each with a list of its own, manifest-IofN.csv."""
    tries: Annotated[int, arg(metavar="N")] = TRIES
    """How many times an input that fails is tried, over all runs, before it is set aside; a larger number than before
    tries again what was set aside."""
    min_free: Annotated[float, arg(metavar="GB")] = 1.0
    """Begin nothing more when the results' disk has less than this free."""
    stop_after: Annotated[float | None, arg(metavar="MINUTES")] = None
    """Begin nothing more after this time; what is under way is finished."""
    report: Reports = False
    thumbnails: Thumbnails = False
    pseudonyms: PseudonymKey = None
    how: How = field(default_factory=How)
    json_lines: Flag = False
    """Print a line of JSON on standard output for each thing that happens, while it happens: start, recording,
    progress, end. For programs that watch the run; --json prints one summary at the end instead."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Run the plan, say what became of it, return the exit code."""
        from dfe.cli.corpus.lines import JsonLines
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, say, show_json
        from dfe.corpus.engines.find import find_engine
        from dfe.corpus.plan import read_plan
        from dfe.corpus.run import RunOptions, run_corpus
        from dfe.corpus.shard import Shard
        from dfe.encoding.limits import Limits

        need("--thumbnails", self.thumbnails, "--report", self.report)
        if self.json and self.json_lines:
            raise UsageError("--json does nothing beside --json-lines", advice="leave one of the two out")
        plan = read_plan(self.plan)
        shard = None if self.shard is None else Shard.parse(self.shard)
        limits = Limits(self.min_free * 1e9, None if self.stop_after is None else 60 * self.stop_after)
        options = RunOptions(
            self.how.options(), self.report, self.thumbnails, self.overwrite, self.tries, shard, limits, self.pseudonyms
        )
        engine = find_engine(
            self.engine,
            self.workers,
            apart=is_program(),
            address=self.ray_address,
            cpus=self.worker_cpus,
            gpus=self.worker_gpus,
            fetch=self.fetch,
        )
        if self.json_lines:
            lines = JsonLines()
            lines.start(plan, self.engine, self.workers, shard)
            summary = run_corpus(plan, self.out, options, engine, progress=lines.progress, heard=lines.recording)
            lines.end(summary)
            return summary.exit_code
        with show_progress("encoding", "frames") as progress:
            summary = run_corpus(plan, self.out, options, engine, progress=progress)
        complain(summary.problems)
        if self.json:
            show_json(summary.as_dict())
        else:
            say(*summary.lines())
        return summary.exit_code
