"""Recordings that keep their landmarks, brought to another version of the expression space without the pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from dfe.base.errors import TableError
from dfe.base.lists import to_lists
from dfe.frontends.landmarks.coefficients import columns
from dfe.frontends.landmarks.networks import Networks
from dfe.frontends.landmarks.reading import FILE, Reader
from dfe.recording import schema
from dfe.recording.provenance import SpaceRef
from dfe.recording.recording import Recording
from dfe.space.arkit import SPACE_VERSION
from dfe.space.registry import load_space


def remeasure(recording: Recording, version: int = SPACE_VERSION, networks: Networks | None = None) -> Recording:
    """The same faces measured in another version of the space; tokens, which belong to a version, are left out.

    Args:
        recording: with landmarks, as ``dfe encode --landmarks`` writes.
        version: of the expression space.
        networks: other networks than the packaged ones.

    Raises:
        TableError: the recording keeps no landmarks.
        ModelError: no such version.
    """
    made = recording.provenance
    points = recording.landmarks()
    if points is None:
        advice = "encode it again with --landmarks"
        raise TableError("keeps no landmarks to measure again", where=made.source.name, advice=advice)
    networks = networks or Networks()
    read = Reader(networks, version, bool(made.frontend.get("both_ways", False)))
    side = np.array([-1.0, 1.0, 1.0]) if made.mirrored else np.ones(3)
    found, poses = recording.success, recording.poses.astype(np.float64)
    values = np.full((len(recording), len(schema.EXPRESSION + schema.GAZE + schema.BLINK)), np.nan, np.float32)
    logits = np.full((len(recording), schema.WIDTHS["logits"]), np.nan, np.float32)
    for row in np.flatnonzero(found):
        face = read(points[row].astype(np.float64) * side, poses[row])
        _, gaze, blink = columns(face.coefficients)
        values[row] = np.concatenate([face.expression, gaze, blink])
        logits[row] = face.logits
    tokens = set(schema.token_names(recording.levels))
    table = recording.table.select([name for name in recording.table.column_names if name not in tokens])
    for name, column in zip(schema.EXPRESSION + schema.GAZE + schema.BLINK, values.T, strict=True):
        cells = pa.array(np.ascontiguousarray(column), mask=~found)
        table = table.set_column(table.column_names.index(name), name, cells)
    table = table.set_column(table.column_names.index("logits"), "logits", to_lists(logits[found], found))
    space = load_space(version=version)
    reference = SpaceRef(space.id, space.version, space.hash)
    frontend = {**made.frontend, "space_version": version, f"sha256 {FILE}": networks.hashes[FILE]}
    return Recording(table, replace(made, space=reference, tokenizer=None, frontend=frontend))
