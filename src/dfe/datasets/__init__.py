"""Data sets that studies know, one file each, imported when they are asked for."""

from __future__ import annotations

from importlib import import_module

from dfe.base.errors import UsageError
from dfe.datasets.examples import Task

TASKS = {
    "stressid": "dfe.datasets.stressid:StressId",
    "chalearn": "dfe.datasets.chalearn:ChaLearn",
    "daic": "dfe.datasets.daic:DaicWoz",
    "edaic": "dfe.datasets.edaic:EDaic",
    "affectnet": "dfe.datasets.affectnet:AffectNet",
    "fer2013": "dfe.datasets.fer2013:Fer2013",
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
