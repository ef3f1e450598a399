"""An atlas as its page: pictures, packed head, and the numbers that the page's scripts read."""

from __future__ import annotations

import json
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from dfe.atlas.atlas import Atlas
from dfe.atlas.display import AtlasDisplay
from dfe.atlas.head import pack_head
from dfe.atlas.pictures import to_webp
from dfe.atlas.use import CorpusUse
from dfe.atlas.view import AtlasCard, AtlasView
from dfe.base.files import refuse_existing, replacing
from dfe.base.types import DoubleArray, Progress
from dfe.draw.colours import heat_stops
from dfe.draw.templates import TURNED
from dfe.pages.formats import count, number, seconds
from dfe.pages.page import render
from dfe.pages.tree import tree_svg
from dfe.pages.view import UnitRow

NEAR, TOGETHER, PEOPLE = 6, 8, 12
"""Rows shown of each list on a display's page, at most."""
PERCENT_STEPS = tuple(range(0, 160, 10))
"""Intensities of displays that share no ladder, in percent of the usual one."""
TOGETHER_ROWS = 0.001
"""Share of the corpus from which on a pair is told of: lifts of rarer ones are chance."""

_OF = {
    "seconds": "of usable time",
    "faces": "of usable faces",
    "rows": "of usable frames and pictures, each counting one",
}


def write_atlas(
    atlas: Atlas, path: str | PathLike[str], *, overwrite: bool = False, progress: Progress | None = None
) -> None:
    """Write the page of an atlas, whole or not at all.

    Args:
        atlas: what is shown.
        path: of the page.
        overwrite: replace a page that is there.
        progress: called as ``progress(pictures done, of how many)``.

    Raises:
        OutputError: the file exists (without ``overwrite``) or cannot be written.
    """
    refuse_existing(Path(path), overwrite=overwrite)
    page = atlas_page(atlas_view(atlas, progress))
    with replacing(Path(path), overwrite=overwrite) as (file,):
        file.write(page.encode("utf-8", "replace"))


def atlas_page(view: AtlasView) -> str:
    """One self-contained HTML file about a tokenizer's displays, which asks for nothing from anywhere."""
    labels = [card.name or card.words for card in view.cards]
    return render("atlas/atlas.html.jinja", view=view, tree=tree_svg(view.merges, view.order, labels))


def webp_pictures(atlas: Atlas, progress: Progress | None = None) -> tuple[tuple[bytes, ...], ...]:
    """WebP files of every display, front and three-quarter view."""
    made = []
    for token in atlas.displays:
        made.append(tuple(to_webp(atlas.picture(token.display, yaw=yaw)) for yaw in (0.0, TURNED)))
        if progress is not None:
            progress(token.display, len(atlas))
    return tuple(made)


def atlas_view(atlas: Atlas, progress: Progress | None = None) -> AtlasView:
    """Everything that the page shows, as plain data."""
    use = atlas.use
    pictures = webp_pictures(atlas, progress) if atlas.space.has_surface else ((),) * len(atlas)
    strengths = _strengths(atlas)
    return AtlasView(
        tokenizer=atlas.tokenizer,
        hash=atlas.hash,
        space=f"{atlas.space.id} version {atlas.space.version}",
        levels=atlas.levels,
        additive=atlas.additive,
        drawable=atlas.space.has_surface,
        sided=any(token.side for token in atlas.displays),
        cards=tuple(
            AtlasCard(
                display=token.display,
                words=token.words,
                name=atlas.names.name(token.display),
                side=token.side,
                region=token.region,
                status=token.status,
                share=None if use is None else float(use.share[token.display - 1]),
                pictures=pictures[token.display - 1],
            )
            for token in atlas.displays
        ),
        regions=atlas.space.mesh.regions,
        strength=f"They show an intensity of {strengths['labels'][strengths['usual']]}.",
        heat_stops=heat_stops(atlas.heat_max_mm) if atlas.space.has_surface else (),
        corpus="" if use is None else _corpus(use),
        share_of="" if use is None else _OF[use.weight],
        units=() if use is None else _units(use),
        notes=tuple(merge.said for merge in atlas.names.merges),
        merges=tuple(
            (int(a), int(b), float(h)) for (a, b), h in zip(atlas.tree.merges, atlas.tree.heights, strict=True)
        ),
        order=tuple(atlas.tree.order.tolist()),
        data={
            "tokens": _tokens(atlas),
            "strengths": strengths,
            "names": {
                "tokenizer": atlas.tokenizer,
                "hash": atlas.hash,
                "names": {str(k): {"name": e.name, "note": e.note} for k, e in sorted(atlas.names.entries.items())},
                "kept": {k: v for k, v in json.loads(atlas.names.to_json()).items() if k in ("merges", "groups")},
            },
            "use": None if use is None else _use_words(use),
        },
        head=pack_head(atlas.space, atlas.templates, atlas.neutral, atlas.heat_max_mm),
        made_with=version("discrete-facial-encoding"),
    )


