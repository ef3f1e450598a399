"""`dfe study prepare`: data sets that cannot be encoded as they come."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.base.errors import UsageError
from dfe.cli.options import OutFolder
from dfe.cli.show import say
from dfe.cli.study.options import Root, TaskName


@dataclass(frozen=True)
class Prepare:
    """Make a data set that cannot be encoded as it comes into one that can: pictures of FER2013, tables of E-DAIC.

    Examples:
        dfe study prepare fer2013 downloads -o pictures
    """

    task: TaskName
    root: Root
    out: OutFolder

    def run(self) -> int:
        """Make it, say what comes next, return the exit code."""
        from dfe.cli.progress import show_progress
        from dfe.datasets import find_task
        from dfe.datasets.extras import Prepares

        task = find_task(self.task)
        if not isinstance(task, Prepares):
            raise UsageError(f"{self.task} needs no preparation", advice="encode it with dfe study encode")
        with show_progress("preparing", "files") as progress:
            say(task.prepare(self.root, self.out, progress))
        return 0
