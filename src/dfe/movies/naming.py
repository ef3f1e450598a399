"""What displays are called: the user's own names where there are any, else words from what moves."""

from __future__ import annotations

from dfe.displays.vocabulary import vocabulary_of
from dfe.tokenizer.tokenizer import Tokenizer


def display_words(tokenizer: Tokenizer) -> dict[int, str]:
    """A name for each display by its number, ``names.json`` and ``DFE_NAMES`` heeded.

    Two may be called alike; those that the user has merged are.

    Raises:
        ModelError: a file of names that is damaged or another tokenizer's.
    """
    words = vocabulary_of(tokenizer)
    return {number: words.names[words.counted_as(number)].label for number in range(1, words.size + 1)}
