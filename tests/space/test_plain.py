"""Spaces without a mesh: millimetres are coefficient units, and whatever asks for a mesh still works."""

from __future__ import annotations

import numpy as np
import pytest

from dfe.base.errors import ModelError, UsageError
from dfe.displays.describe import describe_displays
from dfe.draw.templates import template_pictures
from dfe.space.plain import plain_space
from dfe.space.regions import own_images
from dfe.space.registry import load_space


@pytest.mark.parametrize(
    ("id", "count"), [("flame2020/exp50", 50), ("flame2020/exp50+jaw3", 53), ("flame2020/exp50+jaw3+eyelid2", 55)]
)
def test_flame_spaces_are_found_by_their_ids(id: str, count: int) -> None:
    space = load_space(id)
    assert space is load_space(id, 1)
    assert (space.id, space.version, space.dimension) == (id, 1, count)
    assert space.names[:2] + space.names[48:50] == ("exp_0", "exp_1", "exp_48", "exp_49")
    assert space.names[50:] == ("jaw_0", "jaw_1", "jaw_2", "eyelid_0", "eyelid_1")[: count - 50]
    assert list(space.regions)[:5] == ["exp 0-9", "exp 10-19", "exp 20-29", "exp 30-39", "exp 40-49"]
    assert sorted(i for members in space.regions.values() for i in members) == list(range(count))
    assert (space.lower[:53] < 0).all()
    np.testing.assert_array_equal(space.lower[:53], -space.upper[:53])
    assert (space.lower[53:].tolist(), space.upper[53:].tolist()) == ([0] * (count - 53), [1] * (count - 53))
    assert not space.flips
    with pytest.raises(ModelError, match="no version 3"):
        load_space(id, 3)


def test_hashes_are_pinned() -> None:
    # Tokenizers name these: a change of either needs a new version.
    assert load_space("flame2020/exp50").hash == "a16ccb104432bd70f9451e3b23b63b88125ec0668f30f4931fcefa71cc9df0d3"
    assert load_space("flame2020/exp50+jaw3").hash == "da602c741acf61639376561bfdb640b333ef3e3d60fff8b6e4ca9e652792e334"
    assert load_space("flame2020/exp50+jaw3+eyelid2").hash.startswith("07ef1123b89483bc51ef244d556049bf")
    assert load_space("flame2020/exp100").hash.startswith("3d552f3f2eb3338572c2e515311e2e73")
    assert load_space("flame2020/exp100+jaw3").hash.startswith("b766fc8e51492b366d43121ddaefd198")
    assert load_space("bfm/exp64").hash.startswith("92a05b24e8fe8715a31ae490a4c12323")


@pytest.mark.parametrize(
    ("id", "count"), [("flame2020/exp100", 100), ("flame2020/exp100+jaw3", 103), ("bfm/exp64", 64)]
)
def test_longer_spaces(id: str, count: int) -> None:
    space = load_space(id, 1)
    assert space.dimension == count
    assert space.names[63] == "exp_63"
    assert space.regions["exp 60-69" if count >= 100 else "exp 60-63"][0] == 60
    assert sorted(i for members in space.regions.values() for i in members) == list(range(count))


def test_an_error_is_the_root_mean_square_difference_of_the_coefficients() -> None:
    space = load_space("flame2020/exp50+jaw3")
    x, y = np.random.default_rng(0).normal(size=(2, 9, 53))
    np.testing.assert_allclose(space.error_mm(x, y), np.sqrt(np.square(x - y).mean(axis=1)))
    np.testing.assert_allclose(space.gram, np.eye(53) / 53)
    errors = space.region_error_mm(x, y)
    assert list(errors) == list(space.regions) == list(space.mesh.regions)
    for region, members in space.regions.items():
        np.testing.assert_allclose(errors[region], np.sqrt(np.square((x - y)[:, members]).mean(axis=1)))


def test_a_unit_moves_its_own_vertex_by_a_millimetre() -> None:
    space = load_space("flame2020/exp50")
    assert space.moving.all()
    moved = space.displace([space.vector({"exp_7": 2.0})])[0]
    assert moved[7].tolist() == [0, 2, 0]
    assert np.count_nonzero(moved) == 1
    x = np.random.default_rng(1).normal(size=(4, 50)).astype(np.float32)
    np.testing.assert_array_equal(space.mirror(x), x)


def test_what_describes_and_draws_displays_does_not_stumble() -> None:
    space = load_space("flame2020/exp50+jaw3")
    templates = np.zeros((3, 53), np.float32)
    templates[1, 3], templates[2, [0, 51]] = 2.0, (-1.0, 0.5)
    _, one, two = describe_displays(templates, space)
    assert (one.words, one.side, one.strongest) == ("exp_3", "symmetric", (("exp_3", 2.0),))
    assert two.words == "less exp_0 + jaw_1"
    assert own_images(templates.astype(float), space)[1, 3] == pytest.approx(2.0)
    pictures = template_pictures(space, templates, size=16)
    assert len(pictures.front) == 3


def test_a_space_of_ones_own() -> None:
    space = plain_space("mine", ("a", "b", "c"), lower=-1, upper=[1, 2, 3], regions={"x": ["c"], "y": ["a", "b"]})
    assert space.regions == {"x": (2,), "y": (0, 1)}
    assert space.mesh.vertex_region.tolist() == [1, 1, 0]
    assert space.upper.tolist() == [1, 2, 3]
    assert plain_space("mine", ("a", "b", "c"), lower=-1, upper=1).regions == {"all": (0, 1, 2)}


@pytest.mark.parametrize(
    ("names", "regions", "message"),
    [
        ((), None, "different names"),
        (("a", "a"), None, "different names"),
        (("a", "b"), {"x": ["a"]}, "exactly once"),
        (("a", "b"), {"x": ["a", "b"], "y": ["b"]}, "exactly once"),
        (("a", "b"), {"x": ["a", "c"]}, "exactly once"),
    ],
)
def test_spaces_that_make_no_sense(names: tuple[str, ...], regions: dict[str, list[str]] | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plain_space("mine", names, lower=0, upper=1, regions=regions)
