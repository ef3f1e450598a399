"""`dfe corpus run`: encode what is planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from dfe.base.errors import UsageError
from dfe.base.processes import is_program
from dfe.cli.corpus.choices import RunChoices
from dfe.cli.corpus.options import PlanFile
from dfe.cli.options import AsJson, Flag, OutFolder, Overwrite, Workers, arg


@dataclass(frozen=True)
class RunPlan:
    """Encode a plan's recordings into a folder, whole or one share of them; started again, it goes on.

    It is `dfe encode` for corpora: the same tables, the same rule of what is done already, in manifest.csv. An input
    that fails is tried again and then set aside with the reason; the run stops before the disk is full. subjects.csv
    says whose each recording is. Exit codes: 0 all done; 1 some inputs cannot be read, failed or are damaged, now or in
    an earlier run, and all others are done; 75 stopped early, start it again to go on; 3 an error ended the run, as a
    plan or a cluster that is not there.

    Examples:
        dfe corpus run plan.parquet -o out --workers 8
        dfe corpus run plan.parquet -o out --shard 3/100 --json-lines
        dfe corpus run plan.parquet -o out --stop-after 230 --report
        dfe corpus run plan.parquet -o out --engine ray --ray-address auto --workers 64 --worker-cpus 0.9
    """

    plan: PlanFile
    out: OutFolder
    workers: Workers = 1
    shard: Annotated[str | None, arg(metavar="I/N")] = None
    """Do only one share of N, from 1/N on, each with a list of its own, manifest-IofN.csv."""
    stop_after: Annotated[float | None, arg(metavar="MINUTES")] = None
    """Begin nothing more after this time; what is under way is finished."""
    choices: RunChoices = field(default_factory=RunChoices)
    json_lines: Flag = False
    """Print a line of JSON on standard output for each thing that happens, while it happens: start, recording,
    progress, end. For programs that watch the run; --json prints one summary at the end instead."""
    overwrite: Overwrite = False
    json: AsJson = False

    def run(self) -> int:
        """Run the plan, say what became of it, return the exit code."""
        from dfe.cli.net import breaking_off

        with breaking_off():
            return self._run()

    def _run(self) -> int:
        from dfe.cli.corpus.lines import JsonLines
        from dfe.cli.progress import show_progress
        from dfe.cli.show import complain, note_open_key, say, show_json
        from dfe.corpus.plan import read_plan
        from dfe.corpus.run import run_corpus
        from dfe.corpus.shard import Shard

        if self.json and self.json_lines:
            raise UsageError("--json does nothing beside --json-lines", advice="leave one of the two out")
        plan = read_plan(self.plan)
        shard = None if self.shard is None else Shard.parse(self.shard)
        options = self.choices.options(shard, self.stop_after, overwrite=self.overwrite)
        note_open_key(self.choices.pseudonyms)
        engine = self.choices.find_engine(self.workers, apart=is_program())
        if self.json_lines:
            lines = JsonLines()
            lines.start(plan, self.choices.engine, self.workers, shard)
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
