"""A frozen ViT or ViTMAE that turns face crops into numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from dfe.base.errors import ModelError
from dfe.base.types import FloatArray, ImageArray
from dfe.predict.representations.face_crops import in_channels
from dfe.predict.vit.layout import VitConfig, find_weights, names_in_file, read_config
from dfe.predict.vit.network import Vit

Pooling = Literal["mean", "cls", "quarters"]
BATCH = 16
"""Pictures at once, always: the last batch is filled up, so that a picture's numbers do not hang on its company."""


class VitEncoder:
    """Crops to features, nothing masked.

    Args:
        vit: the network with its weights.
        config: its sizes and the scale of its pictures.
        pooling: how tokens become features; see :func:`pooled`.
        name: in results.
    """

    def __init__(self, vit: Vit, config: VitConfig, pooling: Pooling = "mean", name: str = "MAE") -> None:
        self._vit = vit.eval().requires_grad_(False)
        self.config, self.pooling = config, pooling
        self.id = name + {"mean": "", "cls": ", cls token", "quarters": ", quarters"}[pooling]

    @property
    def size(self) -> int:
        """Side of the crops in pixels."""
        return self.config.image_size

    @property
    def width(self) -> int:
        """Numbers of a face."""
        return self.config.width * (4 if self.pooling == "quarters" else 1)

    def encode(self, crops: ImageArray) -> FloatArray:
        """``(n, width)`` of RGB crops ``(n, size, size, 3)`` uint8.

        Raises:
            ModelError: crops of another shape.
        """
        said = [pooled(tokens, self.pooling) for tokens in self.tokens(crops)]
        return np.concatenate(said) if said else np.zeros((0, self.width), np.float32)

    def tokens(self, crops: ImageArray) -> Iterator[FloatArray]:
        """All tokens ``(m, 1 + patches, width)`` after the last norm, the cls token first, batch after batch.

        Raises:
            ModelError: crops of another shape.
        """
        if crops.ndim != 4 or crops.shape[1:] != (self.size, self.size, 3) or crops.dtype != np.uint8:
            raise ModelError(f"crops of shape {crops.shape} for a network of {self.size} px")
        mean, std = (np.asarray(values, np.float32) for values in (self.config.mean, self.config.std))
        for start in range(0, len(crops), BATCH):
            part = in_channels(crops[start : start + BATCH], self.config.channels)
            batch = np.zeros((BATCH, self.config.channels, self.size, self.size), np.float32)
            batch[: len(part)] = ((part.astype(np.float32) / 255 - mean) / std).transpose(0, 3, 1, 2)
            with torch.no_grad():
                yield self._vit(torch.from_numpy(batch))[: len(part)].numpy()

    def content(self) -> bytes:
        """The weights, for a hash."""
        return b"".join(value.numpy().tobytes() for value in self._vit.state_dict().values())


def pooled(tokens: FloatArray, pooling: Pooling) -> FloatArray:
    """Features ``(n, F)`` of tokens ``(n, 1 + patches, width)``, the picture's own one first.

    ``mean`` of the patches; ``cls``, the picture's own token, to which MAE gives no task; ``quarters``: the means of
    upper left, upper right, lower left and lower right patches side by side, since in a face it matters where.
    """
    if pooling == "cls":
        return tokens[:, 0]
    if pooling == "mean":
        return np.asarray(tokens[:, 1:].mean(axis=1))
    side = round((tokens.shape[1] - 1) ** 0.5)
    grid, half = tokens[:, 1:].reshape(len(tokens), side, side, -1), side // 2
    halves = (slice(half), slice(half, None))
    parts = [grid[:, rows, columns] for rows in halves for columns in halves]
    return np.concatenate([part.mean(axis=(1, 2)) for part in parts], axis=1)


def load_vit(folder: Path, pooling: Pooling = "mean", name: str | None = None) -> VitEncoder:
    """The encoder of a Hugging Face folder, read offline and from safetensors alone.

    Args:
        folder: with ``config.json`` (``vit_mae`` or ``vit``), ``preprocessor_config.json`` and ``model.safetensors``.
        pooling: see :class:`VitEncoder`.
        name: in results; by default the folder's name with the first digits of the weights' SHA-256.

    Raises:
        ModelError: a file is missing or damaged, weights come as a pickle or do not fit the configuration; pictures of
            one patch have no quarters.
    """
    config = read_config(folder)
    if pooling == "quarters" and config.patches == 1:
        what = "its pictures are one patch, which has no quarters"
        raise ModelError(what, where=folder, advice="take the mean or cls")
    path = find_weights(folder)
    vit = _read(path, config)
    if name is None:
        with path.open("rb") as file:
            name = f"MAE {folder.resolve().name} {hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"
    return VitEncoder(vit, config, pooling, name)


def _read(path: Path, config: VitConfig) -> Vit:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            # Checked before anything is built: a damaged configuration could ask for more memory than there is.
            names = names_in_file(shapes, config, path)
            vit = Vit(config)
            own = vit.state_dict()
            for name, stored in names.items():
                tensor = file.get_tensor(stored)
                if not tensor.is_floating_point():
                    raise ModelError(f"{stored} holds {tensor.dtype}, not floats", where=path, advice="get it again")
                if not bool(torch.isfinite(tensor).all()):
                    raise ModelError(f"{stored} holds values that are not finite", where=path, advice="get it again")
                own[name].copy_(tensor)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"cannot be read as safetensors ({error})", where=path, advice="get it again") from None
    return vit
