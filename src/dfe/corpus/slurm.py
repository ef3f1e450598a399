"""A job script for SLURM: an array of shares that are started again until they are done."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import UsageError
from dfe.base.printable import printable_line
from dfe.corpus.config import STOPPED

_SLACK_S = 60
"""A run that ends so little before its time was stopped by it: the shell counts by a clock that may be set."""

WORKER_MB = 700
"""That a worker may take, and the run itself."""

_SCRIPT = """#!/bin/bash
# Encodes {plan} in {shares} shares, {cpus} processes each. Submit it with: sbatch {name}
# A share whose time is up (exit code {stopped}) puts itself back into the queue and goes on where it was. One that
# stops for want of room on the disk (the same code, before its time) is put there on hold, or it would come back at
# once, again and again: make room, then: scontrol release JOB
# When all are done: dfe corpus merge {out} && dfe corpus verify {out}
#SBATCH --job-name=dfe
#SBATCH --array=1-{shares}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={cpus}
#SBATCH --mem={memory}M
#SBATCH --time={time}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=dfe-%A-%a.log
{extra}umask 027
export OMP_NUM_THREADS=1
dfe corpus run {plan} -o {out} \\
  --shard "$SLURM_ARRAY_TASK_ID/{shares}" --workers "$SLURM_CPUS_PER_TASK" --stop-after {minutes} --json-lines{words}
code=$?
if [ $code -eq {stopped} ]; then
  again=requeue
  if [ $SECONDS -lt {seconds} ]; then
    again=requeuehold
    echo "dfe: stopped before its time, see above; on hold until: scontrol release" \\
      "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID" >&2
  fi
  scontrol $again "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID"
fi
exit $code
"""


@dataclass(frozen=True)
class SlurmJob:
    """What a cluster is asked for.

    Raises:
        UsageError: a share that makes no sense, or too little time.
    """

    shares: int = 100
    cpus: int = 8
    hours: float = 4.0
    memory_gb: float | None = None
    """A job, which a run is told to keep to; None: what so many workers and the run itself usually take."""
    partition: str | None = None
    account: str | None = None
    gpus: int = 0
    """A job; 0 asks for none."""
    leave_minutes: float = 20.0
    """Left to what is under way when the time is nearly up."""

    def __post_init__(self) -> None:
        if min(self.shares, self.cpus) < 1:
            raise UsageError("a job needs at least one share and one processor")
        if self.gpus < 0:
            raise UsageError(f"--gpus must be 0 or more, not {self.gpus}")
        if not 0 < self.leave_minutes < float("inf"):
            raise UsageError(f"--leave must be more than 0, not {self.leave_minutes:g}")
        if not 2 * self.leave_minutes <= self.hours * 60 < float("inf"):
            least = f"{self.leave_minutes / 30:.2g} or more, twice what --leave leaves"
            raise UsageError(f"--hours must be {least}, not {self.hours:g}")

    def script(self, plan: Path, out: Path, words: Sequence[str] = ()) -> str:
        """The text of the script.

        Args:
            plan: to be run.
            out: folder of the results, on a disk that all nodes share.
            words: further options of `dfe corpus run`.

        Raises:
            UsageError: a name holds what no line of a script can hold.
        """
        for text in (str(plan), str(out), self.partition or "", self.account or "", *words):
            if printable_line(text) != text:
                raise UsageError("cannot be written into a script", where=text, advice="choose another name")
        minutes = round(self.hours * 60)
        begins = max(1, round(minutes - self.leave_minutes))
        memory = (self.cpus + 1) * WORKER_MB if self.memory_gb is None else math.ceil(1000 * self.memory_gb)
        wanted = {"partition": self.partition, "account": self.account, "gpus-per-task": self.gpus}
        extra = "".join(f"#SBATCH --{name}={value}\n" for name, value in wanted.items() if value)
        return _SCRIPT.format(
            plan=shlex.quote(str(plan)), out=shlex.quote(str(out)), name="dfe.sbatch", shares=self.shares,
            cpus=self.cpus, memory=memory, time=f"{minutes // 60:02d}:{minutes % 60:02d}:00",
            minutes=begins, seconds=60 * begins - _SLACK_S, stopped=STOPPED, extra=extra,
            words=f" \\\n  {shlex.join(words)}" if words else "",
        )  # fmt: skip
