"""Contrasts of a file and variants in words, for the methods of any comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def contrasts_said(result: Mapping[str, Any]) -> list[str]:
    """A paragraph about a file of contrasts; none where there is none."""
    found = result["contrasts"]
    if found is None:
        return []
    one_sided = sum(bool(one["direction"]) for one in found["named"])
    sided = f"; {one_sided} of them are one-sided, as the file says" if one_sided else ""
    return [
        f"Named before the data were seen ({found['file']}, SHA-256 {found['sha256']}): "
        + "; ".join(one["name"] for one in found["named"])
        + f". Their p are adjusted after Holm (1979) over the {len(found['rows'])} contrasts of the file{sided}."
    ]


def sensitivity_said(result: Mapping[str, Any]) -> list[str]:
    """A paragraph about what was counted otherwise; none where nothing was."""
    found = result["sensitivity"]
    if found is None:
        return []
    return [
        f"The same questions were counted otherwise, {' and '.join(found['counted'][1:])}; both answers are in "
        "sensitivity.csv. Against everybody's resting face means that what each recording took off as the person's own "
        "resting face was put back, and the faces coded anew."
    ]
