"""Trains the small masked autoencoder that docs/mae.md describes, into .cache/mae/folder.

    make mae           (needs ../shared/data; 25 minutes on one core, once `make tokenizer` has made the tables)

The folder is laid out as Hugging Face's ViTMAE, so that `--mae FOLDER` reads it as it reads any other. It is not part
of the package: it is an opponent to measure tokens against.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
import torch

from dfe.predict.vit.layout import VitConfig
from learning.masked import DecoderConfig
from learning.vit_pretraining import PretrainConfig, Progress, pretrain, reconstruction_errors, write_folder
from mae_crops import HELD_OUT, JITTER, LEARNED, SIDE, crops_of, middle

ROOT = Path(__file__).resolve().parents[1]
DECODER = DecoderConfig(width=96, depth=1, heads=3)


def config_for(crops: np.ndarray) -> VitConfig:
    """ViT of 192 numbers a token, 4 layers; pixels scaled by the training crops' own mean and spread."""
    mean, std = float(crops.mean() / 255), float(crops.std() / 255)
    return VitConfig(SIDE, 8, 1, 192, 4, 6, 768, mean=(round(mean, 4),), std=(round(std, 4),))


def main() -> None:
    """Cut, train, write, say the error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "tokenizer", help="with media/ and tables/")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "mae")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="or cuda")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    faces = np.concatenate([crops_of(part, options.work, options.out / "crops").pixels for part in LEARNED])
    config = config_for(faces)
    print(f"{len(faces):,} crops to learn from, mean {config.mean[0]}, spread {config.std[0]}", flush=True)
    how = PretrainConfig(epochs=options.epochs, batch=64, rate=8e-4, jitter=JITTER, seed=options.seed)
    began, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime

    def tell(progress: Progress) -> None:
        gone = time.perf_counter() - began
        left = gone / progress.epoch * (options.epochs - progress.epoch)
        print(f"epoch {progress.epoch}: loss {progress.loss:.4f}, {gone:.0f} s, {left:.0f} s to go", flush=True)

    model = pretrain(faces, config, DECODER, how, tell, options.device)
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu
    sha = write_folder(model, DECODER, options.out / "folder", overwrite=True)
    errors = {}
    for part in (*LEARNED, *HELD_OUT):
        shown = middle(crops_of(part, options.work, options.out / "crops").pixels[:2500])
        errors[part] = float(reconstruction_errors(model, shown).mean())
    said = {
        "crops": len(faces), "epochs": options.epochs, "seed": options.seed, "cpu_s": round(spent),
        "parameters": sum(p.numel() for p in model.vit.parameters()), "sha256": sha, "errors": errors,
    }  # fmt: skip
    (options.out / "made.json").write_text(json.dumps(said, indent=2) + "\n")
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
