"""Where a training computes: chosen, said, and gone back to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")


from dfe.base.errors import UsageError  # noqa: E402
from dfe.quantizers.latent import latent_map  # noqa: E402
from dfe.quantizers.rvq.config import EncoderConfig  # noqa: E402
from dfe.quantizers.rvq.settings import RvqSettings  # noqa: E402
from dfe.quantizers.train.trainable import mesh_map  # noqa: E402
from dfe.space.base import ExpressionSpace  # noqa: E402
from dfe.training.config import PRESETS, TrainConfig  # noqa: E402
from dfe.training.data import load_data  # noqa: E402
from dfe.training.device import choose_device  # noqa: E402
from dfe.training.loop import train  # noqa: E402
from dfe.training.run import first_model  # noqa: E402
from dfe.training.tables import TrainingTable  # noqa: E402


def test_the_run_says_what_it_used(table: TrainingTable, quick: TrainConfig, tmp_path: Path) -> None:
    told: list[str] = []
    result = train([table], tmp_path, replace(quick, steps=1, device="cpu"), tell=told.append)
    assert result.tokenizer.card["device"] == "cpu"
    assert told == ["training on cpu"]


def test_devices_that_are_not_there(quick: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == torch.device("cpu")
    with pytest.raises(UsageError, match="there is no CUDA device"):
        choose_device("cuda")
    with pytest.raises(UsageError, match="there is no device 'tpu'"):
        replace(quick, device="tpu")


def test_each_process_takes_a_device_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert choose_device("auto") == torch.device("cuda", 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    with pytest.raises(UsageError, match="3 processes cannot share 2 CUDA devices"):
        choose_device("cuda")


@pytest.mark.parametrize("encoder", [None, EncoderConfig(width=16, layers=1, heads=2, hidden=16)])
@pytest.mark.parametrize("beam", [1, 4])
def test_models_compute_where_they_are(
    table: TrainingTable, space: ExpressionSpace, encoder: EncoderConfig | None, beam: int
) -> None:
    """On the device that holds no numbers, torch still refuses to mix tensors with those of the CPU."""
    quantizer = RvqSettings(beam=beam, encoder=encoder, threshold_mm2=0.0)
    config = replace(PRESETS["rvq"], size=8, levels=3, quantizer=quantizer)
    maps = latent_map(space)
    model = first_model(load_data([table], space, config), space, config).to("meta")
    x = torch.zeros(16, 41, device="meta")
    output = model(x)
    terms = model.losses(output, mesh_map(space, maps).to("meta"), TrainConfig().losses)
    torch.stack([weight * value for weight, value in terms.values()]).sum().backward()
    assert {p.grad.device.type for p in model.parameters() if p.grad is not None} == {"meta"}
    assert {b.device.type for b in model.buffers()} == {"meta"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("preset", ["displays", "rvq", "encoder"])
def test_training_on_a_gpu(table: TrainingTable, quick: TrainConfig, tmp_path: Path, preset: str) -> None:
    config = quick
    if preset != "encoder":
        config = replace(PRESETS[preset], levels=4, size=16, steps=60, batch=128, reseed_every=10, validate_every=20)
    config = replace(config, device="cuda", patience=3)
    first = train([table], tmp_path / "a", config)
    again = train([table], tmp_path / "b", config)
    assert first.tokenizer.hash == again.tokenizer.hash
    assert first.tokenizer.card["device"].startswith("cuda (")
    on_cpu = train([table], tmp_path / "c", replace(config, device="cpu"))
    assert first.measured["error_mm"] == pytest.approx(on_cpu.measured["error_mm"], rel=0.1)
