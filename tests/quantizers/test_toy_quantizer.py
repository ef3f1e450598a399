"""A quantiser is added by one file and one line of registration, and the rest of the house takes it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dfe.atlas.atlas import build_atlas
from dfe.atlas.page import atlas_page, atlas_view
from dfe.base.errors import ModelError, UsageError
from dfe.displays.displays import Coder
from dfe.events.config import EventConfig
from dfe.events.find import find_events
from dfe.quantizers.registry import QUANTIZERS, quantizer_kind
from dfe.space.base import ExpressionSpace
from dfe.tokenizer.file import load_tokenizer, save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from moving_recording import moving
from toy_quantizer import ToyConfig

LADDER = np.array([0.5, 1.0, 2.0], np.float32)


@pytest.fixture
def toy(face41: ExpressionSpace, monkeypatch: pytest.MonkeyPatch) -> Tokenizer:
    monkeypatch.setitem(QUANTIZERS, "toy", "toy_quantizer")
    weights = {"neutral": np.full(41, 0.01, np.float32), "ladder": LADDER}
    return Tokenizer(name="toy", version="1", space=face41, config=ToyConfig(41), weights=weights)


def test_it_codes_faces_and_gives_them_back(toy: Tokenizer, face41: ExpressionSpace) -> None:
    assert isinstance(toy, Coder)
    smile = face41.index("jawOpen")
    x = np.tile(toy.neutral, (4, 1))
    x[1, smile] += 1.1 / np.sqrt(face41.gram[smile, smile])
    x[2, 0] = np.nan
    tokens = toy.encode(x)
    assert tokens.display[:, 0].tolist() == [0, smile + 1, -1, 0]
    np.testing.assert_allclose(tokens.mm[:, 0], [np.nan, 1.0, np.nan, np.nan], rtol=1e-6)
    back = toy.decode(tokens)
    assert toy.error_mm(x, tokens)[1] == pytest.approx(0.1, rel=1e-4)
    np.testing.assert_array_equal(back[0], toy.neutral)
    np.testing.assert_array_equal(toy.decode_codes(toy.encode_codes(x)), back)
    with pytest.raises(UsageError, match="displays from 1 to 41"):
        toy.decode(tokens._replace(display=np.full((4, 1), 42, np.int16)))


def test_it_is_saved_loaded_and_described(toy: Tokenizer, tmp_path: Path, dfe) -> None:
    folder = save_tokenizer(toy, tmp_path / "toy")
    assert json.loads((folder / "tokenizer.json").read_text())["quantizer"] == "toy"
    loaded = load_tokenizer(folder)
    assert (loaded.hash, loaded.config) == (toy.hash, toy.config)
    assert "the one coefficient" in loaded._repr_html_()
    ran = dfe("info", folder, "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["quantizer"], ran.json["displays"], ran.json["intensities_mm"]) == ("toy", 41, [0.5, 1.0, 2.0])
    assert loaded.displays().described[loaded.space.index("jawOpen") + 1].words == "jaw drop"


def test_atlas_and_events_take_it(toy: Tokenizer, tmp_path: Path) -> None:
    made = moving(tmp_path / "made.parquet", frames=60, tokens=False)
    recording = made.with_tokens(toy.encode(made.expressions()), toy.provenance())
    recording.write(tmp_path / "corpus" / "one.parquet")
    atlas = build_atlas(toy, tmp_path / "corpus")
    assert (len(atlas), atlas.ladder_mm) == (41, (0.5, 1.0, 2.0))
    assert atlas.use is not None
    used = np.flatnonzero(atlas.use.share) + 1
    said = recording.tokens().display
    assert set(used.tolist()) == set(np.unique(said[said > 0]).tolist())
    assert "0.50 mm" in atlas_page(atlas_view(atlas))
    found = find_events(recording, EventConfig(min_s=0.05), tokenizer=toy)
    assert {event.display for event in found if event.kind == "display"} <= set(used.tolist())
    assert any(event.kind == "display" for event in found)


def test_what_is_not_registered_is_not_known(toy: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_tokenizer(toy, tmp_path / "toy")
    monkeypatch.delitem(QUANTIZERS, "toy")
    with pytest.raises(ModelError, match="quantizer 'toy' is not known here"):
        load_tokenizer(folder)
    assert [quantizer_kind(name).name for name in QUANTIZERS] == list(QUANTIZERS)
