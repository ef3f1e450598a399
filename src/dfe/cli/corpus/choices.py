"""How a plan is run: the options that `dfe corpus run` has, and whatever starts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from dfe.cli.corpus.options import Fetch
from dfe.cli.how import How
from dfe.cli.options import PseudonymKey, Reports, Thumbnails, arg, need
from dfe.corpus.config import TRIES
from dfe.corpus.engines.find import EngineName

if TYPE_CHECKING:
    from dfe.corpus.run import RunOptions
    from dfe.corpus.shard import Shard
    from dfe.encoding.engine import Engine


@dataclass(frozen=True)
class RunChoices:
    """What does the work, what is written, and how faces are measured."""

    engine: EngineName = "local"
    """What does the work: processes of this machine, or actors on a Ray cluster (needs the extra "distributed")."""
    ray_address: Annotated[str | None, arg(metavar="HOST:PORT")] = None
    """Of the Ray cluster; "auto" is the one that this machine belongs to. By default Ray is started here alone."""
    worker_cpus: Annotated[float | None, arg(metavar="N")] = None
    """Processors that each of Ray's workers takes up, 1 by default; may be a fraction."""
    worker_gpus: Annotated[float | None, arg(metavar="N")] = None
    """GPUs that each of Ray's workers takes up, none by default; may be a fraction."""
    fetch: Fetch = False
    tries: Annotated[int, arg(metavar="N")] = TRIES
    """How many times an input that fails is tried, over all runs, before it is set aside; a larger number than before
    tries again what was set aside."""
    min_free: Annotated[float, arg(metavar="GB")] = 1.0
    """Begin nothing more when the results' disk has less than this free."""
    memory: Annotated[float | None, arg(metavar="GB")] = None
    """Memory that the run and its workers may use together. Fewer work at a time where more would need too much, and an
    input that needs more by itself fails with that reason. No limit by default."""
    report: Reports = False
    thumbnails: Thumbnails = False
    pseudonyms: PseudonymKey = None
    how: How = field(default_factory=How)

    def options(
        self, shard: Shard | None = None, minutes: float | None = None, *, overwrite: bool = False
    ) -> RunOptions:
        """The same for the package.

        Args:
            shard: the share to be run; None for all.
            minutes: nothing is begun later than this.
            overwrite: do all again.

        Raises:
            UsageError: options that contradict each other or lie outside their range.
        """
        from dfe.corpus.run import RunOptions
        from dfe.encoding.limits import Limits

        need("--thumbnails", self.thumbnails, "--report", self.report)
        limits = Limits(self.min_free * 1e9, None if minutes is None else 60 * minutes)
        return RunOptions(
            self.how.options(), self.report, self.thumbnails, overwrite, self.tries, shard, limits, self.pseudonyms
        )

    def find_engine(self, workers: int, *, apart: bool) -> Engine:
        """What does the tasks.

        Raises:
            UsageError: a number that makes no sense, or a choice that does nothing for this engine.
        """
        from dfe.corpus.engines.find import find_engine

        return find_engine(
            self.engine,
            workers,
            apart=apart,
            address=self.ray_address,
            cpus=self.worker_cpus,
            gpus=self.worker_gpus,
            fetch=self.fetch,
            memory=None if self.memory is None else self.memory * 1e9,
        )
