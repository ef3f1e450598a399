"""What each ARKit coefficient moves, in plain words; "left" is always the subject's left."""

from __future__ import annotations

_SIDED = {
    "browDown": "{side} eyebrow drawn down",
    "browOuterUp": "outer part of the {side} eyebrow raised",
    "cheekSquint": "{side} cheek raised towards the eye",
    "eyeBlink": "{side} eyelid closed (1 is shut)",
    "eyeLookDown": "{side} eye looks down",
    "eyeLookIn": "{side} eye looks towards the nose",
    "eyeLookOut": "{side} eye looks away from the nose",
    "eyeLookUp": "{side} eye looks up",
    "eyeSquint": "{side} eyelids narrowed",
    "eyeWide": "{side} upper eyelid raised, eye widened",
    "jaw": "lower jaw shifted to the {side}",
    "mouth": "both lips shifted to the {side}",
    "mouthDimple": "{side} mouth corner drawn back and inwards",
    "mouthFrown": "{side} mouth corner drawn down",
    "mouthLowerDown": "{side} half of the lower lip drawn down",
    "mouthPress": "lips pressed together on the {side}",
    "mouthSmile": "{side} mouth corner drawn up",
    "mouthStretch": "{side} mouth corner drawn sideways",
    "mouthUpperUp": "{side} half of the upper lip raised",
    "noseSneer": "{side} side of the nose wrinkled, nostril raised",
}

_WHOLE = {
    "browInnerUp": "inner parts of both eyebrows raised",
    "cheekPuff": "both cheeks blown out",
    "jawForward": "lower jaw pushed forward",
    "jawOpen": "lower jaw dropped",
    "mouthClose": "lips kept together while the jaw is open: a correction of jawOpen, nothing without it",
    "mouthFunnel": "lips open and rounded, as in 'oh'",
    "mouthPucker": "lips closed and drawn together, as for a kiss",
    "mouthRollLower": "lower lip rolled inwards over the teeth",
    "mouthRollUpper": "upper lip rolled inwards over the teeth",
    "mouthShrugLower": "lower lip pushed up and outwards",
    "mouthShrugUpper": "upper lip pushed up and outwards",
}


def describe_coefficient(name: str) -> str:
    """What the face does when the ARKit coefficient ``name`` goes from 0 to 1.

    Raises:
        KeyError: not a name of :data:`dfe.space.arkit.ARKIT_NAMES`.
    """
    if name in _WHOLE:
        return _WHOLE[name]
    for side in ("Left", "Right"):
        if name.endswith(side):
            return _SIDED[name.removesuffix(side)].format(side=side.lower())
    raise KeyError(name)
