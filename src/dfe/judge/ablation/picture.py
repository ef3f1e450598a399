"""The picture of an ablation: what each variant does to the figures that matter most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.pages.axis import Axis
from dfe.pages.chart import Frame
from dfe.pages.multiples import Group, Panel, Row, Value, small_multiples
from dfe.pages.svg import Look

_WIDTH = 980
_PANELS: dict[str, tuple[str, str, str]] = {
    "error_mm": ("error, mm (log)", "log", "less is better"),
    "eyes": ("error at the eyes (log)", "log", "1: that of the mean face"),
    "local_share": ("extent of a display", "percent", "less is better"),
    "faithful": ("faithful displays", "percent", "more is better"),
    "reliability": ("reliability", "", "more is better"),
}
"""By figure: label, kind of axis, what is better. Those that no row has are left out."""


def picture(result: dict[str, Any]) -> str:
    """Small multiples with a row for each variant, as SVG text with colours to be filled in."""
    rows: Sequence[Mapping[str, Any]] = result["variants"]
    shown = [name for name in _PANELS if any(row["figures"][name] for row in rows)]
    groups = [
        Group(
            named,
            tuple(Row(row["label"], tuple(_value(row, name) for name in shown)) for row in own),
            Look(place),
            compared=own[0]["preset"],
        )
        for place, (family, named) in enumerate(result["about"]["families"].items())
        if (own := [row for row in rows if row["family"] == family])
    ]
    panels = [Panel(_axis(name, groups, at), _PANELS[name][2]) for at, name in enumerate(shown)]
    about = result["about"]
    seeds = f"seeds 0 to {about['seeds'] - 1}" if about["seeds"] > 1 else "one seed"
    title = f"What each part brings: {about['faces']:,} faces, {seeds}, mean and 95% interval; dashed: the preset"
    words = "; ".join(f"{row['label']}: {_told(row)}" for row in rows)
    return small_multiples(Frame("ablation", title, words, _WIDTH), groups, panels)


def _value(row: Mapping[str, Any], name: str) -> Value | None:
    found = row["figures"][name]
    if found is None or found["mean"] is None:
        return None
    return Value(found["mean"], None if found["high"] is None else (found["low"], found["high"]))


def _axis(name: str, groups: Sequence[Group], at: int) -> Axis:
    label, kind, _ = _PANELS[name]
    values = [value for group in groups for row in group.rows if (value := row.values[at]) is not None]
    ends = [end for value in values for end in (value.interval or (value.value,))]
    if kind == "percent":
        # An interval of Student's t knows nothing of the bounds of a share.
        ends = [min(max(end, 0.0), 1.0) for end in ends]
    return Axis.over(label, ends, log=kind == "log", percent=kind == "percent")


def _told(row: Mapping[str, Any]) -> str:
    found = {label: _value(row, name) for name, (label, _, _) in _PANELS.items()}
    return ", ".join(f"{label} {value.value:.3g}" for label, value in found.items() if value is not None)
