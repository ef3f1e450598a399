from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import ModelError, UsageError
from dfe.datasets.about import About
from dfe.judge.seen import people_seen, refuse_seen


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


@pytest.mark.shared_data
def test_cards_of_shipped_tokenizers_can_be_read(shared_data: Path) -> None:
    """The default tokenizer's training people by their public names; those kept for testing are not in."""
    from dfe.tokenizer.file import load_tokenizer

    with (shared_data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        names = sorted({row["person"] for row in csv.DictReader(file)})[::40]
    card = load_tokenizer("dfe-face41@3").card
    part = {name: int(hashlib.sha256(name.encode()).hexdigest(), 16) % 5 for name in names}
    assert {1, 2, 3, 4} <= set(part.values())
    assert people_seen(card, names) == {name for name in names if part[name] in (1, 2, 3)}
