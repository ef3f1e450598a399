"""The results of an ablation as files: all figures, a table of one row a variant, a page, a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dfe.base.csv_text import csv_text
from dfe.base.files import replacing
from dfe.judge.ablation.ablation import headings
from dfe.judge.ablation.figures import Figure
from dfe.judge.ablation.picture import picture
from dfe.pages.svg import standalone

JSON, TABLE, PAGE = "ablation.json", "ablation.csv", "ablation.md"
PICTURE, DARK_PICTURE = "ablation.svg", "ablation-dark.svg"


def write_ablation(result: dict[str, Any], folder: Path) -> None:
    """Write all files of a result, in place of earlier ones, all or none.

    Raises:
        OutputError: they cannot be written.
    """
    drawn = picture(result)
    contents = {
        JSON: json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        TABLE: _csv(result),
        PAGE: page(result),
        PICTURE: standalone(drawn),
        DARK_PICTURE: standalone(drawn, "dark"),
    }
    with replacing(*(folder / name for name in contents), overwrite=True) as files:
        for file, content in zip(files, contents.values(), strict=True):
            file.write(content.encode("utf-8", "replace"))


def mean(row: Mapping[str, Any], name: str, figure: Figure) -> str:
    """The mean of a figure in words; a dash where it was not measured."""
    if name == "stability":
        found = row["stability"] or {}
        known = [figure.form.format(v) for v in (found.get("cosine"), found.get("chance_cosine")) if v is not None]
        return f"{known[0]} ({known[1]})" if len(known) == 2 else "–"
    value = (row["figures"][name] or {}).get("mean")
    return "–" if value is None else figure.form.format(value)


def cell(row: Mapping[str, Any], name: str, figure: Figure) -> str:
    """As :func:`mean`, half the width of the interval where there is one, and how many seeds where some lack it."""
    found = row["figures"].get(name) or {}
    some = (
        f" ({found['seeds']} seed{'s' * (found['seeds'] != 1)})" if found and found["seeds"] < len(row["seeds"]) else ""
    )
    if found.get("high") is None:
        return mean(row, name, figure) + some
    return f"{mean(row, name, figure)} ± {figure.form.format(found['high'] - found['mean'])}{some}"


def page(result: dict[str, Any]) -> str:
    """Tables in Markdown, one a family, and what their columns are."""
    about, shown = result["about"], headings(result)
    lines = [
        "# Ablation",
        "",
        f"{about['faces']:,} faces to judge on; {about['size']} codes, {about['levels']} tokens a face at most, "
        f"{about['steps']:,} steps, seeds 0 to {about['seeds'] - 1}. Mean over seeds ± half of the 95% interval "
        f"(Student's t). The mean face is {about['mean_face_mm']:.3f} mm away.",
    ]
    for family, named in about["families"].items():
        rows = [row for row in result["variants"] if row["family"] == family]
        if not rows:
            continue
        columns = [figure.heading.replace("|", "\\|") for figure in shown.values()]
        lines += ["", f"## {named}", "", f"| variant | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        for row in rows:
            label = f"**{row['label']}**" if row["preset"] else row["label"]
            if len(row["seeds"]) < about["seeds"]:
                label += f" ({len(row['seeds'])} of {about['seeds']} seeds)"
            lines.append(f"| {label} | " + " | ".join(cell(row, name, f) for name, f in shown.items()) + " |")
    lines += ["", "Columns:", ""]
    lines += [f"- {f.heading}: {f.says}{f'; {f.better} is better' if f.better else ''}" for f in shown.values()]
    return "\n".join(lines) + "\n"


def _csv(result: dict[str, Any]) -> str:
    figures = [name for name in headings(result) if name != "stability"]
    columns = [column for name in figures for column in (name, f"{name}_low", f"{name}_high")]
    head = ["name", "family", "label", "seeds", *columns, "stability_cosine", "stability_chance"]
    rows: list[list[object]] = []
    for row in result["variants"]:
        found = [row["figures"][name] or {} for name in figures]
        values = [one.get(part) for one in found for part in ("mean", "low", "high")]
        stable = row["stability"] or {}
        values += [stable.get("cosine"), stable.get("chance_cosine")]
        blank = ["" if value is None else value for value in values]
        rows.append([row["name"], row["family"], row["label"], len(row["seeds"]), *blank])
    return csv_text(head, rows)
