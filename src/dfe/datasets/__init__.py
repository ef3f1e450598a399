"""Data sets that studies know, one file each, imported when they are asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dfe.base.errors import UsageError
from dfe.datasets.examples import Task

if TYPE_CHECKING:
    from dfe.datasets.generic import LabelKind

TASKS = {
    "stressid": "dfe.datasets.stressid:StressId",
    "chalearn": "dfe.datasets.chalearn:ChaLearn",
    "daic": "dfe.datasets.daic:DaicWoz",
    "edaic": "dfe.datasets.edaic:EDaic",
    "affectnet": "dfe.datasets.affectnet:AffectNet",
    "fer2013": "dfe.datasets.fer2013:Fer2013",
    "engagement": "dfe.datasets.engagement:Engagement",
}
"""Module and class of each; ``generic`` is made by :class:`dfe.datasets.generic.Generic`, from a table."""
GENERIC = "generic"


def find_task(name: str) -> Task:
    """The task of that name.

    Raises:
        UsageError: there is none, or it needs a table.
    """
    if name == GENERIC:
        raise UsageError("the task generic is its table", advice="name it with --table")
    if name not in TASKS:
        raise UsageError(f"no task {name!r}", advice=f"use one of {', '.join([*TASKS, GENERIC])}")
    module, _, attribute = TASKS[name].partition(":")
    try:
        found: Task = getattr(import_module(module), attribute)()
    except ModuleNotFoundError as error:
        raise UsageError(f"the task {name} is not part of this version", where=error.name) from error
    return found


def make_task(
    name: str,
    table: Path | None = None,
    *,
    label_kind: LabelKind = "auto",
    label_of: Literal["subject", "task"] = "subject",
    metric: str | None = None,
    categories: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
) -> Task:
    """The task of that name, ``generic`` from its table; see :class:`dfe.datasets.generic.Generic` for the others.

    Raises:
        UsageError: there is none, it needs a table, or something is said of a task that says it itself.
    """
    if name == GENERIC and table is not None:
        from dfe.datasets.generic import Generic

        return Generic(table, label_kind, label_of, metric, categories, missing)
    said = {
        "--table": table is not None,
        "--label-kind": label_kind != "auto",
        "--label-of": label_of != "subject",
        "--metric": metric is not None,
        "--categories": bool(categories),
        "--missing": bool(missing),
    }
    if name != GENERIC and (option := next((option for option, given in said.items() if given), None)):
        raise UsageError(f"{option} is for the task {GENERIC}, not for {name}", advice="leave it out")
    return find_task(name)


def column_kinds(task: Task) -> list[str]:
    """What the columns of a table of the user's own hold, one a line, as in ``column dose: numbers, 12 values``."""
    from dfe.datasets.generic import Generic

    return [f"column {kind}" for kind in task.column_kinds()] if isinstance(task, Generic) else []
