"""`dfe corpus slurm`: a job script for a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from dfe.cli.corpus.options import PlanFile
from dfe.cli.options import OutFolder, arg
from dfe.corpus.slurm import SlurmJob


@dataclass(frozen=True)
class Slurm:
    """Print a job script for SLURM: an array of shares, each of which goes on until it is done. Write it into a file
    and submit that with sbatch.

    Examples:
        dfe corpus slurm plan.parquet -o /shared/out --shares 200 --cpus 8 --hours 4
    """

    plan: PlanFile
    out: OutFolder
    shares: Annotated[int, arg(metavar="N")] = SlurmJob.shares
    """Jobs of the array."""
    cpus: Annotated[int, arg(metavar="N")] = SlurmJob.cpus
    """Processors of each job."""
    hours: Annotated[float, arg(metavar="H")] = SlurmJob.hours
    """Time that each job asks for; it stops 20 minutes earlier and puts itself back into the queue."""
    memory: Annotated[int, arg(metavar="MB")] = SlurmJob.memory_mb
    """Memory that each job asks for, a processor."""
    partition: Annotated[str | None, arg(metavar="NAME")] = None
    """Partition of the cluster."""
    account: Annotated[str | None, arg(metavar="NAME")] = None
    """Account to charge."""

    def run(self) -> int:
        """Print the script, return the exit code."""
        from dfe.cli.show import say
        from dfe.corpus.plan import read_plan

        read_plan(self.plan)
        job = SlurmJob(self.shares, self.cpus, self.hours, self.memory, self.partition, self.account)
        say(*job.script(self.plan, self.out).splitlines())
        return 0
