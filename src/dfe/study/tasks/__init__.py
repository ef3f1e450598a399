"""Data sets that studies know, one file each, imported when they are asked for."""

from __future__ import annotations

from importlib import import_module

from dfe.errors import UsageError
from dfe.study.examples import Task

TASKS = {
    "stressid": "dfe.study.tasks.stressid:StressId",
    "chalearn": "dfe.study.tasks.chalearn:ChaLearn",
    "daic": "dfe.study.tasks.daic:DaicWoz",
    "edaic": "dfe.study.tasks.edaic:EDaic",
    "affectnet": "dfe.study.tasks.affectnet:AffectNet",
    "fer2013": "dfe.study.tasks.fer2013:Fer2013",
}
"""Module and class of each; ``generic`` is made by :class:`dfe.study.tasks.generic.Generic`, from a table."""
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
