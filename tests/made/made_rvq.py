"""The torch model of a tokenizer's file: what the engine in numpy is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfe.tokenizer.tokenizer import Tokenizer

if TYPE_CHECKING:
    from dfe.quantizers.rvq.train.model import RvqModel


def torch_model(tokenizer: Tokenizer) -> RvqModel:
    """The model in float64 with the weights of a tokenizer of residual vector quantisation."""
    import torch

    from dfe.quantizers.rvq.train.model import RvqModel

    weights = tokenizer.weights
    model = RvqModel(tokenizer.config, weights["neutral"], weights["to_latent"], weights["from_latent"]).double()
    with torch.no_grad():
        model.quantizer.codes.copy_(torch.tensor(weights["codebook"][1:]))
        model.quantizer.log_gains.copy_(torch.tensor(weights["gains"], dtype=torch.float64)[1:].log())
    for part, module in model._learned():
        prefix = f"{part}."
        named = {n.removeprefix(prefix): torch.tensor(a) for n, a in weights.items() if n.startswith(prefix)}
        module.load_state_dict(named)
    return model
