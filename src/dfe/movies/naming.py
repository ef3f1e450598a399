"""What displays are called: the user's own names where there are any, else words from what moves."""

from __future__ import annotations

from dfe.displays.names import load_names
from dfe.tokenizer.tokenizer import Tokenizer


def display_words(tokenizer: Tokenizer) -> dict[int, str]:
    """A name for each display by its number, ``names.json`` and ``DFE_NAMES`` heeded; two may be called alike.

    Raises:
        ModelError: a file of names that is damaged or another tokenizer's.
    """
    names = load_names(tokenizer)
    return {one.display: names.label(one.display, one.words) for one in tokenizer.displays().described[1:]}
