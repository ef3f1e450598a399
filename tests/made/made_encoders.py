"""Checkpoints with the layouts of DECA, EMOCA and SMIRK and made-up weights, small on disk, for tests and for trials.

    python tests/frontends/made_encoders.py emoca FOLDER

writes one; what it says of a face means nothing, but everything works as it would with the real file. Names and shapes
come from the published layouts (torchvision's ResNet-50 written out here, SMIRK's list in the fixtures), not from the
modules under test.
"""

from __future__ import annotations

import gzip
import re
import sys
import types
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

KEYS = Path(__file__).parents[1] / "fixtures" / "smirk_encoder_keys.txt.gz"
STORED = 1 << 16
"""All large weights are overlapping views of so many numbers: a file of a hundred megabytes needs a few hundred kB."""
STEPS = (7, 11, 3, 1)

Shapes = dict[str, tuple[int, ...]]


def smirk_shapes() -> Shapes:
    lines = gzip.decompress(KEYS.read_bytes()).decode().splitlines()
    found = [re.fullmatch(r"(\S+) \(([\d, ]*)\)", line) for line in lines]
    return {match[1]: tuple(int(n) for n in match[2].split(",") if n.strip()) for match in found if match}


def _norm(name: str, channels: int) -> Shapes:
    vectors = {f"{name}.{part}": (channels,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {**vectors, f"{name}.num_batches_tracked": ()}


def resnet50_shapes(outputs: int) -> Shapes:
    """``encoder.*`` as in torchvision, and the two linear layers of DECA's regressor."""
    shapes: Shapes = {"conv1.weight": (64, 3, 7, 7), **_norm("bn1", 64)}
    inputs = 64
    for stage, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), 1):
        for block in range(blocks):
            name, wide = f"layer{stage}.{block}", 4 * width
            shapes |= {f"{name}.conv1.weight": (width, inputs, 1, 1), **_norm(f"{name}.bn1", width)}
            shapes |= {f"{name}.conv2.weight": (width, width, 3, 3), **_norm(f"{name}.bn2", width)}
            shapes |= {f"{name}.conv3.weight": (wide, width, 1, 1), **_norm(f"{name}.bn3", wide)}
            if block == 0:
                shapes |= {f"{name}.downsample.0.weight": (wide, inputs, 1, 1), **_norm(f"{name}.downsample.1", wide)}
            inputs = wide
    encoder = {f"encoder.{name}": shape for name, shape in shapes.items()}
    head = {"layers.0.weight": (1024, 2048), "layers.0.bias": (1024,), "layers.2.weight": (outputs, 1024)}
    return {**encoder, **head, "layers.2.bias": (outputs,)}


def made(shapes: Shapes, seed: int) -> dict[str, Tensor]:
    """Weights of these shapes; activations stay near one."""
    rng = np.random.default_rng(seed)
    wide = torch.from_numpy(rng.normal(size=STORED).astype(np.float32))
    narrow = wide * 0.03
    tensors: dict[str, Tensor] = {}
    reads = 1
    for name, shape in shapes.items():
        if len(shape) > 1:
            store = wide if len(shape) == 4 else narrow
            tensors[name] = store.as_strided(shape, STEPS[: len(shape)], int(rng.integers(100)))
            reads = int(np.prod(shape[1:]))
        elif name.endswith("running_var"):
            tensors[name] = torch.from_numpy((reads * rng.uniform(0.3, 0.6, shape)).astype(np.float32))
        elif name.endswith("num_batches_tracked"):
            tensors[name] = torch.tensor(1000)
        else:
            low, high = (0.4, 0.8) if name.endswith("weight") else (-0.2, 0.2)
            tensors[name] = torch.from_numpy(rng.uniform(low, high, shape).astype(np.float32))
    return tensors


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}{name}": value for name, value in tensors.items()}


def deca_content(seed: int = 1) -> dict[str, object]:
    return {
        "E_flame": made(resnet50_shapes(236), seed),
        "E_detail": {"layers.0.weight": torch.zeros(2, 2)},
        "opt": {"state": {}, "param_groups": []},
        "global_step": 1,
        "batch_size": 8,
    }


def write_deca(path: Path, seed: int = 1, *, legacy: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(deca_content(seed), path, _use_new_zipfile_serialization=not legacy)
    return path


def emoca_state(outputs: int = 50, seed: int = 2) -> dict[str, Tensor]:
    flame, expression = made(resnet50_shapes(236), seed), made(resnet50_shapes(outputs), seed + 1)
    others = {"deca.flame.v_template": torch.zeros(5, 3), "deca.E_detail.layers.0.weight": torch.zeros(2, 2)}
    return {**under("deca.E_flame.", flame), **under("deca.E_expression.", expression), **others}


def write_emoca(folder: Path, outputs: int = 50, seed: int = 2, *, name: str = "deca-epoch=03-val_loss=0.25") -> Path:
    """A folder as EMOCA's are: settings, and a Lightning checkpoint that names classes of Lightning and omegaconf."""
    turn, jaw = {50: (False, False), 53: (False, True), 56: (True, True)}[outputs]
    stage = f"  model:\n    exp_deca_global_pose: {str(turn).lower()}\n    exp_deca_jaw_pose: {str(jaw).lower()}\n"
    path = folder / "detail" / "checkpoints" / f"{name}.ckpt"
    path.parent.mkdir(parents=True, exist_ok=True)
    (folder / "cfg.yaml").write_text(f"coarse:\n{stage}detail:\n{stage}")
    callback = _foreign("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint")
    settings = _foreign("omegaconf.dictconfig", "DictConfig")()
    settings.content = {"n_exp": 50}
    content = {
        "epoch": 3,
        "pytorch-lightning_version": "1.4.9",
        "state_dict": emoca_state(outputs, seed),
        "callbacks": {callback: {"best_model_score": torch.tensor(0.25), "best_model_path": "x"}},
        "optimizer_states": [{"state": {}, "param_groups": []}],
        "hyper_parameters": settings,
    }
    try:
        torch.save(content, path)
    finally:
        for module in [m for m in sys.modules if m.partition(".")[0] in ("pytorch_lightning", "omegaconf")]:
            del sys.modules[module]
    return path


def _foreign(module: str, name: str) -> type:
    """A class of a package that is not installed; pickle must find it while it writes."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    made_up = type(name, (), {"__module__": module})
    setattr(sys.modules[module], name, made_up)
    return made_up


def smirk_state(seed: int = 4) -> dict[str, Tensor]:
    return under("smirk_encoder.", made(smirk_shapes(), seed))


def write_smirk(path: Path, seed: int = 4) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({**smirk_state(seed), "smirk_generator.down.weight": torch.zeros(2, 2)}, path)
    return path


if __name__ == "__main__":
    kind, folder = sys.argv[1], Path(sys.argv[2])
    writers = {
        "deca": lambda: write_deca(folder / "deca_model.tar"),
        "emoca": lambda: write_emoca(folder),
        "smirk": lambda: write_smirk(folder / "SMIRK_em1.pt"),
    }
    sys.stdout.write(f"{writers[kind]()}\n")
