"""The section "Motion told" of docs/results.md, out of the JSON that benchmarks/motion.py left."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START, END = "<!-- motion -->", "<!-- /motion -->"
PARTS = ("whole", "brow", "eye", "lips", "jaw", "cheek")


def motion_section(found: Mapping[str, Any]) -> str:
    """Markdown between its two marks."""
    sizes, codings = found["sizes"], found["codings"]
    films = [[name, *(_of(one["films"][part]) for part in PARTS)] for name, one in codings.items()]
    lfw = [
        [name, *(_of(one["lfw"][part]) for part in PARTS), _interval(one["lfw"]["whole"])]
        for name, one in codings.items()
    ]
    steady = [
        [
            name,
            _of(one["turned"]),
            _interval(one["turned"]),
            *(f"{one[kind]:.2f}" for kind in ("crop", "small", "crf33")),
        ]
        for name, one in codings.items()
    ]
    heads = ["coding", "whole", "brow", "eye", "lips", "jaw", "cheek"]
    frames = sum(sizes["frames"].values())
    return "\n\n".join(
        [
            START,
            "## Motion told",
            "The share of the movement that landmarks measured which a coding says: 1 minus the energy of the error by "
            "the energy, around each person's mean, in head coordinates. The face model and tokenizers on it are read "
            "in their own millimetres. All others get the best linear map from their numbers to the movement, fitted "
            f"on {sizes['faces']['fit']} pictures and frames of {sizes['people']['fit']} other people (LFW's training "
            "people, GRID, Talking Face), which is generous to them. By `python benchmarks/motion.py`; "
            "[how it is measured](evaluation.md).",
            f"Films of {sizes['people']['films']} people that nothing was fitted on, {frames} frames within 3 degrees "
            "of a film's usual pose (the films were in sight while the face model's settings were chosen):",
            _table(heads, films),
            f"LFW's test people who look ahead in four pictures or more: {sizes['people']['lfw']} people, "
            f"{sizes['faces']['lfw']} pictures; 95% interval over people:",
            _table([*heads, "95% interval, whole"], lfw),
            "What moves a coding though the face does not: London's neutral faces turned by up to 17 degrees, as a "
            "share of the same people's smile; the films cropped, at 0.7 of their size, and at CRF 33, each with its "
            "own neutral, as a share of their motion (mean over films). A coding that says little also moves little:",
            _table(["coding", "head turned", "95% interval", "cropped", "0.7 of its size", "CRF 33"], steady),
            END,
        ]
    )


def write_motion(work: Path, docs: Path) -> None:
    """Put the section in its place in docs/results.md, or at the end where there is none yet."""
    section = motion_section(json.loads((work / "motion.json").read_text(encoding="utf-8")))
    page = docs / "results.md"
    text = page.read_text(encoding="utf-8")
    if START in text:
        before, rest = text.split(START)
        text = before + section + rest.split(END)[1]
    else:
        text = text.rstrip() + "\n\n" + section + "\n"
    page.write_text(text, encoding="utf-8")


def _of(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.2f}" if abs(figure["value"]) < 0.995 else f"{figure['value']:.3f}"


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['low']:.2f} to {figure['high']:.2f}" if "low" in figure else "–"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [heads, ["---"] * len(heads), *rows])
