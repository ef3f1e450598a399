"""`dfe agreement`: how far coders agree on names, and events found with events that people marked."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from dfe.base.errors import UsageError

if TYPE_CHECKING:
    from dfe.naming.human import HumanAgreement
    from dfe.naming.sheets import NamingResult
    from dfe.stats.bootstrap import Estimate


@dataclass(frozen=True)
class Agreement:
    """Agreement, with 95% intervals: of coders on the names of displays, or of events with what people marked.

    Names: dfe agreement SHEET SHEET --key key.json. Events: dfe agreement --events TABLE --human FILE --tier NAME.
    """

    sheets: Positional[tuple[Path, ...]] = ()
    """Naming sheets that coders have filled in."""
    key: Annotated[Path | None, arg(metavar="JSON")] = None
    """Key of the sheets."""
    events: Annotated[tuple[Path, ...], arg(metavar="TSV")] = ()
    """Tables of events, one a recording."""
    human: Annotated[tuple[Path, ...], arg(metavar="FILE")] = ()
    """ELAN or Praat files of the same recordings, in the same order."""
    tier: Annotated[str | None, arg(metavar="NAME")] = None
    """Tier of these files on which people have marked events."""
    values: Annotated[tuple[str, ...], arg(metavar="TEXT")] = ()
    """Compare only labels with these texts."""
    displays: Annotated[tuple[int, ...], arg(metavar="NUMBER")] = ()
    """Compare only events of these displays."""
    names: Annotated[tuple[str, ...], arg(metavar="NAME")] = ()
    """Compare only events of these names, as the tables of events have them; blink, for example."""
    face: Annotated[int | None, arg(metavar="ID")] = None
    """Compare only events of this face."""
    tolerance: Annotated[float, arg(metavar="SECONDS")] = 0.2
    """Onsets that lie no further apart can be the same event."""
    draws: int = 1000
    """Draws of the bootstrap behind the intervals."""
    seed: int = 0
    """Seed of these draws."""
    json: bool = False
    """Print all figures as JSON on standard output."""

    def run(self) -> int:
        """Read, compare, print; return the exit code."""
        if bool(self.sheets) == bool(self.events):
            advice = "name either sheets and their --key, or --events, --human and --tier"
            raise UsageError("nothing to compare" if not self.sheets else "sheets and events", advice=advice)
        if self.sheets:
            from dfe.naming.sheets import name_agreement, read_key

            if self.key is None:
                raise UsageError("sheets are blind without their key", advice="name it with --key")
            named = name_agreement(self.sheets, read_key(self.key), draws=self.draws, seed=self.seed)
            print(_json(named_figures(named)) if self.json else named_text(named))
            return 0
        from dfe.naming.human import Selection, compare_files

        if self.tier is None:
            raise UsageError("no tier to compare with", advice="name it with --tier")
        selection = Selection(self.tier, self.values, self.displays, self.names, self.face)
        compared = compare_files(self.events, self.human, selection, self.tolerance, draws=self.draws, seed=self.seed)
        print(_json(compared_figures(compared)) if self.json else compared_text(compared))
        return 0


def named_figures(result: NamingResult) -> dict[str, Any]:
    """Everything about names, as plain JSON values."""
    from dfe.naming.sheets import agreed_name

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


def named_text(result: NamingResult) -> str:
    """The same for a reader."""
    from dfe.naming.sheets import agreed_name

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
    return "\n".join(lines)


def compared_figures(result: HumanAgreement) -> dict[str, Any]:
    """Everything about events, as plain JSON values."""
    score = result.score
    return {
        "tolerance_s": result.tolerance_s,
        **{name: _plain(getattr(score, name)) for name in ("f1", "precision", "recall")},
        **{name: getattr(score, name) for name in ("matched", "found", "marked")},
        "icc_a1": _plain(result.icc),
        "recordings": [
            {
                "name": one.name,
                "minutes": one.minutes,
                "matched": len(one.matches.pairs),
                "found": one.matches.found,
                "marked": one.matches.marked,
                "f1": one.matches.f1,
            }
            for one in result.recordings
        ],
    }


def compared_text(result: HumanAgreement) -> str:
    """The same for a reader."""
    score, several = result.score, len(result.recordings) > 1
    one = f"{len(result.recordings)} recording{'s' if several else ''}"
    lines = [
        f"{one}: {score.found} events found, {score.marked} marked, {score.matched} the same "
        f"(onsets within {result.tolerance_s:g} s)",
        f"  F1         {_shown(score.f1)}",
        f"  precision  {_shown(score.precision)}",
        f"  recall     {_shown(score.recall)}",
    ]
    why = "" if several else ", needs two recordings or more"
    lines.append(f"  ICC(A,1)   {_shown(result.icc)}, events per minute{why}")
    lines.append("found/min  marked/min    F1  recording")
    for row in result.recordings:
        found, marked = row.rates
        lines.append(f"{found:9.2f}  {marked:10.2f}  {_number(row.matches.f1):>4}  {row.name}")
    return "\n".join(lines)


def _shown(estimate: Estimate) -> str:
    interval = f" [{_number(estimate.low)}, {_number(estimate.high)}]" if estimate.low == estimate.low else ""
    return _number(estimate.value) + interval


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _plain(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _json(value: Any) -> str:
    """JSON knows no NaN: what is not known is null."""
    return json.dumps(_known(value), indent=2, ensure_ascii=False, allow_nan=False)


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_known(one) for one in value]
    return None if isinstance(value, float) and value != value else value
