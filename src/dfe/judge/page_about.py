"""The lower half of an evaluation's page: figures by group, what was measured on, and what is not claimed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dfe.judge.page_columns import group_columns, of_faces
from dfe.judge.page_tables import missing, named, note, table
from dfe.judge.page_values import Coder, Column, Result, at, figure_at, list_at, number_at, part, share, why_not
from dfe.pages.html import count, number, percent, text

_CLAIM = "We measure visible movements; we don't claim to read feelings or to diagnose."
_SETS = {
    "faces": "judged on",
    "fit": "to fit the baselines, and to learn bits and the mean face",
    "probe-train": "the emotion probe learns from",
    "probe-test": "the emotion probe is asked about",
    "turned": "people who turn their heads",
}
_SHOWN_ABOUT = ("sets", "space", "dfe", "neutral", "subjects", "seed", "draws")


def groups(result: Result, coders: Sequence[Coder]) -> str:
    kinds: dict[str, None] = {}
    for coder in coders:
        inner = part(coder.values, "groups", "error_mm")
        kinds |= dict.fromkeys(inner) if isinstance(inner, Mapping) else {}
    kinds.pop("not_measured", None)
    detection = part(result, "floors", "detection")
    parts = [
        note(
            "Reported where labels exist. Nothing is claimed from these figures: groups differ in their pictures, "
            "cameras and expressions, and labels of gender, age or ethnicity are what somebody wrote down."
        )
    ]
    if not kinds:
        return "".join([*parts, note(missing("Groups", "groups", coders))])
    for i, kind in enumerate(kinds):
        parts.append(f"<h3>{text(kind[:1].upper() + kind[1:])}</h3>")
        errors = group_columns(coders, "error_mm", kind, 3)
        tokens = group_columns(coders, "neutral_tokens", kind, 2)
        shown = [
            ("Error, mm", table(f"group-{i}-error", errors, coders)),
            ("Tokens said of faces labelled neutral", table(f"group-{i}-neutral", tokens, coders) if tokens else ""),
            ("Pictures in which a face was found", _detection(f"group-{i}-found", part(detection, kind))),
        ]
        both = "".join(f"<div><h4>{title}</h4>{made}</div>" for title, made in shown if made)
        parts.append(f'<div class="pair">{both}</div>')
    if why := next((c for c in coders if "not_measured" in (part(c.values, "groups", "neutral_tokens") or {})), None):
        parts.append(note(f"Tokens of neutral faces: {text(why_not(why.values, 'groups.neutral_tokens'))}."))
    return "\n".join(parts)


def _detection(name: str, found: Any) -> str:
    """One row: in which share of a group's pictures a face was found."""
    columns = [
        Column(f"{name}-{i}", group, "", at(group, "estimate"), share, 0, "", _of_pictures(figure))
        for i, (group, figure) in enumerate(found.items() if isinstance(found, Mapping) else ())
        if figure_at(figure, "estimate")
    ]
    return table(name, columns, [], [("face found", found)]) if columns else ""


def _of_pictures(figure: Result) -> str:
    return of_faces(figure).replace("face", "picture", 1)


def measured_on(result: Result, coders: Sequence[Coder]) -> str:
    about = part(result, "about")
    sets = part(about, "sets")
    rows = "".join(_set(name, value) for name, value in sets.items()) if isinstance(sets, Mapping) else ""
    head = "".join(
        f'<th scope="col"{side}>{title}</th>'
        for title, side in (
            ("Set", ""),
            *((t, ' class="n"') for t in ("Pictures", "Faces", "Face found", "People", "Person unknown")),
            ("Tables, SHA-256", ""),
        )
    )
    space = " ".join(str(part(about, "space", key) or "") for key in ("id", "version", "hash"))
    facts = [
        ("Program", f"dfe {part(about, 'dfe') or '?'}"),
        ("Space", space.strip() or "?"),
        ("Neutral", part(about, "neutral") or "?"),
        ("Intervals", _intervals(about)),
        *_flat({k: v for k, v in about.items() if k not in _SHOWN_ABOUT} if isinstance(about, Mapping) else {}),
    ]
    listed = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in facts)
    judged = "".join(_judged(coder) for coder in coders)
    return f"""{
        note(
            "All faces that were found are measured, whatever their pose and confidence. Faces that were not "
            "found are in no figure but the coverage."
        )
    }
<div class="scroll" tabindex="0" role="region" aria-label="Sets of faces"><table class="facts-table">
<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>
<h3>Codings</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Codings"><table class="facts-table"><thead><tr>
<th scope="col">Coding</th><th scope="col">Has seen these people</th><th scope="col">SHA-256</th></tr></thead>
<tbody>{judged}</tbody></table></div>
<h3>Settings</h3>
<dl class="facts">{listed}</dl>"""


