"""Networks run where they are told, or say that they cannot."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfe.base.errors import UsageError
from dfe.encoding.manifest import Manifest
from dfe.encoding.options import EncodeOptions
from dfe.frontends.landmarks.config import LandmarkConfig
from dfe.frontends.landmarks.graph import LandmarkFrontEnd
from dfe.frontends.landmarks.networks import BATCH_ON_CUDA, Networks
from dfe.frontends.registry import find_front_end
from dfe.frontends.spec import FrontEndOptions

CROP = np.random.default_rng(0).integers(0, 255, (1, 256, 256, 3)).astype(np.uint8)


def _providers() -> list[str]:
    import onnxruntime

    return list(onnxruntime.get_available_providers())


def test_the_device_that_was_asked_for_is_told_and_kept() -> None:
    assert LandmarkFrontEnd().provenance()["device"] == "cpu"
    front_end = find_front_end("landmarks").make(FrontEndOptions(device="cuda"))
    assert isinstance(front_end, LandmarkFrontEnd)
    assert front_end.provenance()["device"] == "cuda"
    assert front_end.provenance()["batch"] == BATCH_ON_CUDA
    assert LandmarkFrontEnd().provenance()["batch"] == 1
    travelled = pickle.loads(pickle.dumps(Networks(device="cuda", batch=7)))
    assert (travelled.device, travelled.batch) == ("cuda", 7)
    assert EncodeOptions(device="cuda").landmark_config(still=True).device == "cuda"
    assert EncodeOptions(device="auto").landmark_config(still=True).device == "cpu"


def test_a_batch_is_a_number_of_faces() -> None:
    for batch in (0, 100_000):
        with pytest.raises(UsageError, match="--batch must lie between 1 and 1024"):
            EncodeOptions(batch=batch)
    with pytest.raises(UsageError, match="batch must be at least 1"):
        LandmarkConfig(batch=0)


@pytest.mark.skipif("CUDAExecutionProvider" in _providers(), reason="this build of onnxruntime knows CUDA")
def test_without_cuda_it_is_refused_and_not_done_on_the_cpu() -> None:
    with pytest.raises(UsageError, match="--device cuda is not possible"):
        LandmarkFrontEnd(LandmarkConfig(device="cuda")).networks.run("landmarks", CROP)


@pytest.mark.skipif("CUDAExecutionProvider" in _providers(), reason="this build of onnxruntime knows CUDA")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_device_that_is_not_there_ends_a_run_and_blames_no_film(
    dfe: Callable[..., Any], demo_media: Path, tmp_path: Path, workers: str
) -> None:
    """Else a machine without its card would set a whole corpus aside."""
    clip, out = demo_media / "carphone_pristine.mp4", tmp_path / "out"
    said = dfe("encode", clip, "-o", out, "--device", "cuda", "--workers", workers)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert said.err.startswith("dfe: this build of onnxruntime knows no CUDA")
    assert [row.status for row in Manifest(out)] == ["waiting"]
    assert dfe("encode", clip, "-o", out, "--workers", workers).code == 0


def test_a_fall_back_to_the_cpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that knows CUDA on a machine without: onnxruntime would go on on the CPU."""
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    with pytest.raises((UsageError, ValueError)):
        Networks(device="cuda", batch=1).run("landmarks", CROP)


@pytest.mark.gpu
@pytest.mark.skipif("CUDAExecutionProvider" not in _providers(), reason="no CUDA device")
def test_cuda_finds_the_landmarks_that_the_cpu_finds() -> None:
    try:
        found = Networks(device="cuda").run("landmarks", CROP)
    except UsageError:
        pytest.skip("no CUDA device")
    np.testing.assert_allclose(found[0], Networks().run("landmarks", CROP)[0], atol=0.05)
