"""What a design asks: whether groups, conditions, periods and scores matter, which of them differ, and in whom."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from dfe.comparison.designs.frame import Frame

About = Literal["group", "score", "condition", "period", "group x score", "group x condition", "score x condition"]
Form = Literal["any", "pair", "slope"]
"""Whether there is any difference, how two differ, or how much values rise with a score."""


@dataclass(frozen=True)
class Question:
    """One question of a design, asked of every display."""

    about: About
    form: Form
    name: str
    """In the words of the table's columns, as in ``diagnosis x condition``."""
    first: int = -1
    second: int = -1
    """Of pairs: places of the groups or conditions; the second is compared with the first."""
    score: int = -1
    """Place of the score."""

    def sides(self, frame: Frame) -> tuple[str, str]:
        """Names of the two that are compared; empty unless it is a pair."""
        if self.form != "pair":
            return "", ""
        if self.about == "group x condition":
            return frame.groups[0], frame.groups[1]
        of = frame.groups if self.about == "group" else frame.conditions
        return of[self.first], of[self.second]


def questions_of(frame: Frame) -> tuple[Question, ...]:
    """All questions of a design, main effects first."""
    group, condition, period = (frame.names[what] for what in ("group", "condition", "period"))
    scores = list(enumerate(frame.score_names))
    groups, conditions = len(frame.groups), len(frame.conditions)
    asked: list[Question] = []
    if groups > 2:
        asked.append(Question("group", "any", group))
    asked += [Question("group", "pair", group, a, b) for a, b in combinations(range(groups), 2)]
    asked += [Question("score", "slope", name, score=place) for place, name in scores]
    if groups:
        asked += [Question("group x score", "any", f"{group} x {name}", score=place) for place, name in scores]
    if conditions > 2:
        asked.append(Question("condition", "any", condition))
    asked += [Question("condition", "pair", condition, a, b) for a, b in combinations(range(conditions), 2)]
    if conditions and groups:
        form: Form = "pair" if groups == conditions == 2 else "any"
        asked.append(Question("group x condition", form, f"{group} x {condition}", 0, 1))
    if conditions:
        form = "slope" if conditions == 2 else "any"
        asked += [Question("score x condition", form, f"{name} x {condition}", score=place) for place, name in scores]
    if frame.period is not None:
        asked.append(Question("period", "any", period))
    return tuple(asked)
