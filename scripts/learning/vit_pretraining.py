"""Trains a small masked autoencoder on face crops and writes it as a Hugging Face folder."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from dfe.base.errors import ModelError, UsageError
from dfe.base.files import replacing
from dfe.base.types import DoubleArray, ImageArray
from dfe.predict.vit.layout import CONFIG, PREPROCESSOR, WEIGHTS, VitConfig, find_weights, folder_files, read_config
from learning.masked import DecoderConfig, MaskedAutoencoder, loss_of, shuffled


@dataclass(frozen=True)
class PretrainConfig:
    """How long and how fast; the paper's values but for those that a minute's network needs otherwise."""

    epochs: int = 20
    batch: int = 128
    rate: float = 1e-3
    """Highest, after the rise."""
    rise: float = 0.05
    """Share of the steps in which the rate rises; it then falls along a cosine to 0."""
    decay: float = 0.05
    """Weight decay of matrices."""
    jitter: int = 8
    """Crops are this many pixels larger than the network's pictures; where in them it looks, is drawn anew."""
    seed: int = 0


class Progress(NamedTuple):
    """After each epoch."""

    epoch: int
    loss: float
    """Mean over the epoch."""


def pretrain(
    crops: ImageArray,
    config: VitConfig,
    decoder: DecoderConfig | None = None,
    how: PretrainConfig | None = None,
    tell: Callable[[Progress], None] | None = None,
    device: str = "cpu",
) -> MaskedAutoencoder:
    """Train on crops ``(n, s, s, c)`` uint8 with s the network's side plus ``how.jitter``; on the CPU the same again.

    Raises:
        UsageError: crops of another size, or fewer than a batch.
    """
    decoder, how = decoder or DecoderConfig(), how or PretrainConfig()
    side = config.image_size + how.jitter
    if crops.shape[1:] != (side, side, config.channels) or len(crops) < how.batch:
        raise UsageError(f"crops of shape {crops.shape} for pictures of {side} px in batches of {how.batch}")
    generator = torch.Generator().manual_seed(how.seed)
    model = MaskedAutoencoder(config, decoder, how.seed).to(device)
    groups = [
        {"params": [p for p in model.parameters() if p.requires_grad and (p.ndim > 1) == matrix], "weight_decay": w}
        for matrix, w in ((True, how.decay), (False, 0.0))
    ]
    optimiser = torch.optim.AdamW(groups, lr=how.rate, betas=(0.9, 0.95))
    steps = len(crops) // how.batch
    pixels = torch.from_numpy(np.ascontiguousarray(crops.transpose(0, 3, 1, 2)))
    done = 0
    for epoch in range(how.epochs):
        losses = []
        for batch in _batches(pixels, config, how, generator):
            for group in optimiser.param_groups:
                group["lr"] = _rate(done, steps * how.epochs, how)
            order = shuffled(len(batch), config.patches, generator)
            shown = batch.to(device)
            loss = loss_of(model(shown, order.to(device)), shown, config.patch_size)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(float(loss.detach()))
            done += 1
        if tell:
            tell(Progress(epoch + 1, float(np.mean(losses))))
    return model.cpu().eval().requires_grad_(False)


def reconstruction_errors(model: MaskedAutoencoder, crops: ImageArray, seed: int = 0) -> DoubleArray:
    """Mean square over the hidden patches of each crop ``(n,)``; crops ``(n, side, side, c)`` uint8.

    1 is what knowing each hidden patch's mean and spread and nothing else has.
    """
    generator = torch.Generator().manual_seed(seed)
    errors = []
    for start in range(0, len(crops), 64):
        batch = scaled(torch.from_numpy(crops[start : start + 64].transpose(0, 3, 1, 2).copy()), model.config)
        order = shuffled(len(batch), model.config.patches, generator)
        with torch.no_grad():
            guess = model(batch, order)
        errors += [
            float(loss_of(type(guess)(p[None], h[None]), b[None], model.config.patch_size))
            for p, h, b in zip(*guess, batch, strict=True)
        ]
    return np.array(errors)


def write_folder(model: MaskedAutoencoder, decoder: DecoderConfig, folder: Path, overwrite: bool = False) -> str:
    """Write ``config.json``, ``preprocessor_config.json`` and ``model.safetensors``; the SHA-256 of the last.

    Raises:
        OutputError: a file is there and ``overwrite`` is False, or it cannot be written.
    """
    sizes = {
        "decoder_hidden_size": decoder.width,
        "decoder_num_hidden_layers": decoder.depth,
        "decoder_num_attention_heads": decoder.heads,
        "decoder_intermediate_size": 4 * decoder.width,
        "mask_ratio": decoder.mask,
        "norm_pix_loss": True,
    }
    texts = folder_files(model.config, sizes)
    weights = save({name: value.contiguous() for name, value in model.state_dict().items()}, {"format": "pt"})
    paths = [folder / name for name in (CONFIG, PREPROCESSOR, WEIGHTS)]
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(*paths, overwrite=overwrite) as files:
        for file, content in zip(files, (texts[CONFIG].encode(), texts[PREPROCESSOR].encode(), weights), strict=True):
            file.write(content)
    return hashlib.sha256(weights).hexdigest()


def load_autoencoder(folder: Path) -> MaskedAutoencoder:
    """Encoder and decoder of a folder that :func:`write_folder` wrote, to measure its reconstruction.

    Raises:
        ModelError: a file is missing or damaged, or the tensors are not those of such an autoencoder.
    """
    config, path = read_config(folder), find_weights(folder)
    said = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    try:
        names = ("decoder_hidden_size", "decoder_num_hidden_layers", "decoder_num_attention_heads", "mask_ratio")
        model = MaskedAutoencoder(config, DecoderConfig(*(said[name] for name in names)))
        model.load_state_dict(load(path.read_bytes()))
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        what = f"is not an autoencoder with its decoder ({error})"
        raise ModelError(what, where=path, advice="give a folder of ViTMAEForPreTraining") from None
    return model.eval().requires_grad_(False)


def scaled(pixels: Tensor, config: VitConfig) -> Tensor:
    """Pixels 0 to 255 ``(n, c, h, w)`` as the network wants them."""
    mean, std = (torch.tensor(values)[:, None, None] for values in (config.mean, config.std))
    return (pixels.float() / 255 - mean) / std


def _batches(pixels: Tensor, config: VitConfig, how: PretrainConfig, generator: torch.Generator) -> Iterator[Tensor]:
    """One epoch: each crop once, moved and mirrored at random; what does not fill a batch is left for another time."""
    order = torch.randperm(len(pixels), generator=generator)
    side = config.image_size
    for start in range(0, len(order) - how.batch + 1, how.batch):
        chosen = pixels[order[start : start + how.batch]]
        place = torch.randint(0, how.jitter + 1, (how.batch, 2), generator=generator).tolist()
        mirrored = (torch.rand(how.batch, generator=generator) < 0.5).tolist()
        cut = [c[:, y : y + side, x : x + side] for c, (y, x) in zip(chosen, place, strict=True)]
        yield scaled(torch.stack([c.flip(2) if m else c for c, m in zip(cut, mirrored, strict=True)]), config)


def _rate(step: int, steps: int, how: PretrainConfig) -> float:
    rise = max(1, round(steps * how.rise))
    if step < rise:
        return how.rate * (step + 1) / rise
    return how.rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
