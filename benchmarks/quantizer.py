"""Speed of the codec's residual search on one core, beside a plain search and torch's, in the same run.

    python benchmarks/quantizer.py [--rows 20000] [--repeats 5]

Prints vectors per second (median over repeats, the methods taking turns) and the ratio to the plain float64 search in
numpy, and checks that all methods that promise exact codes give the same ones. ``vector-quantize-pytorch`` joins in
where it is installed.
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

from dfe.tokenizer.codec import GramSearch, encode_rows  # noqa: E402

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
    seconds: dict[str, list[float]] = {name: [] for name in there}
    for _ in range(options.repeats):
        for name, method in there.items():
            begun = time.perf_counter()
            method(z)
            seconds[name].append(time.perf_counter() - begun)
    floor = statistics.median(seconds["plain numpy, float64"])
    exact = codes["plain numpy, float64"]
    # The codec falls silent for good where no code helps; the others go on, so compare up to there.
    speaks = np.logical_and.accumulate(exact > 0, axis=1)
    print(f"K={options.size} N={options.levels} d={options.dimension}, {options.rows} rows, one core, float32 input")
    print(f"{'method':28} {'vectors/s':>12} {'ratio':>7} {'rows with other codes':>22}")
    for name in methods:
        if name not in there:
            print(f"{name:28} {'not installed':>12}")
            continue
        middle = statistics.median(seconds[name])
        other = ((codes[name] != exact) & speaks).any(axis=1).sum()
        print(f"{name:28} {options.rows / middle:12,.0f} {floor / middle:7.2f} {other:22}")
    again = encode_rows(gram, z, lambda x, dtype: x.astype(dtype)).doubt.mean()
    print(f"the codec searched {again:.2%} of the rows again in float64")


if __name__ == "__main__":
    main()
