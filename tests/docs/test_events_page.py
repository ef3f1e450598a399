"""The page about events names every column that is written."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from dfe.clock.clock import GAP_S
from dfe.events.config import EventConfig
from dfe.events.rates import Rate
from dfe.formats.tsv import COLUMNS

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


def test_the_columns_of_events_are_those_of_the_page():
    part = PAGE.partition("## Columns of `.events.tsv`")[2].partition("## ")[0]
    rows = dict(re.findall(r"^\| (\w+) \| (.+) \|$", part, re.MULTILINE))
    rows.pop("column")
    assert list(rows) == list(COLUMNS)


def test_the_columns_of_rates_are_those_of_the_page():
    part = PAGE.partition("## Columns of `rates.csv`")[2].partition("\n## ")[0]
    names = [name for row in re.findall(r"^\| ([\w, ]+) \| .+ \|$", part, re.MULTILINE) for name in row.split(", ")]
    assert sorted(names[1:]) == sorted(f.name for f in fields(Rate))


def test_the_settings_are_those_of_the_page():
    config = EventConfig()
    for words in (
        f"{config.rate:g} samples a second", f"{config.smoothing_s * 1000:g} ms standard deviation",
        f"at least {config.off_mm:g} mm strong (`--off`). It counts only if it reaches {config.on_mm:g} mm (`--on`)",
        f"less than {config.merge_s:g} s apart",
        f"shorter than {config.min_s:g} s (`--min-duration`) is no event", f"lost for more than {GAP_S:g} s",
        f"rises by at least {config.blink_on:g}",
        f"at least {config.gaze_on:g} (`gaze_` columns)", f"about {config.gaze_window_s * 1000:g} ms",
    ):  # fmt: skip
        assert words in PAGE
