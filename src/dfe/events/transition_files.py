"""The folder of transitions: a table, JSON and a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.base.version import __version__
from dfe.displays.displays import Displays
from dfe.draw.scale import heat_scale
from dfe.draw.templates import template_pictures
from dfe.events.transition_trains import Transitions
from dfe.events.transitions import Transition, least_q
from dfe.pages.page import render
from dfe.stats.significance import LEVEL
from dfe.tokenizer.tokenizer import Tokenizer

FILES = ("transitions.csv", "transitions.json", "transitions.html")
COLUMNS = (
    "first", "first_label", "second", "second_label", "onsets", "people", "share", "by_chance", "people_above",
    "median_lag_s", "p", "q",
)  # fmt: skip
"""Of transitions.csv; docs/transitions.md says what they mean."""
SHOWN = 60
"""Pairs on the page, at most."""
_PICTURE = 56


def transitions_json(done: Transitions) -> dict[str, Any]:
    """Everything that is reported, as plain values; what is not known is null."""
    return {
        "made_by": f"dfe {__version__}",
        "tokenizer": done.tokenizer,
        "people": done.people,
        "recordings": done.recordings,
        "seconds": round(done.seconds, 3),
        "settings": asdict(done.config),
        "events": {**asdict(done.events), "counted": done.events.counted},
        "tested": len(done.rows),
        "beyond_chance": sum(row.q < LEVEL for row in done.rows),
        "least_q": least_q(done.config, len(done.rows)),
        "pairs": [dict(zip(COLUMNS, _row(done, row), strict=True)) for row in done.rows],
        "problems": [str(problem) for problem in done.problems],
    }


def write_transitions(
    done: Transitions, out: str | PathLike[str], tokenizer: Tokenizer | None = None, *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Write all files, all or none; gives their paths.

    Args:
        done: as :func:`~dfe.events.transition_trains.find_transitions` gives it.
        out: folder; made if it is not there.
        tokenizer: that the displays are of, for pictures on the page.
        overwrite: replace results that are there.

    Raises:
        OutputError: one is there already, or cannot be written.
    """
    result = transitions_json(done)
    contents = {
        "transitions.csv": csv_text(COLUMNS, [[_cell(value) for value in _row(done, row)] for row in done.rows]),
        "transitions.json": json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "transitions.html": transitions_page(done, result, _pictures(done, tokenizer)),
    }
    paths = tuple(Path(out) / name for name in contents)
    with replacing(*paths, overwrite=overwrite) as files:
        for file, words in zip(files, contents.values(), strict=True):
            file.write(words.encode("utf-8"))
    return paths


def transitions_page(done: Transitions, result: Mapping[str, Any], pictures: Mapping[str, bytes]) -> str:
    """One self-contained HTML file."""
    beyond = [row for row in result["pairs"] if row["q"] < LEVEL]
    return render(
        "events/transitions.html.jinja",
        result=result,
        beyond=beyond[:SHOWN],
        more=len(beyond) - SHOWN,
        rest=[] if beyond else result["pairs"][:10],
        pictures=pictures,
        level=LEVEL,
        groups=bool(done.units) and done.units[0].kind == "group",
    )


def _row(done: Transitions, row: Transition) -> tuple[Any, ...]:
    first, second = done.units[row.first], done.units[row.second]
    numbers = (row.share, row.by_chance)
    return (
        first.token, first.label, second.token, second.label, row.onsets, row.people,
        *(round(value, 5) for value in numbers), row.above,
        round(row.lag_s, 3) if np.isfinite(row.lag_s) else None, round(row.p, 6), round(row.q, 6),
    )  # fmt: skip


def _cell(value: object) -> object:
    return "" if value is None else value


def _pictures(done: Transitions, tokenizer: Tokenizer | None) -> dict[str, bytes]:
    """PNG files of the displays on the page by their number; none of groups."""
    if tokenizer is None or not len(tokenizer.space.drawn.mesh.triangles):
        return {}
    displays: Displays = tokenizer.displays()
    beyond = [row for row in done.rows if row.q < LEVEL][:SHOWN] or done.rows[:10]
    tokens = [done.units[place].token for row in beyond for place in (row.first, row.second)]
    chosen = sorted({int(token) for token in tokens if token.isdecimal()})
    if not chosen:
        return {}
    templates = np.asarray(displays.templates, np.float32)
    scale = heat_scale(tokenizer.space, templates[1:])
    drawn = template_pictures(tokenizer.space, templates[chosen], size=2 * _PICTURE, heat_max_mm=scale)
    return {str(number): picture for number, picture in zip(chosen, drawn.front, strict=True)}
