"""The section of docs/results.md on what the face model and the tokenizers were aimed at, and what they reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dfe.judge.reading import figure_at

Row = Mapping[str, Any]
DISPLAYS, RVQ, PROXY = "dfe-displays@", "dfe-rvq@", "au-proxy"
EQUAL_BITS = (16, 32, 48)
MODEL, DECODED = "face model", ", decoded"
PARTS = ("whole", "brow", "eye", "lips")
TOLD = {
    MODEL: dict(zip((*PARTS, "cheek"), (0.97, 0.93, 0.88, 0.98, 0.92), strict=True)),
    DISPLAYS: dict(zip(PARTS, (0.90, 0.85, 0.60, 0.94), strict=True)),
    RVQ: dict(zip(PARTS, (0.94, 0.90, 0.70, 0.96), strict=True)),
}
"""Motion told of films of people that nothing was fitted on, by the face model and by eight tokens."""
STEADY = {"turned": ("a head turned, by the smile", 0.12), "crop": ("a film cropped, by its motion", 0.10),
          "small": ("a film at 0.7 of its size", 0.14), "crf33": ("a film at CRF 33", 0.30)}  # fmt: skip
SINGLE = (
    ("faithful share", ("faithfulness", "own_region"), 1.0, 1),
    ("mirrored tokens of the mirrored face", ("symmetry", "consistent"), 1.0, 1),
    ("displays used", ("diversity", "share_used"), 1.0, 1),
    ("same tokens in a changed still", ("reliability", "all", "counts", "agreement"), 0.82, 1),
    ("locality, mean", ("locality", "share"), 0.10, -1),
    ("FER+ from counts", ("probe", "count", "accuracy"), 0.735, 1),
    ("FER+ from intensities", ("probe", "intensity", "accuracy"), 0.755, 1),
)
"""Of displays alone: what, where in the result, aim, whether more is better."""


def named(result: Row, start: str) -> Row:
    """The coding whose name begins so."""
    return next(coder for coder in result["coders"] if str(coder["id"]).startswith(start))


def value(coder: Row, *path: str) -> float | None:
    """A figure of a result; None where there is none."""
    found = figure_at(coder, *path)
    return None if found is None else found.value


def aims_rows(lfw: Row, motion: Row) -> list[list[str]]:
    """Measure, of what, aim, found, met."""
    rows: list[list[str]] = []

    def add(measure: str, who: str, aim: float, found: float | None, *, more: bool = True, digits: int = 2) -> None:
        if found is None:
            return
        # Compared as shown: a figure that is printed as the aim has reached it.
        rounded = round(found, digits)
        met = rounded >= aim if more else rounded <= aim
        rows.append([measure, who, f"{'≥' if more else '≤'} {aim:g}", f"{found:.{digits}f}", "yes" if met else "no"])

    codings = motion.get("codings", {})
    for start, parts in TOLD.items():
        name = next((n for n in codings if n.startswith(start) and (start == MODEL or n.endswith(DECODED))), None)
        for part, aim in parts.items() if name else ():
            add(f"motion told of films, {part}", start.rstrip("@"), aim, codings[name]["films"][part]["value"])
        if name and start == MODEL:
            for key, (words, aim) in STEADY.items():
                found = codings[name][key]
                add(words, MODEL, aim, found["value"] if isinstance(found, Mapping) else found, more=False)
    add("FER+, linear probe", MODEL, 0.76, value(lfw, "floors", "probe", "accuracy"), digits=3)
    add("FER+, macro-F1", MODEL, 0.54, value(lfw, "floors", "probe", "macro_f1"), digits=3)
    add("person told from stills", MODEL, 0.40, value(lfw, "floors", "person", "balanced"), more=False)
    displays, rvq, floor = (named(lfw, start) for start in (DISPLAYS, RVQ, "residual-kmeans-64x8"))
    for measure, path, aim, sign in SINGLE:
        add(measure, "dfe-displays", aim, value(displays, *path), more=sign > 0, digits=3)
    for who, coder, aim in (("dfe-displays", displays, 1.3), ("dfe-rvq", rvq, 0.95)):
        ratio = _ratio_at_its_bits(coder, floor)
        add("error by that of residual k-means, separate books, same bits", who, aim, ratio, more=False)
    for bits in EQUAL_BITS:
        for rival in (PROXY, "flat-kmeans"):
            rows += _retrieval(named(lfw, rival), displays, "dfe-displays", bits)
            rows += _retrieval(named(lfw, rival), rvq, "dfe-rvq", bits)
    best = max((c for c in lfw["coders"]), key=lambda c: value(c, "retrieval", "all_codes", "five") or 0.0)
    mine = value(rvq, "retrieval", "all_codes", "five") or 0.0
    said = f"{mine:.3f} (best: {best['id']}, {value(best, 'retrieval', 'all_codes', 'five') or 0.0:.3f})"
    rows.append(["retrieval from all codes", "dfe-rvq", "best", said, "yes" if best is rvq else "no"])
    return rows


def _retrieval(rival: Row, coder: Row, who: str, bits: int) -> list[list[str]]:
    ours, theirs = (_at(one, "retrieval", "five", bits) for one in (coder, rival))
    if ours is None:
        return []
    told = f"{ours:.3f} / {'–' if theirs is None else f'{theirs:.3f}'}"
    met = theirs is None or ours > theirs
    return [[f"retrieval at {bits} bits, against {rival['id']}", who, "above", told, "yes" if met else "no"]]


def _at(coder: Row, measure: str, key: str, bits: int) -> float | None:
    found: Sequence[Row] = coder[measure]["at_bits"]
    at = next((one for one in found if one["bits"] == bits), None)
    return None if at is None or at[key] is None else float(at[key])


def _ratio_at_its_bits(coder: Row, floor: Row) -> float | None:
    """Error by that of the floor's at as many bits, between the floor's own points."""
    bits, error = value(coder, "fidelity", "bits"), value(coder, "fidelity", "error_mm")
    points = [(at["bits"], at["error_mm"]) for at in floor["fidelity"]["by_tokens"]]
    if bits is None or error is None or len(points) < 2:
        return None
    x, y = zip(*sorted(points), strict=True)
    place = next((i for i in range(1, len(x)) if x[i] >= bits), len(x) - 1)
    share = min(max((bits - x[place - 1]) / (x[place] - x[place - 1]), 0.0), 1.0)
    return float(error / (y[place - 1] + share * (y[place] - y[place - 1])))
