"""The three front ends on real pictures with made-up weights: faces, batches, mirrors, devices, files."""

from __future__ import annotations

import importlib.util
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra flame")

import torch

import made_encoders as made
from dfe.base.errors import ModelError, OutputError, UsageError
from dfe.base.installing import how_to_install
from dfe.base.types import Frame, ImageArray
from dfe.frontends.base import NO_FACE, FrameFaces, FrontEnd
from dfe.frontends.encoders.front_end import EncoderConfig, EncoderFrontEnd
from dfe.frontends.encoders.networks.export import export_onnx
from dfe.frontends.encoders.networks.run import TorchRunner
from dfe.frontends.encoders.runners import open_runner
from dfe.frontends.encoders.tools import TOOLS
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.registry import find_front_end
from dfe.frontends.spec import FrontEndOptions

CROPS = np.random.default_rng(7).uniform(size=(5, 3, 224, 224)).astype(np.float32)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("weights")
    made.write_emoca(folder / "emoca")
    return {
        "deca": made.write_deca(folder / "deca" / "deca_model.tar").parent,
        "emoca": folder / "emoca",
        "smirk": made.write_smirk(folder / "smirk" / "SMIRK_em1.pt"),
    }


@pytest.fixture(scope="module")
def exported(weights, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "smirk.onnx"
    export_onnx("smirk", weights["smirk"], out)
    return out


@pytest.fixture(scope="module")
def smirk(weights, networks) -> EncoderFrontEnd:
    return EncoderFrontEnd(EncoderConfig("smirk", weights["smirk"], "cpu"), networks)


def observed(front_end: FrontEnd, pictures: list[ImageArray | None], *, still: bool = True) -> list[FrameFaces]:
    frames = [Frame(i, i / 30, picture, None, "a") for i, picture in enumerate(pictures)]
    return list(front_end.observe(frames, still=still))


@pytest.mark.parametrize("tool", ["deca", "emoca", "smirk"])
def test_only_the_expression_differs_from_the_default_front_end(tool, weights, networks, observer, photo):
    front_end = EncoderFrontEnd(EncoderConfig(tool, weights[tool], "cpu"), networks)
    assert isinstance(front_end, FrontEnd)
    pictures = [photo, None, np.zeros_like(photo)]
    seen, plain = observed(front_end, pictures), observer.stills(pictures)
    assert [one.reason for one in seen] == [None, "not decoded: no picture", NO_FACE]
    (face,), (other,) = seen[0].faces, plain[0].faces
    assert face.expression.shape == (TOOLS[tool].dimension,)
    assert face.expression.dtype == np.float32
    (expected,) = front_end.run(front_end.tool.crop.cut(photo, other.landmarks)[None])
    np.testing.assert_array_equal(face.expression, expected)
    for name in ("box", "pitch", "yaw", "roll", "confidence"):
        assert getattr(face, name) == getattr(other, name)
    for name in ("coefficients", "logits", "landmarks"):
        np.testing.assert_array_equal(getattr(face, name), getattr(other, name))


def test_a_videos_rows_do_not_depend_on_the_batch(weights, networks, observer, clip):
    pictures = [*clip[:6], None, *clip[6:11]]
    plain = observer.video(pictures)
    rows = []
    for batch in (1, 4, 32):
        front_end = EncoderFrontEnd(EncoderConfig("smirk", weights["smirk"], "cpu", batch), networks)
        seen = observed(front_end, pictures, still=False)
        assert [(one.frame, len(one.faces), one.reason) for one in seen] == [
            (one.frame, len(one.faces), one.reason) for one in plain
        ]
        rows.append(np.stack([face.expression for one in seen for face in one.faces]))
    assert len(rows[0]) == 11
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])


@pytest.mark.parametrize("tool", ["deca", "smirk"])
def test_a_row_does_not_depend_on_its_neighbours(tool, weights):
    """Bit for bit; also in the filled-up batches that CUDA gets, here made on the CPU."""
    run = open_runner(TOOLS[tool], weights[tool], "cpu", 8)
    alone = np.concatenate([run(crop[None]) for crop in CROPS])
    np.testing.assert_array_equal(run(CROPS), alone)
    assert run(CROPS[:0]).shape == (0, TOOLS[tool].dimension)
    assert isinstance(run, TorchRunner)
    run.batch = 3
    together = run(CROPS)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_array_equal(run(CROPS[:4]), together[:4])
    np.testing.assert_array_equal(run(CROPS[3:]), together[3:])


