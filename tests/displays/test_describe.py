from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dfe.displays.describe import DisplayDescription, describe_displays
from dfe.displays.words import PHRASES, split_side
from dfe.space.arkit import ARKIT_NAMES
from dfe.space.base import ExpressionSpace
from dfe.space.registry import load_space

SWAP = {"left": "right", "right": "left", "symmetric": "symmetric"}


def describe(space: ExpressionSpace, **values: float) -> DisplayDescription:
    return describe_displays(space.vector(values)[None], space)[0]


@pytest.mark.parametrize(
    ("values", "words", "side"),
    [
        ({"jawOpen": 0.5}, "jaw drop", "symmetric"),
        ({"jawOpen": -0.5}, "less jaw drop", "symmetric"),
        ({"mouthSmileLeft": 0.7}, "lip corner pull, left", "left"),
        ({"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6}, "lip corner pull", "symmetric"),
        ({"mouthSmileRight": 0.6, "cheekSquintRight": 0.9}, "lip corner pull + cheek raise, right", "right"),
        ({"mouthSmileRight": -0.6}, "less lip corner pull, right", "right"),
        ({"jawLeft": 1.0}, "jaw to the left", "left"),
        ({"mouthRight": 1.0}, "mouth to the right", "right"),
        ({"jawLeft": -1.0}, "jaw to the right", "right"),
        ({"mouthSmileLeft": 0.5, "jawOpen": 0.3}, "jaw drop + lip corner pull (left)", "left"),
        ({"mouthLeft": 0.2, "mouthRight": 0.9}, "mouth to the right", "right"),
        ({}, "nothing", "symmetric"),
    ],
)
def test_words_and_side(face41: ExpressionSpace, values: dict[str, float], words: str, side: str) -> None:
    told = describe(face41, **values)
    assert (told.words, told.side) == (words, side)


def test_every_coefficient_has_words() -> None:
    assert {split_side(name)[0] for name in ARKIT_NAMES} == set(PHRASES)
    words = [phrase.more for phrase in PHRASES.values()]
    assert len(set(words)) == len(words)


def test_numbers_follow_their_definitions(face41: ExpressionSpace) -> None:
    x = face41.vector({"browInnerUp": 0.5, "mouthPucker": 0.3})
    told = describe_displays(x[None], face41)[0]
    energy = [float((d.astype(np.float64) ** 2).sum()) for d in face41.displace(x[None])[0]]
    moving = [e for e, m in zip(energy, face41.moving, strict=True) if m]
    assert told.energy_mm == pytest.approx(np.sqrt(np.mean(moving)))
    held, count = 0.0, 0
    for e in sorted(moving, reverse=True):
        held, count = held + e, count + 1
        if held >= 0.9 * sum(moving):
            break
    assert told.locality == pytest.approx(count / len(moving))
    skin = np.array(energy) * face41.moving * face41.mesh.skin_area_mm2
    for i, region in enumerate(face41.mesh.regions):
        inside = [e for e, r in zip(skin, face41.mesh.vertex_region, strict=True) if r == i]
        assert told.regions[region] == pytest.approx(sum(inside) / sum(skin))
    assert told.strongest[0][0] in ("browInnerUp", "mouthPucker")
    assert dict(told.strongest) == pytest.approx({"browInnerUp": 0.5, "mouthPucker": 0.3})
    assert told.display == 0


def test_side_of_face_of_each_region(face41: ExpressionSpace) -> None:
    assert describe(face41, browInnerUp=1).regions["brow"] > 0.8
    assert describe(face41, mouthPucker=1).regions["mouth"] > 0.5
    # On this head a sneer pulls the brow down as well as the nose up.
    assert describe(face41, noseSneerLeft=1).regions["nose"] > 0.15 > describe(face41, jawOpen=1).regions["nose"]
    assert describe(face41, mouthSmileLeft=1).locality < describe(face41, jawOpen=1).locality


@settings(max_examples=30, deadline=None)
@given(arrays(np.float32, (1, 41), elements=st.sampled_from([0.0, 0.0, 0.0, 0.25, 0.5, 1.0, -0.5])))
def test_the_mirrored_token_is_told_of_the_other_side(x: np.ndarray) -> None:
    space = load_space("arkit51/face41")
    one, other = describe_displays(np.vstack([x, space.mirror(x)]), space)
    assert other.side == SWAP[one.side]
    assert other.energy_mm == pytest.approx(one.energy_mm)
    assert other.locality == one.locality
    assert other.regions == pytest.approx(one.regions)
    swapped = one.words.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
    assert sorted(other.words.replace(", ", " + ").split(" + ")) == sorted(swapped.replace(", ", " + ").split(" + "))


def test_a_shift_is_named_by_its_direction_whatever_else_moves():
    space = load_space("arkit51/face41")
    for name, side in (("mouthLeft", "left"), ("jawRight", "right")):
        other = "Right" if side == "left" else "Left"
        x = space.vector({name: 0.3, f"mouthStretch{other}": 0.05, f"mouthFrown{other}": 0.2})
        (token,) = describe_displays(x[None], space)
        assert token.side == side
        assert token.words.startswith(("mouth to the", "jaw to the"))
