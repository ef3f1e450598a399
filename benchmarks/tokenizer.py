"""The default tokenizer against codings refitted on the same faces, on people that none of them has seen.

    python benchmarks/tokenizer.py [TABLES]     (by default .cache/tokenizer/tables_2)

Residual k-means, with a book for each level (N times the words) and with one shared book, at the same K and N; flat
k-means; the mean face. Errors are in mm on the mesh, the mean over faces of LFW's test people.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from sklearn.cluster import MiniBatchKMeans

import dfe
from dfe.recording.recording import Recording
from dfe.training.initialise import latent_map

ROOT = Path(__file__).resolve().parents[1]
TRAINING = ("lfw_train", "fer2013_train", "london")


def main() -> None:
    tables = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".cache" / "tokenizer" / "tables_2"
    tokenizer = dfe.load_tokenizer("default")
    train = np.concatenate([expressions(tables / f"{name}.parquet") for name in TRAINING])
    test = expressions(tables / "lfw_test.parquet")
    to_mm = latent_map(tokenizer.space).to_latent
    mean = train.mean(axis=0)
    z, z_test = (train - mean) @ to_mm, (test - mean) @ to_mm
    size, levels = tokenizer.size - 1, tokenizer.levels

    rows = [("mean face", "0", by_distance(z_test))]
    codes = tokenizer.encode(test)
    for used in (1, 2, 4, levels):
        error = tokenizer.space.error_mm(test, tokenizer.decode(codes[:, :used])).mean()
        rows.append((f"{tokenizer.id}, first {used}", f"{(codes[:, :used] > 0).sum(1).mean():.1f}", error))
    for name, shared in (("separate books", False), ("one shared book", True)):
        left = residual_kmeans(z, z_test, size, levels, shared=shared)
        rows += [(f"residual k-means, {name}, first {used}", str(used), left[used - 1]) for used in (1, 2, 4, levels)]
    for words in (512, 4096):
        book = kmeans(z, words)
        rows.append((f"flat k-means, {words} words", "1", by_distance(z_test - book[nearest(z_test, book)])))
    width = max(len(name) for name, _, _ in rows)
    print(f"{len(train)} faces to fit on, {len(test)} to test; K = {size} (and silence), N = {levels}")
    print(f"{'':{width}}  tokens a face  error mm")
    for name, tokens, error in rows:
        print(f"{name:{width}}  {tokens:>13}  {error:8.3f}")


def expressions(table: Path) -> np.ndarray:
    recording = Recording.read(table, landmarks=False)
    return recording.expressions()[recording.usable].astype(np.float64)


def by_distance(left: np.ndarray) -> float:
    return float(np.linalg.norm(left, axis=1).mean())


def kmeans(z: np.ndarray, words: int) -> np.ndarray:
    fitted = MiniBatchKMeans(words, batch_size=4096, n_init=3, max_iter=60, random_state=0).fit(z)
    return np.asarray(fitted.cluster_centers_)


def nearest(z: np.ndarray, book: np.ndarray) -> np.ndarray:
    half = 0.5 * (book**2).sum(axis=1)
    return np.concatenate([(part @ book.T - half).argmax(axis=1) for part in np.array_split(z, 1 + len(z) // 4096)])


def residual_kmeans(z: np.ndarray, z_test: np.ndarray, size: int, levels: int, *, shared: bool) -> list[float]:
    """Mean error on the test faces after each level.

    The shared book is k-means over the residuals of all levels of the separate ones, used greedily.
    """
    books, residuals, left = [], [], z
    for _ in range(levels):
        books.append(kmeans(left, size))
        residuals.append(left)
        left = left - books[-1][nearest(left, books[-1])]
    if shared:
        books = [kmeans(np.concatenate(residuals), size)] * levels
    errors, left = [], z_test
    for book in books:
        left = left - book[nearest(left, book)]
        errors.append(by_distance(left))
    return errors


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