def _set(name: str, value: Any) -> str:
    tables = "<br>".join(
        f"{text(part(t, 'name') or '?')} <code>{text(str(part(t, 'sha256') or '')[:16])}</code>"
        for t in list_at(value, "tables")
    )
    use = _SETS.get(name) or ("the same pictures, changed" if name.startswith("perturbed ") else "")
    figures_ = "".join(
        f'<td class="n">{number(number_at(value, key), 0)}</td>' if key != "coverage" else _coverage(value)
        for key in ("pictures", "faces", "coverage", "people", "faces_of_unknown_people")
    )
    small = f'<br><span class="quiet">{text(use)}</span>' if use else ""
    return f'<tr><th scope="row">{text(name)}{small}</th>{figures_}<td>{tables or "–"}</td></tr>'


def _coverage(value: Any) -> str:
    return f'<td class="n">{percent(number_at(value, "coverage"))}</td>'


def _judged(coder: Coder) -> str:
    if coder.seen:
        faces = number_at(coder.values, "seen", "faces") or 0
        seen = f'<span class="badge check">yes: {count(int(faces), "face")}, {percent(coder.seen)}</span>'
    else:
        seen = "no" if coder.seen is not None else f"not known: {text(why_not(coder.values, 'seen'))}"
    return (
        f'<tr><th scope="row"><span class="id">{named(coder.id)}</span></th><td>{seen}</td>'
        f"<td><code>{text(coder.values.get('hash') or '–')}</code></td></tr>"
    )


def limits(result: Result) -> str:
    compared = part(result, "about", "au_detectors")
    proxy = (
        "The AU proxy is a map from the same coefficients to action units. It is no FACS coding and no detector; "
        f"detectors: {text(compared or 'not compared')}."
    )
    said = (
        "Errors are on a drawn head, between two drawings: they do not include what the front end missed in the "
        "picture. Only ratios compare between inputs.",
        "Intervals draw people, not trainings: they hold for this coding and these pictures. Two codings with "
        "overlapping intervals may still differ, since both saw the same faces.",
        "The emotion probe predicts labels that somebody gave to pictures, not what anybody felt.",
        "Person and pose probes above chance do not prove a fault, but no coding here is free of identity.",
        proxy,
        "Speed was measured on one machine and compares only within this page.",
        "Tables and tokens of a person are personal data. This page holds no picture of anyone.",
    )
    return f'<p class="claim">{_CLAIM}</p>\n<ul class="limits">{"".join(f"<li>{line}</li>" for line in said)}</ul>'


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        word = str(key).replace("_", " ").replace("au ", "AU ")
        name = above + (word if above else word[:1].upper() + word[1:])
        if isinstance(inner, Mapping) and inner:
            yield from _flat(inner, f"{name}: ")
        elif isinstance(inner, list | tuple):
            yield name, ", ".join(_plain(one) for one in inner) or "none"
        else:
            yield name, _plain(inner)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(str(inner) for inner in value.values())
    if value is None:
        return "none"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _intervals(about: Any) -> str:
    unit = "people" if part(about, "subjects") == "people" else "faces"
    draws, seed = (number(number_at(about, key), 0) for key in ("draws", "seed"))
    return f"95%, {draws} draws of {unit}, seed {seed}"
