"""What is measured of several recordings, put together as the examples stand."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dfe.datasets.examples import Examples
from dfe.predict.episodes import Episodes, measure_events
from dfe.predict.measures import Measures, measure_tokens
from dfe.predict.reading import SpeechPart, readings
from dfe.predict.representation import Features, Representation, describe
from dfe.tokenizer.tokenizer import Tokenizer

_Sums = TypeVar("_Sums", Measures, Episodes)


def features_of(representation: Representation, examples: Examples, folder: Path) -> Features:
    """What one representation says."""
    return describe([representation], examples, folder)[0]


def tokens_of(examples: Examples, folder: Path, tokenizer: Tokenizer, speech: SpeechPart | None = None) -> Measures:
    """Sums of tokens of all examples."""
    return _joined([(one.places, measure_tokens(one, tokenizer, speech)) for one in readings(examples, folder)])


def events_of(examples: Examples, folder: Path, tokenizer: Tokenizer, **options: Any) -> Episodes:
    """Sums of events of all examples."""
    return _joined([(one.places, measure_events(one, tokenizer, **options)) for one in readings(examples, folder)])


def _joined(parts: list[tuple[Any, _Sums]]) -> _Sums:
    order = np.argsort(np.concatenate([places for places, _ in parts]))
    first = parts[0][1]
    columns = {
        one.name: None
        if getattr(first, one.name) is None
        else np.concatenate([getattr(made, one.name) for _, made in parts])[order]
        for one in fields(first)
    }
    return type(first)(**columns)