def _units(use: CorpusUse) -> tuple[UnitRow, ...]:
    return tuple(
        UnitRow(one.token, one.label, one.kind, float(share), None, float(median), one.measure, one.displays)
        for one, share, median in zip(use.units, use.unit_share, use.unit_median, strict=True)
        if share > 0
    )


def _corpus(use: CorpusUse) -> str:
    amount = {
        "seconds": f"{seconds(use.total)} of usable faces",
        "faces": f"{count(use.rows, 'usable face')}",
        "rows": f"{count(use.rows, 'usable frame or picture', 'usable frames and pictures')}",
    }[use.weight]
    return (
        f"The corpus: {count(len(use.recordings), 'recording')}, {amount}, "
        f"{number(use.tokens_per_row)} displays a face on average."
    )


def _strengths(atlas: Atlas) -> dict[str, Any]:
    """Factors that a template is shown at, their words, and the one of the pictures."""
    if steps := atlas.ladder_mm:
        middle = len(steps) // 2
        labels = [f"{mm:.2f} mm" for mm in steps]
        return {
            "factors": [0.0, *(round(mm / steps[middle], 5) for mm in steps)],
            "labels": ["rest", *labels],
            "usual": middle + 1,
            "stepLabels": labels,
        }
    return {
        "factors": [percent / 100 for percent in PERCENT_STEPS],
        "labels": ["rest", *(f"{percent}%" for percent in PERCENT_STEPS[1:])],
        "usual": PERCENT_STEPS.index(100),
        "stepLabels": [],
    }


def _tokens(atlas: Atlas) -> list[dict[str, Any]]:
    place = np.empty(len(atlas), np.int64)
    place[atlas.tree.order] = np.arange(len(atlas))
    lift = None if atlas.use is None else atlas.use.lift()
    return [_token(atlas, token, int(place[at]), lift) for at, token in enumerate(atlas.displays)]


def _token(atlas: Atlas, token: AtlasDisplay, place: int, lift: DoubleArray | None) -> dict[str, Any]:
    at = token.display - 1
    like = np.abs(atlas.cosines[at])
    near = [i for i in np.argsort(-like, kind="stable").tolist() if i != at][:NEAR]
    return {
        "display": token.display,
        "words": token.words,
        "side": token.side,
        "regions": {region: round(share, 4) for region, share in token.regions.items()},
        "mm": round(token.energy_mm, 4),
        "locality": round(token.locality, 4),
        "strongest": [[name, round(value, 3)] for name, value in token.strongest],
        "units": [[unit.id, unit.name, round(unit.cosine, 3)] for unit in token.units],
        "partner": token.partner,
        "status": token.status,
        "kappa": token.reliability,
        "place": place,
        "near": [[i + 1, round(float(atlas.cosines[at, i]), 3)] for i in near],
        "use": None if atlas.use is None or lift is None else _use(atlas.use, at, lift, bool(atlas.ladder_mm)),
    }


def _use(use: CorpusUse, at: int, lift: DoubleArray, shared: bool) -> dict[str, Any]:
    shares = use.by_subject[at]
    most = np.argsort(-shares, kind="stable")[:PEOPLE]
    often = [i for i in np.flatnonzero(use.together[at] >= TOGETHER_ROWS).tolist() if i != at]
    often.sort(key=lambda i: (-lift[at, i], i))
    known = np.isfinite(use.duration_s[at]).all()
    return {
        "share": round(float(use.share[at]), 6),
        "levels": np.round(use.by_level[at], 6).tolist(),
        "steps": np.round(use.by_step[at], 6).tolist() if shared else None,
        "people": [[use.subjects[i], round(float(shares[i]), 6)] for i in most.tolist() if shares[i] > 0],
        "subjects": int((shares > 0).sum()),
        "medianShare": round(float(np.median(shares)), 6),
        "together": [[i + 1, round(float(use.together[at, i]), 6), round(float(lift[at, i]), 3)] for i in often][
            :TOGETHER
        ],
        "duration": [*np.round(use.duration_s[at], 4).tolist(), int(use.events[at])] if known else None,
        "faithful": round(float(use.faithful[at]), 4) if np.isfinite(use.faithful[at]) else None,
        "examples": [
            [
                e.recording,
                e.frame,
                round(e.time_s, 3) if np.isfinite(e.time_s) else None,
                e.face_id,
                e.source,
                round(e.intensity_mm, 3),
            ]
            for e in use.examples[at]
        ],
    }


def _use_words(use: CorpusUse) -> dict[str, Any]:
    one, many = ("group of pictures", "groups") if use.weight == "faces" else ("person", "people")
    return {
        "of": _OF[use.weight],
        "weight": use.weight,
        "people": {"one": one, "many": many, "count": len(use.subjects)},
    }
