"""Tokenizers on disk, whole and broken."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from dfe.base.errors import ModelError, OutputError
from dfe.tokenizer import file as file_module
from dfe.tokenizer.file import default_id, load_tokenizer, save_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer


@pytest.fixture
def folder(tokenizer: Tokenizer, tmp_path: Path) -> Path:
    return save_tokenizer(tokenizer, tmp_path / "Tökenizer å")


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "tokenizer.json"
    values = json.loads(path.read_bytes()) | changes
    path.write_text(json.dumps({k: v for k, v in values.items() if v is not ...}))


def refused(where: str | Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_tokenizer(where)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_what_is_saved_is_what_is_loaded(tokenizer: Tokenizer, folder: Path, faces: np.ndarray) -> None:
    for place in (folder, str(folder), folder / "tokenizer.json", folder / "tokenizer.safetensors"):
        loaded = load_tokenizer(place)
        assert loaded.hash == tokenizer.hash
        assert loaded.card == tokenizer.card
        assert loaded.subject_neutral == tokenizer.subject_neutral
        np.testing.assert_array_equal(loaded.encode_codes(faces[:600]), tokenizer.encode_codes(faces[:600]))
    assert sorted(p.name for p in folder.iterdir()) == ["tokenizer.json", "tokenizer.safetensors"]


def test_saving_twice_gives_the_same_bytes(tokenizer: Tokenizer, folder: Path, tmp_path: Path) -> None:
    again = save_tokenizer(load_tokenizer(folder), tmp_path / "again")
    for name in ("tokenizer.json", "tokenizer.safetensors"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_tokenizer_is_not_replaced_unasked(tokenizer: Tokenizer, folder: Path) -> None:
    with pytest.raises(OutputError, match="holds a tokenizer already"):
        save_tokenizer(tokenizer, folder)
    save_tokenizer(tokenizer, folder, overwrite=True)


def test_the_package_own_tokenizers_go_by_name(
    tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_module, "_BUILT_IN", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert "no default tokenizer" in refused("default")
    save_tokenizer(tokenizer, tmp_path / "random-1")
    (tmp_path / "default.json").write_text('{"arkit51/face41": "random@1"}')
    assert load_tokenizer().hash == load_tokenizer("random@1").hash == tokenizer.hash
    assert default_id("arkit51/face41") == "random@1"
    with pytest.raises(ModelError, match=r"take\.csv: the faces are in space dfe-face, which no tokenizer"):
        default_id("dfe-face", "take.csv")
    assert "has no such tokenizer" in refused("random@2")
    for odd in ("../random@1", "random@../1", "@", "random@"):
        refused(odd)
    (tmp_path / "default.json").write_text('{"arkit51/face41": "../random@1"}')
    assert "does not name" in refused("default")


def test_absent(tmp_path: Path, folder: Path) -> None:
    assert "no such tokenizer" in refused(tmp_path / "nowhere")
    assert "holds no tokenizer" in refused(tmp_path)
    (folder / "tokenizer.safetensors").unlink()
    assert "tokenizer.safetensors: is missing" in refused(folder)


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_always_refused(folder: Path, data: st.DataObject) -> None:
    """Any bit of the arrays, any cut, and any change of a field that counts."""
    path = folder / "tokenizer.safetensors"
    whole = path.read_bytes()
    try:
        if data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(whole) - 1))
            flipped = bytearray(whole)
            flipped[at] ^= 1 << data.draw(st.integers(0, 7))
            path.write_bytes(bytes(flipped))
        else:
            path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
        assert "damaged, truncated or foreign" in refused(folder)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 1}, "format version 1, this package reads 2"),
        ({"format_version": "1"}, "format version '1'"),
        ({"format_version": ...}, "no format_version"),
        ({"config": ...}, "no proper field 'config'"),
        ({"config": {"levels": 8}}, "config is incomplete or malformed"),
        ({"quantizer": ...}, "no proper field 'quantizer'"),
        ({"quantizer": "neural"}, "quantizer 'neural' is not known"),
        ({"name": 3}, "no proper field 'name'"),
        ({"name": "other"}, "do not match its hash"),
        ({"version": "9"}, "do not match its hash"),
        ({"subject_neutral": "mean"}, "do not match its hash"),
        ({"hash": "0" * 64}, "do not match its hash"),
        ({"space": {"id": "arkit51/face41", "version": 2, "hash": "0" * 64}}, "was made for space"),
        ({"space": {"id": "flame2021/exp100", "version": 1, "hash": "0" * 64}}, "cannot be loaded"),
        ({"space": {"id": "flame2020/exp50", "version": 2, "hash": "0" * 64}}, "lives on a FLAME file"),
        ({"space": {}}, "does not name its space"),
        ({"sha256": "0" * 64}, "damaged, truncated or foreign"),
    ],
)
def test_metadata_that_does_not_fit_is_refused(folder: Path, changes: dict[str, Any], message: str) -> None:
    edit(folder, **changes)
    assert message in refused(folder)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_metadata_that_is_none_is_refused(folder: Path, text: bytes) -> None:
    (folder / "tokenizer.json").write_bytes(text)
    refused(folder)


@pytest.mark.parametrize("field", ["levels", "size", "threshold_mm2", "regions", "encoder"])
@pytest.mark.parametrize("value", [-1, 10**9, "8", None, [[0, 0]], {"width": 10**9}])
def test_a_forged_config_is_refused(folder: Path, field: str, value: Any) -> None:
    config = json.loads((folder / "tokenizer.json").read_bytes())["config"]
    edit(folder, config=config | {field: value})
    refused(folder)


def forge(folder: Path, data: bytes) -> None:
    (folder / "tokenizer.safetensors").write_bytes(data)
    edit(folder, sha256=hashlib.sha256(data).hexdigest())


def test_arrays_with_a_right_checksum_are_checked_all_the_same(folder: Path, tokenizer: Tokenizer) -> None:
    forge(folder, b"no tensors")
    assert "no safetensors file" in refused(folder)
    weights = dict(tokenizer.weights)
    forge(folder, save(weights | {"codebook": weights["codebook"][:5].copy()}))
    assert "array codebook" in refused(folder)
    forge(folder, save(weights | {"gains": np.full(8, np.inf, np.float32)}))
    assert "not finite" in refused(folder)
    forge(folder, save(weights | {"gains": weights["gains"] * np.float32(1.01)}))
    assert "do not match its hash" in refused(folder)


def test_a_name_that_could_not_be_a_folder_is_refused(tokenizer: Tokenizer, tmp_path: Path) -> None:
    odd = Tokenizer(
        name="../up", version="1", space=tokenizer.space, config=tokenizer.config, weights=tokenizer.weights
    )
    with pytest.raises(ModelError, match="cannot name a tokenizer"):
        save_tokenizer(odd, tmp_path / "x")
