"""Representations by the names that the command line knows them by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from dfe.errors import UsageError
from dfe.study.representation import Representation
from dfe.tokenizer.tokenizer import Tokenizer

USUAL = ("tokens", "au-proxy", "coefficients", "words")
"""What a study compares by default; the nuisance row is always there."""


def choose(
    names: Sequence[str], tokenizer: Tokenizer, *, au_tables: Path | None = None, words: int = 256
) -> list[Representation]:
    """Representations by name, in the order given.

    Args:
        names: of :data:`USUAL`, ``tokens-amount``, ``tokens-steps``, ``tokens-log-ratio``, ``au-tables``, ``nuisance``.
        tokenizer: whose tokens the recordings hold.
        au_tables: folder of a detector's tables, for ``au-tables``.
        words: number of flat words.

    Raises:
        UsageError: no such representation, one named twice, or one that needs a folder which is not named.
    """
    from dfe.study.representations.action_units import au_proxy
    from dfe.study.representations.action_units import au_tables as read_tables
    from dfe.study.representations.coefficients import CoefficientMoments
    from dfe.study.representations.nuisance import Nuisance
    from dfe.study.representations.tokens import TokenBag
    from dfe.study.representations.words import FlatWords

    def tables() -> Representation:
        if au_tables is None:
            raise UsageError("au-tables needs a folder of AU tables", advice="name it with --au-tables")
        return read_tables(au_tables)

    makers: dict[str, Callable[[], Representation]] = {
        "tokens": lambda: TokenBag(tokenizer),
        "tokens-amount": lambda: TokenBag(tokenizer, "amount"),
        "tokens-steps": lambda: TokenBag(tokenizer, "steps"),
        "tokens-log-ratio": lambda: TokenBag(tokenizer, kind="log-ratio"),
        "au-proxy": au_proxy,
        "au-tables": tables,
        "coefficients": CoefficientMoments,
        "words": lambda: FlatWords(words),
        "nuisance": Nuisance,
    }
    for name in names:
        if name not in makers:
            raise UsageError(f"no representation {name!r}", advice=f"use some of {', '.join(makers)}")
    if len(set(names)) < len(names):
        raise UsageError("a representation is named twice")
    return [makers[name]() for name in names]
