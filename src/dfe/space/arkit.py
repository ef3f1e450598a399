"""The ARKit coefficients by name, and the spaces that they span on the embedded CC0 head."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources

import numpy as np
from safetensors.numpy import load

from dfe.base.errors import ModelError
from dfe.space.base import Appearance, ExpressionSpace, FaceMesh

NETWORK_NAMES: tuple[str, ...] = (
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
)
"""The 52 outputs of the coefficient network, in its order. "Left" is the subject's left."""

ARKIT_NAMES: tuple[str, ...] = NETWORK_NAMES[1:]
"""The 51 coefficients of the space ``arkit51``: the network's outputs without ``_neutral``."""

GAZE_NAMES: tuple[str, ...] = tuple(name for name in ARKIT_NAMES if name.startswith("eyeLook"))
"""The 8 coefficients that say where the eyes look; no display of the face."""

BLINK_NAMES: tuple[str, ...] = ("eyeBlinkLeft", "eyeBlinkRight")

FACE_NAMES: tuple[str, ...] = tuple(name for name in ARKIT_NAMES if name not in GAZE_NAMES + BLINK_NAMES)
"""The 41 coefficients that the default tokenizer codes: no gaze, no blink."""

SPACE_VERSION = 2
"""Raised when the meaning of a coefficient changes; there is one version at a time.

Coefficients are activations beyond what most neutral faces show, freed of the head's turn, between 0 and 1; see
docs/expression-input.md.
"""

PHONE_ID = "arkit-phone/face41"
"""The 41 coefficients as a phone's depth camera measures them: another instrument, so another space."""

_PHONE_VERSION = 1

ARKIT_IDS: tuple[str, ...] = ("arkit51/face41", "arkit51", PHONE_ID)
"""The spaces that :func:`arkit_space` makes."""

REGIONS: tuple[str, ...] = ("brow", "eyes", "nose", "cheeks", "mouth", "jaw")
"""Parts of the face, of vertices as of coefficients."""

_REINSTALL = "install discrete-facial-encoding again"
_REGION_OF_PREFIX = {"brow": "brow", "eye": "eyes", "nose": "nose", "cheek": "cheeks", "mouth": "mouth", "jaw": "jaw"}


def mirrored_name(name: str) -> str:
    """The coefficient that a coefficient becomes under the left-right flip; its own name where it has no side."""
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    if name.endswith("Right"):
        return name.removesuffix("Right") + "Left"
    return name


def region_of(name: str) -> str:
    """The region of the face that a coefficient belongs to, by its name."""
    return next(region for prefix, region in _REGION_OF_PREFIX.items() if name.startswith(prefix))


def arkit_space(id: str, version: int | None = None) -> ExpressionSpace:
    """One of :data:`ARKIT_IDS`.

    Raises:
        ModelError: another version than the one that there is, or the installed head is damaged.
    """
    known = _PHONE_VERSION if id == PHONE_ID else SPACE_VERSION
    if version not in (None, known):
        raise ModelError(f"no version {version} of space {id!r} is known here", advice="update dfe")
    return _whole(known) if id == "arkit51" else _of_face(id, known)


@cache
def _of_face(id: str, version: int) -> ExpressionSpace:
    return _whole(version).select(FACE_NAMES, id)


@cache
def _whole(version: int) -> ExpressionSpace:
    folder = resources.files("dfe") / "assets" / "head"
    try:
        about = json.loads((folder / "head.json").read_text(encoding="utf-8"))
        data = (folder / about["tensors"]["file"]).read_bytes()
    except (OSError, ValueError, KeyError) as error:
        raise ModelError("the embedded head cannot be read", where="head.json", advice=_REINSTALL) from error
    if hashlib.sha256(data).hexdigest() != about["tensors"]["sha256"]:
        raise ModelError("the embedded head is damaged", where=about["tensors"]["file"], advice=_REINSTALL)
    head = load(data)
    basis = np.zeros((len(ARKIT_NAMES), len(head["vertices"]), 3), np.float32)
    unit = np.repeat(np.arange(len(ARKIT_NAMES)), np.diff(head["unit_end"], prepend=0))
    basis[unit, head["unit_vertex"]] = head["unit_delta"] * np.float32(about["unit_delta_step_mm"])
    mesh = FaceMesh(
        vertices_mm=head["vertices"] * np.float32(about["vertices_step_mm"]),
        triangles=head["triangles"].astype(np.int32),
        mirror=head["mirror"].astype(np.int32),
        regions=REGIONS,
        vertex_region=head["region"],
        appearance=Appearance(head["material"], head["openness"], head["above_cut"], head["brow"]),
    )
    indices = {name: i for i, name in enumerate(ARKIT_NAMES)}
    return ExpressionSpace(
        id="arkit51",
        version=version,
        names=ARKIT_NAMES,
        lower=np.zeros(len(ARKIT_NAMES), np.float32),
        upper=np.ones(len(ARKIT_NAMES), np.float32),
        mesh=mesh,
        basis=basis,
        partner=np.array([indices[mirrored_name(name)] for name in ARKIT_NAMES], np.int32),
        regions={r: tuple(i for name, i in indices.items() if region_of(name) == r) for r in REGIONS},
    )
