"""Merges and groups: what is said is kept, what makes no sense is refused, and what is counted follows."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from dfe.base.errors import ModelError, UsageError
from dfe.displays.displays import Displays
from dfe.displays.groups import RULES, Group, groups_of, moved_by
from dfe.displays.merges import parse_group, parse_merge, with_groups, with_merges, without_groups, without_merges
from dfe.displays.names import VARIABLE, Merge, Names, load_names, names_target, read_names
from dfe.displays.tokens import Tokens
from dfe.displays.units import DisplayName
from dfe.displays.vocabulary import Vocabulary, vocabulary_of
from dfe.space.registry import load_space
from dfe.tokenizer.file import load_tokenizer, save_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer("dfe-face41@3")


@pytest.fixture
def bare(tokenizer, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    return Names(tokenizer.id, tokenizer.hash)


def test_a_merge_is_kept_with_who_when_and_by_what(tokenizer, bare, tmp_path):
    made = parse_merge(" 22 + 15 = broad  smile", who="anna", when="2026-05-01", tool="dfe 0.1.0")
    assert made == Merge("broad smile", (15, 22), "anna", "2026-05-01", "dfe 0.1.0")
    groups = [parse_group("mine=3+1"), parse_group("smile=")]
    names = with_groups(with_merges(bare, tokenizer, [made]), tokenizer, groups)
    names.write(tmp_path / "names.json")
    again = read_names(tmp_path / "names.json", tokenizer)
    assert again.merges == (made,)
    assert dict(again.groups) == {"mine": (1, 3), "smile": ()}
    assert made.said == "displays 15 and 22 count as one, broad smile (merged by anna 2026-05-01 dfe 0.1.0)"
    assert without_merges(again, ["broad smile"]).merges == ()
    assert dict(without_groups(again, ["smile"]).groups) == {"mine": (1, 3)}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("15=smile", "does not read as numbers and a name"),
        ("15+x=smile", "does not read as numbers and a name"),
        ("15+22=", "does not read as numbers and a name"),
        ("15+15=smile", "names a display twice"),
        ("15+22=blink", "cannot be called"),
        ("15+22=7", "cannot be called"),
    ],
)
def test_a_merge_that_does_not_read_is_refused(said, wrong):
    with pytest.raises(UsageError, match=wrong):
        parse_merge(said)


def test_unknown_displays_and_two_memberships_are_refused(tokenizer, bare):
    merged = with_merges(bare, tokenizer, [parse_merge("15+22=smile")])
    for said, wrong in (
        ("63+64=x", "has displays 1 to 63, not 64"),
        ("22+29=x", "display 22 is part of smile already"),
        ("20+29=smile", "there is a merge called smile already"),
    ):
        with pytest.raises(UsageError, match=wrong):
            with_merges(merged, tokenizer, [parse_merge(said)])
    with pytest.raises(UsageError, match="no merge called 'frown'"):
        without_merges(merged, ["frown"])
    with pytest.raises(UsageError, match="has displays 1 to 63, not 64"):
        with_groups(merged, tokenizer, [parse_group("mine=64")])
    with pytest.raises(UsageError, match="no group of yours"):
        without_groups(merged, ["smile"])
    with pytest.raises(UsageError, match="cannot be called"):
        parse_group("gaze left=1")


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"merges": {}}, "holds no merges where they should be"),
        ({"merges": [3]}, "has a merge that is none"),
        ({"merges": [{"displays": [1, 2]}]}, "without a name"),
        ({"merges": [{"name": "a", "displays": [1]}]}, "fewer than two"),
        ({"merges": [{"name": "a", "displays": [1, 99]}]}, "names display 99"),
        ({"merges": [{"name": "a", "displays": [1, True]}]}, "no list of numbers"),
        ({"merges": [{"name": "a", "displays": [1, 2]}, {"name": "b", "displays": [2, 3]}]}, "display 2 is part of a"),
        ({"merges": [{"name": "a", "displays": [1, 2]}, {"name": "a", "displays": [4, 3]}]}, "two merges"),
        ({"groups": []}, "holds no groups"),
        ({"groups": {"lids": [1]}}, "which another unit is called"),
        ({"groups": {"mine": "1"}}, "no list of numbers"),
    ],
)
def test_a_file_that_does_not_fit_is_told_in_one_line(tokenizer, tmp_path, part, says):
    whole = {"format_version": 1, "tokenizer": {"id": tokenizer.id, "hash": tokenizer.hash}, "names": {}} | part
    path = tmp_path / "names.json"
    path.write_text(json.dumps(whole), "utf-8")
    with pytest.raises(ModelError, match=says) as caught:
        read_names(path, tokenizer)
    assert "\n" not in str(caught.value)


def test_merged_displays_are_said_as_the_first_and_their_millimetres_add_up(tokenizer, bare):
    words = vocabulary_of(tokenizer, with_merges(bare, tokenizer, [parse_merge("15+22=broad smile")]))
    said = np.array([[22, 15], [22, 0], [-1, -1], [3, 15]], np.int16)
    tokens = Tokens(said, np.float32([[1, 2], [3, 0], [0, 0], [0.1, 1]]))
    merged = words.merged(tokens)
    assert merged.display.tolist() == [[15, 15], [15, 0], [-1, -1], [3, 15]]
    assert merged.display.dtype == tokens.display.dtype
    signals = {unit.token: amount.tolist() for unit, amount in words.signals(tokens)}
    assert signals["15"] == [3, 3, 0, 1]
    assert signals["smile"] == [3, 3, 0, 1]
    assert "3" not in signals  # unsteady
    assert "22" not in words.names
    assert words.names[15].label == "broad smile"


def test_merged_displays_are_unsteady_only_where_all_of_them_are(tokenizer, bare):
    one = vocabulary_of(tokenizer, with_merges(bare, tokenizer, [parse_merge("3+15=a"), parse_merge("9+33=b")]))
    assert one.unsteady == {9, 61}
    assert {3, 15} & one.unsteady == set()


def test_names_of_a_packaged_tokenizer_are_kept_where_the_user_says(tokenizer, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(UsageError, match="comes with the package"):
        names_target(tokenizer)
    assert names_target(tokenizer, tmp_path / "mine.json") == tmp_path / "mine.json"
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert names_target(tokenizer).parent == tmp_path
    monkeypatch.delenv(VARIABLE)
    own = load_tokenizer(save_tokenizer(tokenizer, tmp_path / "own"))
    assert names_target(own) == tmp_path / "own" / "names.json"
    assert load_names(own).merges == ()


def displays_of(space_id: str, *expressions) -> Displays:
    space = load_space(space_id)
    directions = np.stack([space.vector(one) for one in expressions])
    count = len(directions)
    row = np.arange(-1, count)[None]
    return Displays.of(space, directions, row, np.where(row >= 0, 1.0, 0.0), ordered=False)


CLEAR = {
    "smile": {"mouthSmileLeft": 1},
    "brow raise": {"browInnerUp": 1, "browOuterUpLeft": 1, "browOuterUpRight": 1},
    "brow lowering": {"browDownRight": 1},
    "jaw drop": {"jawOpen": 1},
    "pucker": {"mouthPucker": 1},
    "nose wrinkle": {"noseSneerLeft": 1, "noseSneerRight": 1},
    "cheek raise": {"cheekSquintLeft": 1, "cheekSquintRight": 1},
    "lip corner down": {"mouthFrownLeft": 1, "mouthFrownRight": 1},
    "mouth sideways": {"jawLeft": 1},
    "lip stretch": {"mouthStretchLeft": 1, "mouthStretchRight": 1},
    "upper lip raise": {"mouthUpperUpLeft": 1, "mouthUpperUpRight": 1},
}


def test_what_a_movement_of_one_kind_does_on_the_mesh_puts_it_into_its_group():
    groups = {group.name: group.displays for group in groups_of(displays_of("arkit51/face41", *CLEAR.values()))}
    for number, name in enumerate(CLEAR, start=1):
        assert number in groups.get(name, ()), name
    for one, other in (("smile", "lip corner down"), ("brow raise", "brow lowering"), ("jaw drop", "lip press")):
        assert not set(groups[one]) & set(groups.get(other, ()))


def test_a_group_counts_only_where_the_whole_face_moves_its_way():
    names = ("smile", "lip corner down", "brow raise")
    book = displays_of("arkit51/face41", *(CLEAR[name] for name in names))
    groups = groups_of(book)
    words = Vocabulary(3, {n: DisplayName(str(n), "mouth") for n in (1, 2, 3)}, (), groups, moved_by(book))
    tokens = Tokens(
        np.int16([[1, 0], [1, 3], [1, 2], [2, 1], [-1, -1]]), np.float32([[1, 0], [1, 2], [1, 3], [1, 3], [0, 0]])
    )
    signals = {unit.token: amount.tolist() for unit, amount in words.signals(tokens)}
    assert signals["1"] == [1, 1, 1, 3, 0]
    assert signals["smile"] == [1, 1, 0, 3, 0]
    assert signals["lip corner down"] == [
        0,
        0,
        3,
        1,
        0,
    ]  # the smile is on the left alone, and the right corner goes down
    assert signals["brow raise"] == [0, 2, 0, 0, 0]
    own = replace(words, groups=(Group("smile", (1,), "mouth", "user"),))
    assert {u.token: a.tolist() for u, a in own.signals(tokens)}["smile"] == [1, 1, 1, 3, 0]


def test_groups_of_a_display_and_of_its_mirror_image_are_the_same(tokenizer):
    from dfe.atlas.similarity import mirror_partners

    book = tokenizer.displays()
    partners = mirror_partners(book.directions, book.space)
    for group in groups_of(book):
        mine = {n - 1 for n in group.displays}
        assert {int(partners[n]) for n in mine if partners[n] >= 0} <= mine, group.name


def test_the_face_models_space_has_groups_too():
    space = load_space("dfe-face")
    mesh = space.mesh.vertices_mm
    # The expression whose least-squares picture is: lip corners up and out.
    wanted = np.zeros_like(mesh)
    for point, side in ((291, 1), (61, -1)):
        near = np.exp(-np.square(np.linalg.norm(mesh - mesh[point], axis=1) / 12))
        wanted += near[:, None] * np.array([2.0 * side, 3.0, 0])
    x, *_ = np.linalg.lstsq(space.basis.reshape(space.dimension, -1).T.astype(float), wanted.ravel(), rcond=None)
    row = np.array([[-1, 0, 1]])
    book = Displays.of(space, np.stack([x, -x]).astype(np.float32), row, np.array([[0.0, 1.0, 1.0]]), ordered=False)
    groups = {group.name: group.displays for group in groups_of(book)}
    assert groups["smile"] == (1,)
    assert 2 in groups["lip corner down"]


def test_the_users_groups_replace_add_and_take_out(tokenizer, bare):
    names = with_groups(bare, tokenizer, [("smile", (15,)), ("polite smile", (13, 36, 37)), ("jaw drop", ())])
    groups = {group.name: group for group in vocabulary_of(tokenizer, names).groups}
    assert (groups["smile"].displays, groups["smile"].made_by) == ((15,), "user")
    assert groups["polite smile"].displays == (13, 36, 37)
    assert "jaw drop" not in groups
    assert groups["brow raise"].made_by == "mesh"
    assert set(groups) - {"polite smile"} <= set(RULES)


def test_a_mesh_that_is_none_of_ours_has_no_groups_but_the_users_own():
    book = displays_of("arkit51/face41", CLEAR["smile"])
    mesh = book.space.mesh
    other = replace(
        book.space,
        mesh=replace(mesh, mirror=np.arange(len(mesh.mirror), dtype=np.int32)),
        flips=False,
        partner=np.arange(41, dtype=np.int32),
    )
    assert groups_of(replace(book, space=other)) == ()
    assert [g.name for g in groups_of(replace(book, space=other), {"mine": (1,)})] == ["mine"]
