"""`dfe corpus slurm`: a job script for a cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from dfe.cli.corpus.choices import RunChoices
from dfe.cli.corpus.options import PlanFile
from dfe.cli.options import OutFolder, arg
from dfe.corpus.slurm import SlurmJob


@dataclass(frozen=True)
class Slurm:
    """Print a job script for SLURM: an array of shares, each of which goes on until it is done. Write it into a file
    and submit that with sbatch.

    The options of `dfe corpus run` that say how faces are measured and what is written are taken, too, and stand in the
    script; they are checked now. A job asks for the memory that --memory says, by default for 0.7 GB a processor and as
    much once more.

    Examples:
        dfe corpus slurm plan.parquet -o /shared/out --shares 200 --cpus 8 --hours 4
        dfe corpus slurm plan.parquet -o /shared/out --pseudonyms /shared/keys/study --report --largest-only
    """

    plan: PlanFile
    out: OutFolder
    shares: Annotated[int, arg(metavar="N")] = SlurmJob.shares
    """Jobs of the array."""
    cpus: Annotated[int, arg(metavar="N")] = SlurmJob.cpus
    """Processors of each job."""
    gpus: Annotated[int, arg(metavar="N")] = SlurmJob.gpus
    """GPUs of each job, for `--device cuda`."""
    hours: Annotated[float, arg(metavar="H")] = SlurmJob.hours
    """Time that each job asks for; it stops a little earlier and puts itself back into the queue, on hold if the disk
    is full."""
    leave: Annotated[float, arg(metavar="MINUTES")] = SlurmJob.leave_minutes
    """In its last minutes, so many, a job begins nothing new. Take more than the longest task needs: a film of up to 20
    minutes, or a piece of a longer one."""
    partition: Annotated[str | None, arg(metavar="NAME")] = None
    """Partition of the cluster."""
    account: Annotated[str | None, arg(metavar="NAME")] = None
    """Account to charge."""
    choices: RunChoices = field(default_factory=RunChoices)

    def run(self) -> int:
        """Print the script, return the exit code."""
        from dfe.cli.said import words_for
        from dfe.cli.show import say, tell
        from dfe.corpus.plan import read_plan
        from dfe.corpus.run import checked

        plan = read_plan(self.plan)
        memory = self.choices.memory
        job = SlurmJob(self.shares, self.cpus, self.hours, memory, self.partition, self.account, self.gpus, self.leave)
        engine = self.choices.find_engine(self.cpus, apart=False)
        checked(plan, self.out, self.choices.options(), engine)
        if self.shares > len(plan):
            idle = self.shares - len(plan)
            tell(f"note: {idle} of {self.shares} shares have nothing to do; --shares {len(plan)} will do")
        say(*job.script(self.plan, self.out, words_for(self.choices)).splitlines())
        return 0
