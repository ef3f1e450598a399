from __future__ import annotations

import hashlib

import numpy as np
import pytest

from dfe.errors import ModelError, UsageError
from dfe.evaluation.about import About
from dfe.evaluation.seen import people_seen, refuse_seen


def digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8")).hexdigest()[:16]


@pytest.fixture
def about() -> About:
    people = np.array(["Ada_Öst", "Ben_West", "", "Ada_Öst", "Cy_Nord"])
    return About(("0.jpg", "1.jpg", "2.jpg", "3.jpg", "clip.mp4"), people, None, {})


@pytest.fixture
def card() -> dict[str, object]:
    return {"people": sorted(digest(name) for name in ("Ada_Öst", "Cy_Nord", "Someone_Else"))}


def test_people_are_recognised_by_their_hash(card) -> None:
    assert people_seen(card, ["Ada_Öst", "Ben_West", "ada_öst"]) == {"Ada_Öst"}
    assert people_seen({}, ["Ada_Öst"]) == set()


def test_refuses_and_names_nobody(card, about) -> None:
    with pytest.raises(UsageError, match="has seen 2 of the 3 people") as error:
        refuse_seen(card, about)
    assert not any(part in str(error.value) for part in ("Ada", "Cy", digest("Ada_Öst")))


def test_allowed_it_marks_their_pictures(card, about) -> None:
    assert refuse_seen(card, about, allow=True).tolist() == [True, False, False, True, True]
    pictures = ["clip.mp4#17", "1.jpg", "0.jpg", "elsewhere.jpg"]
    assert refuse_seen(card, about, allow=True, pictures=pictures).tolist() == [True, False, True, False]


def test_only_people_on_the_pictures_measured_count(card, about) -> None:
    assert refuse_seen(card, about, pictures=["1.jpg", "2.jpg"]).tolist() == [False, False]


def test_baselines_and_files_without_people_pass(card, about) -> None:
    assert not refuse_seen({}, about).any()
    nameless = About(about.pictures, None, None, {})
    assert refuse_seen(card, nameless).tolist() == [False] * 5


def test_refuses_a_card_that_is_none(about) -> None:
    for people in ("abc", [1, 2], ["abc"], {"a": 1}):
        with pytest.raises(ModelError, match="16 hex digits"):
            refuse_seen({"people": people}, about)


def test_cards_of_shipped_tokenizers_can_be_read() -> None:
    """The default tokenizer's training people, by their public names; one that tests and one kept apart are not in."""
    from dfe.tokenizer.file import load_tokenizer

    card = load_tokenizer("default").card
    part = {name: int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 for name in LFW}
    assert people_seen(card, LFW) == {name for name in LFW if part[name] in (1, 2, 3)}


LFW = ("George_W_Bush", "Colin_Powell", "Tony_Blair", "Donald_Rumsfeld", "Gerhard_Schroeder", "Ariel_Sharon",
       "Hugo_Chavez", "Junichiro_Koizumi", "Jean_Chretien", "John_Ashcroft")  # fmt: skip
