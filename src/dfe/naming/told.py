"""What agreement came to: as plain JSON values, and in a few lines for a reader."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dfe.naming.human import HumanAgreement
from dfe.naming.sheets import NamingResult, agreed_name
from dfe.stats.bootstrap import Estimate
from dfe.stats.icc import few


def named_json(result: NamingResult) -> dict[str, Any]:
    """Everything about names, as plain JSON values."""
    return {
        "tokenizer": {"id": result.key.tokenizer, "hash": result.key.tokenizer_hash},
        "coders": list(result.coders),
        **{
            what: {"items": figures.items}
            | {name: _plain(getattr(figures, name)) for name in ("alpha", "ac1", "observed")}
            for what, figures in (("names", result.names), ("sides", result.sides))
        },
        "displays": [asdict(one) | {"agreed": agreed_name(one)} for one in result.displays],
    }


def named_lines(result: NamingResult) -> list[str]:
    """The same for a reader."""
    lines = [f"{len(result.displays)} displays of {result.key.tokenizer}, coders {', '.join(map(str, result.coders))}"]
    for what, figures in (("names", result.names), ("sides", result.sides)):
        lines += [
            f"{what}, on {figures.items} displays that two or more coders named",
            f"  Krippendorff's alpha  {_shown(figures.alpha)}",
            f"  Gwet's AC1            {_shown(figures.ac1)}",
            f"  pairs that agree      {_shown(figures.observed)}",
        ]
    lines.append("display  agree  names")
    for one in result.displays:
        share = "–" if one.agree != one.agree else f"{one.agree:.0%}"
        agreed = agreed_name(one)
        said = (
            agreed
            if agreed is not None and one.agree == 1
            else " | ".join(" ".join(n.split()) or "–" for n in one.names)
        )
        lines.append(f"{one.display:7d}  {share:>5}  {said}")
    return lines


def compared_json(result: HumanAgreement) -> dict[str, Any]:
    """Everything about events, as plain JSON values."""
    score = result.score
    return {
        "tolerance_s": result.tolerance_s,
        **{name: _plain(getattr(score, name)) for name in ("f1", "precision", "recall")},
        **{name: getattr(score, name) for name in ("matched", "found", "marked")},
        "f1_by_chance": score.f1_by_chance,
        "icc_a1": _plain(result.icc),
        "recordings": [
            {
                "name": one.name,
                "minutes": one.minutes,
                "matched": len(one.matches.pairs),
                "found": one.matches.found,
                "marked": one.matches.marked,
                "f1": one.matches.f1,
                "f1_by_chance": one.f1_by_chance,
            }
            for one in result.recordings
        ],
    }


def compared_lines(result: HumanAgreement) -> list[str]:
    """The same for a reader."""
    score, several = result.score, len(result.recordings) > 1
    one = f"{len(result.recordings)} recording{'s' if several else ''}"
    lines = [
        f"{one}: {score.found} events found, {score.marked} marked, {score.matched} the same "
        f"(onsets within {result.tolerance_s:g} s)",
        f"  F1         {_shown(score.f1)}, by chance {_number(score.f1_by_chance)}",
        f"  precision  {_shown(score.precision)}",
        f"  recall     {_shown(score.recall)}",
    ]
    number = len(result.recordings)
    caution = f" (only {number} recordings)" if few(number) else ""
    why = caution if several else ", needs two recordings or more"
    lines.append(f"  ICC(A,1)   {_shown(result.icc)}, events per minute{why}")
    lines.append("found/min  marked/min    F1  by chance  recording")
    for row in result.recordings:
        found, marked = row.rates
        lines.append(
            f"{found:9.2f}  {marked:10.2f}  {_number(row.matches.f1):>4}  {_number(row.f1_by_chance):>9}  {row.name}"
        )
    return lines


def _shown(estimate: Estimate) -> str:
    interval = f" [{_number(estimate.low)}, {_number(estimate.high)}]" if estimate.low == estimate.low else ""
    return _number(estimate.value) + interval


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _plain(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}
