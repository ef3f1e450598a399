"""Losses of the tokenizer, one a file: functions of tensors, in mm or without unit."""

from __future__ import annotations

from dfe.training.losses.codebook import codebook
from dfe.training.losses.coherence import coherence
from dfe.training.losses.commitment import commitment
from dfe.training.losses.distance import distance
from dfe.training.losses.orthogonality import orthogonality
from dfe.training.losses.reconstruction import reconstruction
from dfe.training.losses.sparsity import sparsity
from dfe.training.losses.usage import usage

__all__ = [
    "codebook",
    "coherence",
    "commitment",
    "distance",
    "orthogonality",
    "reconstruction",
    "sparsity",
    "usage",
]
