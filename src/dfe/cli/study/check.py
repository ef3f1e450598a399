"""`dfe study check`: whether a data set's folder is complete."""

from __future__ import annotations

from dataclasses import dataclass

from dfe.cli.options import Categories, Flag, Missing
from dfe.cli.show import say
from dfe.cli.study.options import LabelOf, LabelTable, Root, TaskName, need_study


@dataclass(frozen=True)
class Check:
    """Say what a data set's folder lacks before anything is encoded; exit code 1 if it lacks anything.

    Examples:
        dfe study check stressid data/StressID
        dfe study check generic videos --table labels.csv --list-media
    """

    task: TaskName
    root: Root
    table: LabelTable = None
    categories: Categories = ()
    missing: Missing = ()
    label_of: LabelOf = "subject"
    list_media: Flag = False
    """Print the files to be encoded, one a line, as `dfe encode -` takes them."""

    def run(self) -> int:
        """Look, print; return the exit code."""
        need_study()
        from dfe.datasets import column_kinds, make_task

        task = make_task(
            self.task, self.table, label_of=self.label_of, categories=self.categories, missing=self.missing
        )
        if self.list_media:
            for path in task.media(self.root):
                say(str(path))
            return 0
        lines = task.check(self.root)
        for line in lines:
            say(line)
        if not lines:
            examples = task.examples(self.root)
            names = ", ".join(target.name for target in examples.targets)
            people = len(set(examples.subject.tolist()))
            say(f"{len(examples)} examples of {people} people; labels: {names}")
            for line in column_kinds(task):
                say(line)
        return 1 if lines else 0
