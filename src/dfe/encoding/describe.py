"""What a path or name is, as plain facts: a table, a tokenizer, a video, a picture."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dfe.base.budget import LIFT
from dfe.base.errors import DfeError, MediaError, UsageError
from dfe.base.installing import how_to_install
from dfe.displays.words import coefficient_words
from dfe.frontends.registry import find_front_end, front_end_names
from dfe.frontends.spec import FrontEndSpec
from dfe.space.file import holds_space
from dfe.space.registry import load_space, space_ids

FRONT_ENDS, SPACES = "front-ends", "spaces"
TABLE_SUFFIXES = (".parquet", ".csv")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.safetensors")


def describe_target(target: str, *, check: bool = False) -> dict[str, Any]:
    """Facts about a table, a tokenizer (``default``, ``name@version``, folder or file) or a media file.

    ``front-ends`` and ``spaces`` stand for all of them; a front end's name for that one. With ``check`` a table's rows
    are checked one against the other, and all that is wrong is listed under ``faults``.

    Raises:
        DfeError: nothing of that name, or it is none of these.
    """
    path = Path(target)
    if check and path.suffix.lower() not in TABLE_SUFFIXES:
        raise UsageError("only recordings are checked", where=target, advice="name a .parquet or .csv by dfe encode")
    if not path.exists():
        if target == FRONT_ENDS:
            return {"kind": "front ends", **{name: describe_front_end(name) for name in front_end_names()}}
        if target == SPACES:
            return {"kind": "expression spaces", **{id: describe_space(id) for id in space_ids()}}
        if target in front_end_names():
            return describe_front_end(target)
        if target in space_ids():
            return describe_space(target)
    if path.suffix.lower() in TABLE_SUFFIXES:
        return describe_table(path, check=check)
    if (
        path.name in TOKENIZER_FILES
        or (path / TOKENIZER_FILES[0]).is_file()
        or (not path.exists() and _is_name(target))
    ):
        return describe_tokenizer(target)
    if holds_space(path):
        return describe_space(str(path))
    if path.is_dir():
        advice = "name a table, a tokenizer's folder or a media file; `dfe qc` looks at a folder of tables"
        raise UsageError("a folder without a tokenizer in it", where=path, advice=advice)
    try:
        return describe_media(path)
    except MediaError as error:
        if error.advice is not None and LIFT in error.advice:
            raise
        advice = (
            "name a table (.parquet, .csv), a tokenizer (default, name@version or its folder), a video or a picture"
        )
        raise MediaError(error.what, where=path, advice=advice) from None


def describe_front_end(name: str) -> dict[str, Any]:
    """What a front end reads and gives, what it needs, on what terms, and what was checked."""
    try:
        spec = find_front_end(name)
    except DfeError as error:
        return {"kind": "front end", "name": name, "broken": str(error)}
    return {
        "kind": "front end",
        "name": spec.name,
        "reads": spec.title,
        "gives": spec.space,
        "needs": front_end_needs(spec),
        "terms": spec.licence,
        "verified": spec.verified,
    }


def front_end_needs(spec: FrontEndSpec) -> str:
    """What a user has to supply or install, in words."""
    needs = [f"--{need}" for need in spec.needs]
    if spec.extra is not None:
        needs.append(how_to_install(spec.extra))
    return ", ".join(needs) or "nothing"


def describe_space(id: str) -> dict[str, Any]:
    """Coefficients and mesh of an expression space."""
    space = load_space(id)
    return {
        "kind": "expression space",
        "id": space.id,
        "version": space.version,
        "hash": space.hash,
        "coefficients": list(space.names),
        **({"in_words": {name: coefficient_words(name, space.words) for name in space.names}} if space.words else {}),
        "vertices": len(space.mesh.vertices_mm),
        "drawn": space.has_surface,
    }


def describe_table(path: Path, *, check: bool = False) -> dict[str, Any]:
    """Summary and provenance of a recording; with ``check`` its faults, and no summary where there are any."""
    from dfe.recording.integrity import faults_of
    from dfe.recording.recording import Recording

    recording = Recording.read(path, landmarks=check, check=not check)
    faults = [str(fault) for fault in faults_of(recording.table)] if check else []
    facts: dict[str, Any] = {"kind": "recording"} | ({"faults": faults or "none"} if check else {})
    if not faults:
        facts["summary"] = recording.summary().to_dict()
    facts["provenance"] = json.loads(recording.provenance.to_json())
    return facts


def describe_tokenizer(name: str) -> dict[str, Any]:
    """Identity, shape and card of a tokenizer, and the names that the user has given to its displays."""
    from dfe.displays.names import load_names
    from dfe.displays.vocabulary import vocabulary_of
    from dfe.tokenizer.file import load_tokenizer

    tokenizer = load_tokenizer(name)
    names = load_names(tokenizer)
    return {
        "kind": "tokenizer",
        "id": tokenizer.id,
        "hash": tokenizer.hash,
        "space": {"id": tokenizer.space.id, "version": tokenizer.space.version, "hash": tokenizer.space.hash},
        "quantizer": tokenizer.config.kind,
        "displays": tokenizer.size - 1,
        "tokens_a_face": tokenizer.levels,
        "how": tokenizer.quantizer.says,
        "intensities_mm": [round(mm, 4) for mm in tokenizer.displays().ladder_mm] or "each display has its own",
        "names": {str(display): names.name(display) for display in sorted(names.entries) if names.name(display)},
        "merges": [merge.said for merge in names.merges],
        "groups": {group.name: list(group.displays) for group in vocabulary_of(tokenizer, names).groups},
        "card": dict(tokenizer.card),
    }


def describe_media(path: Path) -> dict[str, Any]:
    """Size, length and rate of a video or picture."""
    from dfe.media.probe import probe

    info = probe(path)
    return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(info).items()}


def _is_name(target: str) -> bool:
    """True for what can only be the name of a tokenizer of the package."""
    from dfe.tokenizer.file import load_tokenizer

    try:
        load_tokenizer(target)
    except DfeError:
        return target == "default" or "@" in target
    return True
