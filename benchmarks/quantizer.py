"""Speed of searches, of a training step and of the shipped tokenizers on one core, peers in the same run.

    python benchmarks/quantizer.py [--rows 20000] [--repeats 5]

Prints, as medians over repeats in which the methods take turns: vectors per second of the residual search beside a
plain search and torch's, and whether all that promise exact codes give the same ones; milliseconds of a training step
of the quantiser (search, losses, gradient, Adam); and CPU seconds that a million faces take through each tokenizer of
the package. ``vector-quantize-pytorch`` joins in where it is installed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402

import dfe  # noqa: E402
from dfe.quantizers.rvq.search import GramSearch, encode_rows  # noqa: E402

TOKENIZERS = ("default", "dfe-face41@3", "dfe-rvq@1")
TRAINED_ROWS = 1024
FACES = 8192
Search = Callable[[np.ndarray], np.ndarray]


def plain_search(book: np.ndarray, gains: np.ndarray) -> Search:
    """Distances of the residual to every code at every level, in float64."""
    book = book.astype(np.float64)

    def search(z: np.ndarray) -> np.ndarray:
        codes = np.empty((len(z), len(gains)), dtype=np.int16)
        for first in range(0, len(z), 512):
            residual = z[first : first + 512].astype(np.float64)
            for level, gain in enumerate(gains):
                said = gain * book
                distance = np.square(said).sum(axis=1) - 2 * residual @ said.T
                best = distance.argmin(axis=1)
                codes[first : first + 512, level] = best
                residual = residual - said[best]
        return codes

    return search


def torch_search(book: np.ndarray, gains: np.ndarray) -> Search:
    """The usual residual search in float32: one product with the book per level."""
    import torch

    torch.set_num_threads(1)
    books = [torch.tensor(gain * book, dtype=torch.float32) for gain in gains]

    @torch.no_grad()
    def search(z: np.ndarray) -> np.ndarray:
        residual, codes = torch.from_numpy(z), []
        for said in books:
            best = torch.addmm(-0.5 * said.square().sum(dim=1), residual, said.T).argmax(dim=1)
            residual = residual - said[best]
            codes.append(best)
        return torch.stack(codes, dim=1).numpy()

    return search


def library_search(book: np.ndarray, gains: np.ndarray) -> Search | None:
    """vector-quantize-pytorch with one book per level, or None where it is not installed."""
    try:
        import torch
        from vector_quantize_pytorch import ResidualVQ
    except ImportError:
        return None
    torch.set_num_threads(1)
    model = ResidualVQ(dim=book.shape[1], codebook_size=len(book), num_quantizers=len(gains)).eval()
    for layer, gain in zip(model.layers, gains, strict=True):
        layer._codebook.embed.data.copy_(torch.tensor(gain * book, dtype=torch.float32)[None])

    @torch.no_grad()
    def search(z: np.ndarray) -> np.ndarray:
        return np.asarray(model(torch.from_numpy(z)[None])[1][0])

    return search


def our_step(book: np.ndarray, levels: int) -> Callable[[], None]:
    """One step of a book with gains by level: greedy search, reconstruction and codebook losses, gradient, Adam."""
    import torch

    from dfe.quantizers.rvq.train.losses import codebook
    from dfe.quantizers.rvq.train.quantizer import ResidualQuantizer

    torch.manual_seed(0)
    quantizer = ResidualQuantizer(book.shape[1], len(book), levels, 0.0)
    optimiser = torch.optim.Adam(quantizer.parameters(), lr=1e-3)
    z = torch.randn(TRAINED_ROWS, book.shape[1])

    def step() -> None:
        out = quantizer(z)
        loss = (out.latent - z).square().sum(dim=1).mean() + 0.05 * codebook(out.residuals, out.spoken)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def library_step(book: np.ndarray, levels: int, *, gradient: bool) -> Callable[[], None] | None:
    """The same with vector-quantize-pytorch and one shared book: by gradient like ours, or by its default, EMA."""
    try:
        import torch
        from vector_quantize_pytorch import ResidualVQ
    except ImportError:
        return None
    torch.manual_seed(0)
    kind = {"learnable_codebook": True, "ema_update": False} if gradient else {}
    model = ResidualVQ(
        dim=book.shape[1], codebook_size=len(book), num_quantizers=levels, shared_codebook=True, **kind
    ).train()
    optimiser = torch.optim.Adam([*model.parameters(), torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    z = torch.randn(1, TRAINED_ROWS, book.shape[1])

    def step() -> None:
        rows = z.clone().requires_grad_()
        said, _, commitment = model(rows)
        loss = (said - rows).square().sum(dim=2).mean() + commitment.sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def taking_turns(methods: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each; all have run once before."""
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for method in methods.values():
        method()
    for _ in range(repeats):
        for name, method in methods.items():
            begun = time.perf_counter()
            method()
            seconds[name].append(time.perf_counter() - begun)
    return {name: statistics.median(all_of) for name, all_of in seconds.items()}


