"""The tokenizers that the package ships: what they say of themselves holds, and codes are the trained model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dfe
from dfe.base.types import FloatArray
from dfe.recording.recording import Recording
from dfe.tokenizer.file import default_id
from dfe.tokenizer.tokenizer import Tokenizer
from made_rvq import torch_model

RESIDUAL = ("dfe-rvq@1",)
SHIPPED = ("default", "dfe-face41@3", *RESIDUAL)
"""The displays have one search in training and in use; test_training_graded.py compares the rest of them."""


@pytest.fixture(scope="module", params=SHIPPED)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return dfe.load_tokenizer(request.param)


@pytest.fixture(scope="module")
def default() -> Tokenizer:
    return dfe.load_tokenizer("default")


@pytest.fixture(scope="module")
def recording(carphone: Path) -> Recording:
    return dfe.encode(carphone, tokenizer=None)[0]


def rows_for(tokenizer: Tokenizer, recording: Recording) -> FloatArray:
    """6,000 expressions: those of a talking face, jittered, and sparse ones far from any face."""
    rng = np.random.default_rng(0)
    coefficients = recording.coefficients()
    assert coefficients is not None
    real = recording.expressions() if tokenizer.space_id == "dfe-face" else coefficients.values
    low, high = tokenizer.space.lower, tokenizer.space.upper
    near = real[rng.integers(len(real), size=4000)] * rng.uniform(0.5, 1.5, (4000, 1)).astype(np.float32)
    near += rng.normal(0, 0.03, near.shape).astype(np.float32)
    far = np.where(rng.random((1880, real.shape[1])) < 0.2, rng.random((1880, real.shape[1])), 0)
    return np.concatenate([real, near.clip(low, high), far]).astype(np.float32)


@pytest.fixture(scope="module")
def rows(tokenizer: Tokenizer, recording: Recording) -> FloatArray:
    return rows_for(tokenizer, recording)


@pytest.mark.parametrize(
    ("name", "of", "faces"),
    [("dfe-face41@3", "displays", "x"), ("dfe-displays@1", "default", "face_x"), ("dfe-rvq@1", "rvq", "face_x")],
)
def test_400_faces_are_coded_as_they_always_were(name: str, of: str, faces: str) -> None:
    """Made faces (sums of displays and of single coefficients), coded before this test was written."""
    with np.load(Path(__file__).parents[1] / "fixtures" / "shipped_codings.npz") as arrays:
        x, tokenizer = arrays[faces].astype(np.float32), dfe.load_tokenizer(name)
        tokens = tokenizer.encode(x)
        np.testing.assert_array_equal(tokens.display, arrays[f"{of}_display"])
        np.testing.assert_allclose(tokens.mm, arrays[f"{of}_mm"], rtol=1e-6)
        np.testing.assert_allclose(tokenizer.decode(tokens)[:50], arrays[f"{of}_decoded"], atol=1e-6)


@pytest.mark.parametrize("name", RESIDUAL)
def test_same_codes_as_the_torch_model_on_every_row(name: str, recording: Recording) -> None:
    torch = pytest.importorskip("torch", reason="needs the extra train")
    from dfe.quantizers.rvq.config import RvqConfig

    tokenizer = dfe.load_tokenizer(name)
    rows = rows_for(tokenizer, recording)
    assert isinstance(tokenizer.config, RvqConfig)
    model = torch_model(tokenizer)
    with torch.no_grad():
        expected = model.encode(torch.from_numpy(rows).double()).numpy()
    np.testing.assert_array_equal(tokenizer.encode_codes(rows), expected)


def test_codes_do_not_depend_on_the_company(tokenizer: Tokenizer, rows: FloatArray) -> None:
    whole = tokenizer.encode_codes(rows)
    pieces = np.concatenate([tokenizer.encode_codes(piece) for piece in np.array_split(rows[:2000], 97)])
    np.testing.assert_array_equal(pieces, whole[:2000])
    order = np.random.default_rng(1).permutation(len(rows))
    np.testing.assert_array_equal(tokenizer.encode_codes(rows[order]), whole[order])


def test_a_face_is_the_neutral_and_its_displays(tokenizer: Tokenizer, rows: FloatArray) -> None:
    tokens, displays = tokenizer.encode(rows[:200]), tokenizer.displays()
    expected = np.tile(tokenizer.neutral.astype(np.float64), (200, 1))
    for row in range(200):
        for display, mm in zip(tokens.display[row], tokens.mm[row], strict=True):
            if display > 0:
                expected[row] += mm * displays.directions[display - 1]
    np.testing.assert_allclose(tokenizer.decode(tokens), expected, atol=1e-5)
    np.testing.assert_allclose(tokenizer.decode_codes(tokenizer.encode_codes(rows[:200])), expected, atol=1e-5)
    assert not tokenizer.templates()[0].any()


def test_the_default_says_displays_of_both_sides_alike(default: Tokenizer, recording: Recording) -> None:
    space, x = default.space, rows_for(default, recording)[:3000]
    mirror = {tuple(row): k for k, row in enumerate(default.templates().tolist())}
    twin = np.array([mirror[tuple(row)] for row in space.mirror(default.templates()).tolist()])
    said, flipped = default.encode(x).display, default.encode(space.mirror(x)).display
    np.testing.assert_array_equal(np.sort(twin[said], axis=1), np.sort(flipped, axis=1))
    assert (twin != np.arange(default.size)).any()


def test_the_talking_face_is_coded_better_than_by_its_mean(default: Tokenizer, recording: Recording) -> None:
    x = recording.expressions()
    error = default.space.error_mm(x, default.decode_codes(default.encode_codes(x))).mean()
    floor = default.space.error_mm(x, np.broadcast_to(x.mean(axis=0), x.shape)).mean()
    assert error < 0.5 * floor


def test_the_default_codes_faces_against_a_resting_face(default: Tokenizer, recording: Recording) -> None:
    made = recording.provenance
    assert default.id == default_id("dfe-face")
    assert (default.space_id, default.subject_neutral) == (made.space.id, made.neutral) == ("dfe-face", "resting face")


def test_the_card_says_where_it_comes_from(tokenizer: Tokenizer) -> None:
    card = tokenizer.card
    of_space = {"dfe-face": {"films", "takes"}, "arkit51/face41": {"video"}}[tokenizer.space_id]
    assert {"lfw"} < set(card["terms"]) <= {"lfw", *of_space}, "all with terms that are clear"
    assert len(card["people"]) == len(set(card["people"])) > 3000
    assert all(len(hashed) == 16 for hashed in card["people"])
    assert card["test"]["lfw_test"]["faces"] > 2000
    most = {"dfe-displays@1": 0.30, "dfe-rvq@1": 0.20, "dfe-face41@3": 0.15}[tokenizer.id]
    assert card["test"]["lfw_test"]["error_mm"] < most * card["test"]["lfw_test"]["mean_face_mm"]
    assert card["limits"]
    assert "/" not in " ".join(table["name"] for table in card["tables"])
    assert tokenizer.subject_neutral == ("resting face" if tokenizer.space_id == "dfe-face" else "none")


@pytest.mark.shared_data
def test_people_kept_for_testing_are_not_among_those_seen(tokenizer: Tokenizer, shared_data: Path) -> None:
    import csv
    import hashlib

    with (shared_data / "lfw" / "labels.csv").open(newline="", encoding="utf-8") as file:
        people = {row["person"] for row in csv.DictReader(file)}
    hashes = {person: hashlib.sha256(person.encode()).hexdigest() for person in people}
    kept = {digest[:16] for digest in hashes.values() if int(digest, 16) % 5 in (0, 4)}
    assert kept
    assert not kept & set(tokenizer.card["people"])
    assert {digest[:16] for digest in hashes.values()} - kept == set(tokenizer.card["people"])
