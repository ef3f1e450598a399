"""Which space faces are measured in, and which tokenizer codes them, where nobody says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dfe.base.errors import DfeError, ModelError
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode
from dfe.recording.recording import Recording
from dfe.tokenizer.file import default_id, default_ids, load_tokenizer
from made_other_tables import live_link, timecodes

COEFFICIENTS = Path("arkit51/face41")


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("phone") / "take.csv"
    path.write_text(live_link(np.random.default_rng(0).random((30, 51)) * 0.4, timecodes(30)))
    return path


@pytest.fixture(scope="module")
def clip(carphone: Path) -> Recording:
    return encode(carphone, max_faces=1, end_s=1.0)[0]


def test_a_film_is_measured_against_the_face_at_rest_and_coded_in_that_space(clip: Recording) -> None:
    made = clip.provenance
    assert (made.space.id, made.neutral) == ("dfe-face", "resting face")
    assert [note.neutral for note in made.resting] == ["own"]
    assert clip.tokenizer_id == default_id("dfe-face") == load_tokenizer().id


def test_coefficients_have_a_default_of_their_own(carphone: Path, phone: Path) -> None:
    film = encode(carphone, max_faces=1, end_s=0.5, space=COEFFICIENTS)[0]
    take = encode(phone, calibrate=True)[0]
    for made in (film, take):
        assert (made.space_id, made.provenance.neutral) == ("arkit51/face41", "none")
        assert made.tokenizer_id == default_ids()["arkit51/face41"]
    together = encode([carphone, phone], calibrate=True, max_faces=1, end_s=0.5)
    assert [made.space_id for made in together] == ["dfe-face", "arkit51/face41"]


def test_a_tokenizer_of_another_space_is_refused_in_one_line(carphone: Path, phone: Path) -> None:
    words = r"tokenizer dfe-face41@3 codes space arkit51/face41 .*, and the faces are in dfe-face version"
    with pytest.raises(ModelError, match=words):
        encode(carphone, tokenizer="dfe-face41@3")
    with pytest.raises(ModelError, match=r"take\.csv: tokenizer .* codes space dfe-face"):
        encode(phone, tokenizer=load_tokenizer().id, calibrate=True)
    with pytest.raises(
        ModelError, match=r"arkit-phone/face41, which no tokenizer of the package codes; add --calibrate"
    ):
        encode(phone)


def test_a_neutral_is_refused_where_it_does_nothing(carphone: Path, phone: Path) -> None:
    with pytest.raises(DfeError, match="--neutral does nothing for front end arkit"):
        encode(phone, calibrate=True, neutral="own")
    with pytest.raises(DfeError, match="--neutral is for dfe-face"):
        EncodeOptions(space=COEFFICIENTS, neutral="own")
