from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from dfe.base.errors import UsageError
from dfe.draw.glb import STILL_MM
from dfe.facemodel.space import head_space
from dfe.movies.glb import write_recording_glb, write_tokenizer_glb
from dfe.movies.performance import read_performance
from dfe.tokenizer.file import load_tokenizer
from glb_structure import Glb
from made_names import merge
from moving_recording import moving


def test_displays_of_a_tokenizer(tmp_path: Path) -> None:
    tokenizer = load_tokenizer()
    assert write_tokenizer_glb(tokenizer, tmp_path / "a.glb") == tokenizer.size - 1
    glb = Glb((tmp_path / "a.glb").read_bytes())
    assert_allclose(glb.targets() * 1000, head_space().displace(tokenizer.templates()[1:]), atol=2 * STILL_MM)
    names = glb.json["meshes"][0]["extras"]["targetNames"]
    assert [int(name.split()[0]) for name in names] == list(range(1, tokenizer.size))
    assert "animations" not in glb.json


def test_merged_displays_bear_the_merges_name_and_keep_their_shapes(tmp_path: Path, monkeypatch) -> None:
    tokenizer = load_tokenizer()
    merge(tokenizer, "50+51=smile", tmp_path, monkeypatch)
    write_tokenizer_glb(tokenizer, tmp_path / "a.glb")
    glb = Glb((tmp_path / "a.glb").read_bytes())
    assert len(glb.targets()) == tokenizer.size - 1
    assert glb.json["meshes"][0]["extras"]["targetNames"][49:51] == ["50 smile", "51 smile"]


@pytest.mark.parametrize("what", ["measured", "decoded"])
def test_at_every_key_the_sum_of_targets_is_the_face(tmp_path: Path, what) -> None:
    moving(tmp_path / "a.parquet", lost=(4, 5))
    performance = read_performance(tmp_path / "a.parquet")
    count = write_recording_glb(performance, tmp_path / "a.glb", what)
    glb = Glb((tmp_path / "a.glb").read_bytes())
    assert count == len(glb.targets())
    times, weights = glb.weights()
    seen = np.isfinite(performance.measured).all(axis=1)
    assert_allclose(times, np.arange(12)[seen] / 30, atol=1e-6)
    moved = np.einsum("tk,kvc->tvc", weights, glb.targets())
    posed = (glb.attribute("POSITION") + moved) * 1000
    space = performance.space
    expected = space.mesh.vertices_mm + space.displace(performance.expressions(what)[seen])
    # Each target leaves out the vertices that it moves by a thousandth of a millimetre or less.
    assert_allclose(posed, expected, atol=STILL_MM * np.abs(weights).sum(axis=1).max() + 1e-4)


def test_no_tokens_to_decode(tmp_path: Path) -> None:
    moving(tmp_path / "a.parquet", tokens=False)
    with pytest.raises(UsageError, match="has no tokens"):
        write_recording_glb(read_performance(tmp_path / "a.parquet"), tmp_path / "a.glb", "decoded")
