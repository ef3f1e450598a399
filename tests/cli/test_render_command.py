from __future__ import annotations

from pathlib import Path

import pytest

from dfe.tokenizer.file import default_id


@pytest.fixture(scope="module")
def table(dfe_encoded):
    return dfe_encoded


@pytest.fixture(scope="module")
def dfe_encoded(carphone, tmp_path_factory):
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode

    path = tmp_path_factory.mktemp("rendered") / "carphone.parquet"
    encode(carphone, options=EncodeOptions(end_s=0.3))[0].write(path)
    return path


def test_a_video_and_a_head_of_a_recording(dfe, table, carphone, tmp_path):
    out, glb = tmp_path / "a.mp4", tmp_path / "a.glb"
    ran = dfe("render", table, "-o", out, "--glb", glb, "--what", "both", "--pixels", 96, "--beside", carphone)
    assert ran.code == 0, ran.err
    assert "9 frames of what was measured and decoded; it holds pictures of the person" in ran.out
    assert "63 morph targets, animated by what was decoded" in ran.out
    assert out.read_bytes()[4:8] == b"ftyp"
    assert glb.read_bytes()[:4] == b"glTF"
    again = dfe("render", table, "-o", out)
    assert (again.code, again.err.count("\n")) == (1, 1)
    assert "exists already" in again.err


def test_a_tokenizer_as_a_head(dfe, tmp_path):
    ran = dfe("render", "default", "--glb", tmp_path / "heads.glb")
    assert ran.code == 0, ran.err
    assert f"displays of {default_id('dfe-face')} as morph targets" in ran.out
    for arguments, says in [
        (["default"], "nothing to write"),
        (["default", "-o", tmp_path / "a.mp4"], "a tokenizer does not move"),
    ]:
        ran = dfe("render", *arguments)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert says in ran.err


def test_a_persons_own_shape_is_drawn_only_when_asked_for(dfe, carphone, tmp_path):
    from dfe.encoding.options import EncodeOptions
    from dfe.encoding.run import encode

    path = tmp_path / "own.parquet"
    options = EncodeOptions(end_s=0.3, space=Path("dfe-face"), tokenizer=None, max_faces=1)
    encode(carphone, options=options)[0].write(path)
    plain, own, glb = tmp_path / "plain.mp4", tmp_path / "own.mp4", tmp_path / "own.glb"
    assert "shape of the person" not in dfe("render", path, "-o", plain, "--pixels", 96).out
    ran = dfe("render", path, "-o", own, "--glb", glb, "--own-shape", "--pixels", 96)
    assert ran.code == 0, ran.err
    assert ran.out.count("it shows the shape of the person's face") == 2
    assert plain.read_bytes() != own.read_bytes()
    assert glb.read_bytes()[:4] == b"glTF"
    other = tmp_path / "coefficients.parquet"
    options = EncodeOptions(end_s=0.3, space=Path("arkit51/face41"), tokenizer=None, max_faces=1)
    encode(carphone, options=options)[0].write(other)
    for target, out, says in [(other, "-o", "holds no shape of face 0"), ("default", "--glb", "no person")]:
        refused = dfe("render", target, out, tmp_path / "none", "--own-shape")
        assert refused.code == 2
        assert says in refused.err