def show_steps(book: np.ndarray, levels: int, repeats: int) -> None:
    """Milliseconds of a training step, and how many of ours fit into one of the library's."""
    steps = {
        "ours": our_step(book, levels),
        "vector-quantize-pytorch, gradient": library_step(book, levels, gradient=True),
        "vector-quantize-pytorch, EMA": library_step(book, levels, gradient=False),
    }
    took = taking_turns({name: step for name, step in steps.items() if step is not None}, repeats)
    print(f"\ntraining step, {TRAINED_ROWS} rows, one shared book   {'ms':>8} {'ratio':>7}")
    for name in steps:
        if name in took:
            print(f"{name:45} {1000 * took[name]:8.1f} {took[name] / took['ours']:7.2f}")
        else:
            print(f"{name:45} not installed")


def show_tokenizers(repeats: int) -> None:
    """CPU seconds that a million faces take through encoder and search of the shipped tokenizers."""
    rng = np.random.default_rng(0)
    print(f"\n{'tokenizer':28} {'CPU s a million faces':>22}")
    for name in TOKENIZERS:
        try:
            tokenizer = dfe.load_tokenizer(name)
        except dfe.DfeError:
            print(f"{name:28} {'not in the package':>22}")
            continue
        faces = np.clip(rng.gamma(0.35, 0.25, (FACES, tokenizer.space.dimension)), 0, 1).astype(np.float32)
        took = taking_turns({name: lambda t=tokenizer, x=faces: t.encode(x)}, repeats)[name]
        print(f"{tokenizer.id:28} {took / FACES * 1e6:22.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--levels", type=int, default=8)
    parser.add_argument("--dimension", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    book = rng.normal(size=(options.size, options.dimension)).astype(np.float32)
    book[0] = 0
    gains = 0.8 ** np.arange(options.levels)
    z = rng.normal(size=(options.rows, options.dimension)).astype(np.float32)
    gram = GramSearch(book, gains, 0.0)
    methods: dict[str, Search | None] = {
        "plain numpy, float64": plain_search(book, gains),
        "torch, float32": torch_search(book, gains),
        "vector-quantize-pytorch": library_search(book, gains),
        "Gram search, float32 only": lambda z: gram.search(z).codes,
        "codec: exact codes": lambda z: encode_rows(gram, z, lambda x, dtype: x.astype(dtype)).codes,
    }
    there = {name: method for name, method in methods.items() if method is not None}
    codes = {name: method(z) for name, method in there.items()}
    took = taking_turns({name: lambda m=method: m(z) for name, method in there.items()}, options.repeats)
    floor = took["plain numpy, float64"]
    exact = codes["plain numpy, float64"]
    # The codec falls silent for good where no code helps; the others go on, so compare up to there.
    speaks = np.logical_and.accumulate(exact > 0, axis=1)
    print(f"K={options.size} N={options.levels} d={options.dimension}, {options.rows} rows, one core, float32 input")
    print(f"{'method':28} {'vectors/s':>12} {'ratio':>7} {'rows with other codes':>22}")
    for name in methods:
        if name not in there:
            print(f"{name:28} {'not installed':>12}")
            continue
        middle = took[name]
        other = ((codes[name] != exact) & speaks).any(axis=1).sum()
        print(f"{name:28} {options.rows / middle:12,.0f} {floor / middle:7.2f} {other:22}")
    again = encode_rows(gram, z, lambda x, dtype: x.astype(dtype)).doubt.mean()
    print(f"the codec searched {again:.2%} of the rows again in float64")
    show_steps(book, options.levels, options.repeats)
    show_tokenizers(options.repeats)


if __name__ == "__main__":
    main()