def test_the_number_of_threads_is_left_as_it_was(weights):
    run = open_runner(TOOLS["smirk"], weights["smirk"], "cpu", 8)
    before = torch.get_num_threads()
    run(CROPS[:1])
    assert torch.get_num_threads() == before


def test_a_few_frames_wait_at_most(smirk, photo):
    """What has been taken from the frames is given back soon, so memory does not grow with the video."""
    taken = 0

    def frames():
        nonlocal taken
        for number in range(40):
            taken += 1
            yield Frame(number, number / 30, np.zeros((64, 64, 3), np.uint8), None, "a")

    for given, _ in enumerate(smirk.observe(frames(), still=False), 1):
        assert taken - given <= 4
    assert taken == 40


def test_a_mirrored_recording_is_put_right(weights, networks, photo):
    options = LandmarkConfig(mirrored=True)
    mirrored = EncoderFrontEnd(EncoderConfig("smirk", weights["smirk"], "cpu", landmarks=options), networks)
    plain = EncoderFrontEnd(EncoderConfig("smirk", weights["smirk"], "cpu"), networks)
    flipped = np.ascontiguousarray(photo[:, ::-1])
    got = observed(mirrored, [flipped])[0].faces[0].expression
    expected = observed(plain, [photo])[0].faces[0].expression
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert np.abs(observed(plain, [flipped])[0].faces[0].expression - expected).max() > 1e-4


def test_provenance_says_what_was_used(weights, networks, smirk):
    said = smirk.provenance()
    assert said["name"] == "smirk"
    assert said["space"] == smirk.space.id == "flame2020/exp50+jaw3+eyelid2"
    assert said["weights"] == "SMIRK_em1.pt"
    assert len(str(said["sha256 weights"])) == 64
    assert (said["device"], said["runtime"]) == ("cpu", f"torch {torch.__version__}")
    assert said["crop"] == "box of 478 points, mean side x 1.4, 224 px"
    assert said["verified"] == "not verified on real weights"
    assert said["faces name"] == "landmarks"
    emoca = EncoderFrontEnd(EncoderConfig("emoca", weights["emoca"], "cpu"), networks).provenance()
    assert (emoca["weights"], emoca["jaw from"]) == ("deca-epoch=03-val_loss=0.25.ckpt", "E_flame")
    assert all(isinstance(value, str | int | float | bool) for value in (said | emoca).values())


def test_a_front_end_travels_to_another_process(smirk, photo):
    other = pickle.loads(pickle.dumps(smirk))
    got, expected = observed(other, [photo]), observed(smirk, [photo])
    np.testing.assert_array_equal(got[0].faces[0].expression, expected[0].faces[0].expression)


