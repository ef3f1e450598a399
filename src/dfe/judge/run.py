"""Judging codings: every measure, on the same faces, with the same draws."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, Progress
from dfe.base.version import __version__
from dfe.datasets.about import About
from dfe.displays.displays import Coder
from dfe.facs.coder import AuProxyCoder
from dfe.judge.bench import Bench
from dfe.judge.coding import Coding
from dfe.judge.floors import NOBODY, measure_floors
from dfe.judge.measures import BITS, MEASURES
from dfe.judge.result import CoderResult, Evaluation, Kind, NotMeasured, Seen
from dfe.judge.seen import refuse_seen
from dfe.tokenizer.tokenizer import Tokenizer

NO_DETECTORS = "not compared: tables of OpenFace, LibreFace or py-feat cannot be given here yet"


def judge(coders: Sequence[Coder], bench: Bench, progress: Progress | None = None) -> Evaluation:
    """Judge codings by all measures.

    A measure whose input the bench lacks is in the result as :class:`~dfe.judge.result.NotMeasured`.

    Args:
        coders: tokenizers and baselines, of one space.
        bench: the faces to judge on.
        progress: called after every measure of every coder; the floors count as a coder.

    Raises:
        UsageError: no coder, two of one name, one of another space or neutral mode, or one that has seen the people to
            be judged on (unless ``bench.allow_seen``).
        DfeError: scikit-learn is not installed.
    """
    seen = check(coders, bench)
    done, total = 0, (len(coders) + 1) * len(MEASURES)

    def step(by: int = 1) -> None:
        nonlocal done
        done += by
        if progress is not None:
            progress(done, total)

    floors = measure_floors(bench)
    step(len(MEASURES))
    results = []
    for coder, known in zip(coders, seen, strict=True):
        coding, measures = Coding(coder, bench, floors), {}
        for name, measure in MEASURES.items():
            measures[name] = measure(coding)
            step()
        results.append(
            CoderResult(
                coder.id,
                kind_of(coder),
                coder_hash(coder),
                coder.levels,
                coder.size,
                coding.displays.ordered,
                known,
                measures,
            )
        )
    return Evaluation(_about(bench), floors.results(), tuple(results))


def check(coders: Sequence[Coder], bench: Bench) -> list[Seen | NotMeasured]:
    """Whom each coder knows of the people to be judged on, before any work is done.

    Raises:
        UsageError: as :func:`judge`.
    """
    for coder in [*coders, *bench.seeds]:
        _check_fits(coder, bench)
    names = [coder.id for coder in coders]
    if not names or len(set(names)) < len(names):
        what = f"two codings are called {max(names, key=names.count)!r}" if names else "no coding to judge"
        raise UsageError(what, advice="name at least one, each once")
    return [_seen(coder, bench) for coder in coders]


def kind_of(coder: Coder) -> Kind:
    """What a coder is."""
    if isinstance(coder, Tokenizer):
        return "tokenizer"
    return "au proxy" if isinstance(coder, AuProxyCoder) else "baseline"


def coder_hash(coder: Coder) -> str:
    """SHA-256 in hex: of a tokenizer its own, of other codings over their displays and their base."""
    if isinstance(coder, Tokenizer):
        return coder.hash
    displays = coder.displays()
    base = coder.decode_codes(np.zeros((1, 0), np.int16))
    digest = hashlib.sha256(f"{coder.id} {coder.space_id} {displays.ordered}".encode())
    for array, kind in (
        (base, "<f4"),
        (displays.directions, "<f4"),
        (displays.number, "<i8"),
        (displays.mm, "<f4"),
    ):
        digest.update(str(array.shape).encode() + np.ascontiguousarray(array, dtype=kind).tobytes())
    return digest.hexdigest()


def _check_fits(coder: Coder, bench: Bench) -> None:
    space = bench.faces.space
    own = getattr(coder, "space", None)
    if coder.space_id != space.id or (own is not None and own.hash != space.hash):
        raise UsageError(f"{coder.id} codes space {coder.space_id}, not {space.id} of the version of the faces")
    neutral = coder.subject_neutral if isinstance(coder, Tokenizer) else bench.neutral
    if neutral != bench.neutral:
        what = f"{coder.id} is for faces of neutral mode '{neutral}', and these are of mode '{bench.neutral}'"
        raise UsageError(what, advice="judge it on tables of its own mode")


def _seen(coder: Coder, bench: Bench) -> Seen | NotMeasured:
    """Faces of people who were seen. That none is known to be seen is only said where it could be known."""
    mask, unknown = bench.in_fit, "nobody knows on whom it was fitted"
    if isinstance(coder, Tokenizer):
        if bench.about is None or not bench.people_known:
            return NotMeasured(NOBODY)
        mask = _refused(coder, bench, bench.about)
        unknown = "" if coder.card.get("people") else "its card does not list the people whom it was trained on"
    elif bench.fit is not None:
        named = bench.people_known and bench.fit.unknown < len(bench.fit)
        unknown = "" if named else "nobody is named on the faces for fitting (--about, with their pictures too, does)"
    if unknown and not mask.any():
        return NotMeasured(unknown)
    return Seen(int(mask.sum()), float(mask.mean()))


def _refused(coder: Tokenizer, bench: Bench, about: About) -> BoolArray:
    if bench.probe_test is not None and bench.probe_about is not None:
        refuse_seen(coder.card, bench.probe_about, bench.allow_seen, bench.probe_test.names)
    if bench.turned is not None:
        refuse_seen(coder.card, about, bench.allow_seen, bench.turned.names)
    return refuse_seen(coder.card, about, bench.allow_seen, bench.faces.names)


def _about(bench: Bench) -> dict[str, object]:
    space, learnt = bench.faces.space, "the faces for fitting"
    crossed = "the other half of the people, crosswise: no faces for fitting were given (--fit)"
    return {
        "dfe": __version__,
        "space": {"id": space.id, "version": space.version, "hash": space.hash},
        "neutral": bench.neutral,
        "sets": {
            name: {
                "tables": bench.tables.get(name, ()),
                "pictures": faces.pictures,
                "faces": len(faces),
                "found_share": faces.found_share,
                "people": None if faces.subject is None else len(np.unique(faces.subject[faces.subject >= 0])),
                "faces_of_unknown_people": faces.unknown,
            }
            for name, faces in bench.sets.items()
        },
        "subjects": "people" if bench.people_known else "no subjects: every face counts as a person of its own",
        "bits_learnt_from": crossed if bench.fit is None else learnt,
        "mean_face_of": "the faces to judge on" if bench.fit is None else learnt,
        "bits_compared": list(BITS),
        "seen_allowed": bench.allow_seen,
        "other_trainings": [{"id": other.id, "hash": coder_hash(other)} for other in bench.seeds],
        "draws": bench.draws,
        "seed": bench.seed,
        "max_retrieval": bench.max_retrieval,
        "au_detectors": NO_DETECTORS,
    }
