"""From weights of a model back to displays: which ones, in words and as drawn heads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dfe.displays.vocabulary import Vocabulary
from dfe.draw.templates import template_pictures
from dfe.predict.figures import figures
from dfe.predict.store import Predictions
from dfe.tokenizer.tokenizer import Tokenizer

_SIZE = 160


def with_displays(study: Predictions, tokenizer: Tokenizer, bag: str, vocabulary: Vocabulary) -> Predictions:
    """The study with words of the tokenizer's displays, and pictures of those that its models go by.

    Args:
        study: as run.
        tokenizer: behind the bag of tokens.
        bag: id of the representation whose features begin with the numbers of displays.
        vocabulary: names and merges that the bag counted by.
    """
    displays = tokenizer.displays()
    words = {str(number): name.label for number, name in vocabulary.names.items()}
    about = {**study.about, "bag": bag, "displays": words, "merges": list(vocabulary.notes)}
    told = replace(study, about=about)
    numbers = sorted(
        {
            one["display"]
            for target in figures(told)["targets"]
            for group in target["displays"]["groups"]
            for one in _of(group)
            if one["display"] is not None
        }
    )
    if not numbers or not tokenizer.space.has_surface:
        return told
    drawn = template_pictures(tokenizer.space, displays.templates[np.array(numbers)], size=_SIZE)
    about["heat_max_mm"] = drawn.heat_max_mm
    return replace(told, pictures=dict(zip(numbers, drawn.front, strict=True)))


def _of(group: dict[str, Any]) -> list[dict[str, Any]]:
    return list(group["displays"])