def test_an_exported_network_gives_the_same_without_torch(weights, networks, exported, smirk, photo, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    front_end = EncoderFrontEnd(EncoderConfig("smirk", exported), networks)
    got, expected = observed(front_end, [photo]), observed(smirk, [photo])
    np.testing.assert_allclose(got[0].faces[0].expression, expected[0].faces[0].expression, atol=1e-5)
    np.testing.assert_allclose(front_end.run(CROPS), smirk.run(CROPS), atol=1e-5)
    np.testing.assert_array_equal(front_end.run(CROPS)[3:4], front_end.run(CROPS[3:4]))
    said, source = front_end.provenance(), smirk.provenance()
    assert said["runtime"].startswith("onnxruntime ")
    assert said["exported sha256 weights"] == source["sha256 weights"]
    assert said["sha256 weights"] != source["sha256 weights"]


def test_emoca_is_exported_too(tmp_path):
    checkpoint, out = made.write_emoca(tmp_path, 53), tmp_path / "emoca.onnx"
    export_onnx("emoca", tmp_path, out)
    got, expected = (open_runner(TOOLS["emoca"], path, "cpu", 8)(CROPS[:1]) for path in (out, checkpoint))
    np.testing.assert_allclose(got, expected, atol=2e-5)


def test_what_is_no_exported_network_is_refused(exported, tmp_path):
    with pytest.raises(ModelError, match="is a network of smirk, not of deca; use --frontend smirk"):
        open_runner(TOOLS["deca"], exported, "auto", 8)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(exported.read_bytes()[:5000])
    with pytest.raises(ModelError, match=r"broken\.onnx: cannot be read as an ONNX network"):
        open_runner(TOOLS["smirk"], broken, "auto", 8)
    with pytest.raises(ModelError, match=r"no\.onnx: cannot be read"):
        open_runner(TOOLS["smirk"], tmp_path / "no.onnx", "auto", 8)
    foreign = Path(str(importlib.util.find_spec("dfe").origin)).parent / "assets" / "networks" / "landmarks.onnx"
    with pytest.raises(ModelError, match="is no network that dfe exported"):
        open_runner(TOOLS["smirk"], foreign, "auto", 8)
    with pytest.raises(UsageError, match="runs on the CPU"):
        open_runner(TOOLS["smirk"], exported, "cuda", 8)


@pytest.mark.parametrize("name", ["deca", "emoca", "smirk"])
def test_they_are_listed_with_what_they_need(name, weights, networks):
    spec = find_front_end(name)
    assert (spec.name, spec.kind, spec.needs, spec.extra) == (name, "media", ("weights",), "flame")
    assert spec.verified == "not verified on real weights"
    assert spec.space == TOOLS[name].space
    assert "FLAME's licence" in spec.licence
    with pytest.raises(UsageError, match=f"front end '{name}' needs the weights of .*; give --weights"):
        spec.make(FrontEndOptions())
    front_end = spec.make(FrontEndOptions(weights=weights[name], device="cpu", max_faces=2, mirrored=True))
    assert isinstance(front_end, EncoderFrontEnd)
    assert front_end.config.landmarks == LandmarkConfig(max_faces=2, mirrored=True)


def test_without_torch_the_extra_is_named(weights, monkeypatch):
    monkeypatch.setattr("dfe.frontends.encoders.runners.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=f"needs torch.*{re.escape(how_to_install('flame'))}"):
        find_front_end("emoca").make(FrontEndOptions(weights=weights["emoca"]))


def test_options_that_cannot_be(weights, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="the encoder is one of deca, emoca, smirk, not 'spectre'"):
        EncoderConfig("spectre", None)
    with pytest.raises(UsageError, match="device is auto, cpu, cuda, not 'tpu'"):
        open_runner(TOOLS["deca"], weights["deca"], "tpu", 8)
    with pytest.raises(UsageError, match="batch must be at least 1"):
        open_runner(TOOLS["deca"], weights["deca"], "cpu", 0)
    with pytest.raises(ModelError, match="no such file or folder"):
        open_runner(TOOLS["deca"], tmp_path / "nowhere", "cpu", 8)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="no CUDA device"):
        open_runner(TOOLS["deca"], weights["deca"], "cuda", 8)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("tool", ["deca", "smirk"])
def test_cuda_gives_what_the_cpu_gives(tool, weights):
    cuda, cpu = (open_runner(TOOLS[tool], weights[tool], device, 4) for device in ("cuda", "cpu"))
    assert str(cuda.provenance()["device"]).startswith("cuda (")
    np.testing.assert_allclose(cuda(CROPS), cpu(CROPS), atol=1e-4)
    np.testing.assert_array_equal(cuda(CROPS), np.concatenate([cuda(crop[None]) for crop in CROPS]))


def test_the_verb_exports(dfe, weights, tmp_path):
    out = tmp_path / "smirk.onnx"
    words = ("export-encoder", "--frontend", "smirk", "--weights", weights["smirk"], "-o", out)
    ran = dfe(*words)
    assert (ran.code, ran.err) == (0, "")
    assert "--frontend smirk --weights" in ran.out
    assert open_runner(TOOLS["smirk"], out, "auto", 8).provenance()["exported tool"] == "smirk"
    before = out.read_bytes()
    again = dfe(*words)
    assert again.code == 1
    assert "exists already" in again.err
    with pytest.raises(OutputError):
        export_onnx("smirk", weights["smirk"], out)
    assert dfe(*words, "--overwrite").code == 0
    assert out.read_bytes() == before
    assert dfe(*words[:-1], tmp_path / "smirk.bin").code == 2
