"""Every measure of one coding on a bench, by name in :data:`MEASURES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Literal, NamedTuple

import numpy as np

from dfe.displays.displays import Coder
from dfe.judge import retrieval as neighbours
from dfe.judge.coding import Coding, codes_of, read_by
from dfe.judge.cost import Cost, cost
from dfe.judge.diversity import Diversity, diversity
from dfe.judge.faithfulness import Faithfulness, faithfulness
from dfe.judge.fidelity import error_at_bits
from dfe.judge.floors import drift_of, moved, person, pose
from dfe.judge.groups import GroupFigure, banded, by_group, neutral_tokens_by_group
from dfe.judge.locality import Locality, locality
from dfe.judge.moving import mover_of, told, told_by
from dfe.judge.probe import Probe, bag, probe
from dfe.judge.redundancy import Redundancy, redundancy
from dfe.judge.reliability import Perturbed, reliability
from dfe.judge.result import NotMeasured
from dfe.judge.stability import Stability, stability
from dfe.judge.symmetry import Symmetry, symmetry
from dfe.judge.units import Units
from dfe.stats.bootstrap import Estimate

BITS: tuple[int, ...] = (8, 16, 24, 32, 48)
"""Costs of a face at which codings of different sizes are compared."""

BAGS: tuple[Literal["intensity", "count"], ...] = ("intensity", "count")
"""How often each display is said, and how strongly; a linear map fitted on other people reads both as movement."""

TIMED = 2000
"""Faces at most on which the speed is measured."""


class ErrorAtBits(NamedTuple):
    """Error at a cost, on straight lines between numbers of tokens."""

    bits: int
    error_mm: float


class FoundAtBits(NamedTuple):
    """Cosine of the nearest and of the five nearest at a cost; NaN where the coding never costs so much."""

    bits: int
    nearest: float
    five: float


Measure = Callable[[Coding], Any]


def _fidelity(coding: Coding) -> dict[str, Any]:
    found = coding.fidelity
    at_bits = [ErrorAtBits(bits, error_at_bits(found, bits)) for bits in BITS]
    return {**{f.name: getattr(found, f.name) for f in fields(found)}, "at_bits": at_bits}


def _retrieval(coding: Coding) -> dict[str, Any] | NotMeasured:
    if isinstance(coding.floors.search, NotMeasured):
        return coding.floors.search
    gallery, rows, floor = coding.floors.search.gallery, coding.floors.search.rows, coding.floors.search.floor
    space, coder = coding.bench.faces.space, coding.coder
    costs = {at.tokens: at.bits for at in coding.fidelity.by_tokens}
    # Every number of tokens would take long where a coding has fifty levels, and say little more.
    steps = sorted({2**k for k in range(coder.levels.bit_length())} | {coder.levels})
    found = neighbours.Retrieval(
        random=floor.random,
        geometry=floor.geometry,
        continuous=floor.continuous,
        decoded=tuple(
            neighbours.AtBits(m, costs[m], gallery.by_expression(coder.decode_codes(coding.cut(m)[rows]), space))
            for m in steps
        ),
        bag=gallery.by_bag(bag(coding.displays, coding.codes[rows], "intensity")),
        faces=len(rows),
    )
    at_bits = [FoundAtBits(bits, *neighbours.at_bits(found, bits)) for bits in BITS]
    return {**found._asdict(), "all_codes": found.decoded[-1].found, "at_bits": at_bits}


def _diversity(coding: Coding) -> Diversity:
    return diversity(coding.units, coding.bench.faces.x, coding.codes, coding.bench.bootstrap)


def _locality(coding: Coding) -> Locality:
    return locality(coding.units, coding.codes, coding.bench.bootstrap)


def _redundancy(coding: Coding) -> Redundancy:
    return redundancy(coding.units)


def _faithfulness(coding: Coding) -> Faithfulness:
    base = coding.coder.decode_codes(coding.codes[:1, :0])[0]
    return faithfulness(coding.units, coding.bench.faces.x, coding.codes, base, coding.bench.bootstrap)


def _reliability(coding: Coding) -> dict[str, Any] | NotMeasured:
    if isinstance(coding.floors.moved, NotMeasured):
        return coding.floors.moved
    bench = coding.bench
    after = {
        name: Perturbed(p.before, coding.perturbed[name][p.after], bench.asked[name]) for name, p in bench.pairs.items()
    }
    agreed = reliability(coding.displays, coding.codes, after, bench.faces.subject, bench.seed, bench.draws)
    decoded = {name: coding.coder.decode_codes(codes) for name, codes in coding.perturbed.items()}
    by_name = moved(bench, coding.decoded, decoded, coding.floors.mean_face_mm)
    shares: Mapping[str, Estimate] = {} if isinstance(by_name, NotMeasured) else by_name
    return {name: {**found._asdict(), "moved_share": shares[name]} for name, found in agreed.items()}


def _symmetry(coding: Coding) -> Symmetry:
    return symmetry(
        coding.units, coding.coder, read_by(coding.coder, coding.bench.faces), coding.codes, coding.bench.bootstrap
    )


def _stability(coding: Coding) -> Stability | NotMeasured:
    faces = coding.bench.faces
    others = [other for other in coding.bench.seeds if _same_kind(coding.coder, other)]
    if not others:
        return NotMeasured("no other training of this coding (--retrained, and --refit for baselines, give it)")
    books = [coding.displays, *(other.displays() for other in others)]
    codes = [coding.codes, *(codes_of(other, faces) for other in others)]
    uses = [Units(book).uses(said) for book, said in zip(books, codes, strict=True)]
    return stability(books, uses)


def _invariance(coding: Coding) -> dict[str, Any]:
    bench, decoded = coding.bench, coding.decoded
    turned = None if bench.turned is None else coding.coder.decode_codes(codes_of(coding.coder, bench.turned))
    return {
        "person": person(bench, decoded),
        "pose": pose(bench, decoded),
        "drift": drift_of(bench, decoded, turned),
    }


def _probe(coding: Coding) -> dict[str, Any] | NotMeasured:
    known, bench = coding.floors.probing, coding.bench
    if isinstance(known, NotMeasured) or bench.probe_train is None or bench.probe_test is None:
        return known if isinstance(known, NotMeasured) else NotMeasured("no faces for the emotion probe")
    train, test = bench.probe_train.take(known.train), bench.probe_test.take(known.test)
    codes = codes_of(coding.coder, train), codes_of(coding.coder, test)
    inputs = {
        "count": tuple(bag(coding.displays, rows, "count") for rows in codes),
        "intensity": tuple(bag(coding.displays, rows, "intensity") for rows in codes),
        "decoded": tuple(coding.coder.decode_codes(rows) for rows in codes),
    }

    def told(name: str) -> dict[str, Any]:
        learnt, asked = inputs[name]
        found: Probe = probe(learnt, np.asarray(train.label), asked, np.asarray(test.label), known.people)
        lost = known.people.mean(found.right.astype(np.float64) - known.floor.right)
        return {**found._asdict(), "minus_continuous": lost}

    return {name: {k: v for k, v in told(name).items() if k != "right"} for name in inputs}


def _motion(coding: Coding) -> dict[str, Any] | NotMeasured:
    moving, bench, coder = coding.floors.moving, coding.bench, coding.coder
    if isinstance(moving, NotMeasured):
        return moving
    fit = None if bench.fit is None else codes_of(coder, bench.fit)
    mover = mover_of(bench, None if fit is None else coder.decode_codes(fit))
    if isinstance(mover, NotMeasured):
        return mover
    others = {f"perturbed {name}": coder.decode_codes(codes) for name, codes in coding.perturbed.items()}
    if bench.turned is not None:
        others["turned"] = coder.decode_codes(codes_of(coder, bench.turned))
    decoded = told(bench, moving, coding.decoded, mover, others)
    bags: dict[str, Any] = {}
    for kind in BAGS:
        learnt = None if fit is None else bag(coding.displays, fit, kind).toarray()
        read = mover_of(bench, learnt, draws_face=False)
        said = bag(coding.displays, coding.codes, kind).toarray()
        bags[kind] = read if isinstance(read, NotMeasured) else told_by(bench, moving, said, read)
    return {**decoded, **bags}


def _groups(coding: Coding) -> dict[str, Any] | NotMeasured:
    faces, people = coding.bench.faces, coding.bench.bootstrap
    if not faces.groups:
        return NotMeasured("no groups are known (--about with a column such as 'gender' gives them)")
    error, groups = faces.space.error_mm(faces.x, coding.decoded), banded(faces.groups)
    tokens: dict[str, dict[str, GroupFigure]] | NotMeasured = NotMeasured(
        "no labels are known (--about with a column 'label' gives them)"
    )
    if faces.label is not None:
        label = faces.label
        tokens = {
            kind: neutral_tokens_by_group(coding.codes, coding.displays, label, group, people)
            for kind, group in groups.items()
        }
    return {
        "error_mm": {kind: by_group(error, group, people) for kind, group in groups.items()},
        "neutral_tokens": tokens,
    }


def _cost(coding: Coding) -> Cost:
    return cost(coding.coder, read_by(coding.coder, coding.bench.faces)[:TIMED])


MEASURES: dict[str, Measure] = {
    "fidelity": _fidelity,
    "retrieval": _retrieval,
    "diversity": _diversity,
    "locality": _locality,
    "redundancy": _redundancy,
    "faithfulness": _faithfulness,
    "reliability": _reliability,
    "symmetry": _symmetry,
    "stability": _stability,
    "invariance": _invariance,
    "probe": _probe,
    "motion": _motion,
    "groups": _groups,
    "cost": _cost,
}
"""Every measure by its name in the result, in the order in which they are made."""


def _same_kind(coder: Coder, other: Coder) -> bool:
    """Whether two codings differ in nothing but their training; tokenizers may be called what they like."""
    shape = type(coder), coder.space_id, coder.levels, coder.size, getattr(coder, "config", None)
    return shape == (type(other), other.space_id, other.levels, other.size, getattr(other, "config", None)) and (
        hasattr(coder, "card") or coder.id == other.id
    )
