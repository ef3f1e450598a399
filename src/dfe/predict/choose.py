"""Representations by the names that the command line knows them by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from dfe.base.errors import UsageError
from dfe.displays.units import UnitKind
from dfe.displays.vocabulary import Vocabulary
from dfe.events.config import EventConfig
from dfe.predict.reading import SpeechPart
from dfe.predict.representation import Representation
from dfe.tokenizer.tokenizer import Tokenizer

Pooling = Literal["mean", "cls", "quarters"]

USUAL = ("tokens", "au-proxy", "coefficients", "words")
"""What a study compares by default; the nuisance row is always there."""
CORRECTED = frozenset(
    {
        "tokens",
        "tokens-share",
        "tokens-without-eyes",
        "eyes",
        "groups",
        "tokens-amount",
        "tokens-steps",
        "tokens-events",
        "tokens-bigrams",
        "au-proxy",
        "au-proxy-without-eyes",
        "au-tables",
        "coefficients",
        "coefficients-and-eyes",
    }
)
"""Representations from which a baseline is taken off where one is named."""


def choose(
    names: Sequence[str],
    tokenizer: Tokenizer,
    *,
    au_tables: Path | Mapping[str, Path] | None = None,
    words: int = 256,
    speech: SpeechPart | None = None,
    events: EventConfig | None = None,
    baseline: str | None = None,
    mae: Path | None = None,
    pooling: Pooling = "quarters",
    media: Path | None = None,
    given: Path | None = None,
    vocabulary: Vocabulary | None = None,
) -> list[Representation]:
    """Representations by name, in the order given.

    Args:
        names: of :data:`USUAL`, ``tokens-without-eyes``, ``eyes``, ``groups``, ``au-proxy-without-eyes``,
            ``coefficients-and-eyes``, ``au-tables``, ``mae``, ``given``, ``nuisance``; bags of one kind alone:
            ``tokens-share``, ``tokens-amount``, ``tokens-steps``, ``tokens-log-ratio``, ``tokens-tf-idf``,
            ``tokens-presence``, ``tokens-events``, ``tokens-durations``, ``tokens-bigrams``.
        tokenizer: whose tokens the recordings hold.
        au_tables: a detector's tables, in a folder or by recording, for ``au-tables``.
        words: number of flat words.
        speech: bags of tokens count silent or speaking time alone.
        events: what counts as an event, for the bags of them.
        baseline: condition of the windows that are taken off as each person's own baseline, of tokens (shares and
            events), coefficients and action units.
        mae: folder of a vision transformer in Hugging Face's layout, for ``mae``.
        pooling: what counts: the ``mean`` of its patches, those of the face's ``quarters``, or the ``cls`` token.
        media: folder of the videos and pictures that were encoded, for ``mae``.
        given: features made elsewhere (VideoMAE, MARLIN), an npz file, for ``given``.
        vocabulary: names, merges and groups that tokens are counted by; the user's if None.

    Raises:
        UsageError: no such representation, one named twice, or one that needs a folder which is not named.
    """
    from dfe.predict.representations.action_units import au_proxy
    from dfe.predict.representations.action_units import au_tables as read_tables
    from dfe.predict.representations.baseline import WithoutBaseline
    from dfe.predict.representations.codings import CoefficientCoding, TokenCoding
    from dfe.predict.representations.nuisance import Nuisance
    from dfe.predict.representations.pooled import Pooled
    from dfe.predict.representations.tokens import TokenBag
    from dfe.predict.representations.words import FlatWords

    def tables() -> Representation:
        if au_tables is None:
            raise UsageError("au-tables needs a folder of AU tables", advice="name it with --au-tables")
        return read_tables(au_tables)

    def pictures() -> Representation:
        from dfe.predict.representations.pictures import PictureFeatures, load_encoder, media_below

        if mae is None or media is None:
            advice = "name them with --mae and --media"
            raise UsageError("mae needs a folder of weights and one of media", advice=advice)
        return PictureFeatures(load_encoder(mae, pooling), media_below(media))

    def features() -> Representation:
        from dfe.predict.representations.given import GivenFeatures

        if given is None:
            raise UsageError("given needs a file of features", advice="name it with --given")
        return GivenFeatures(given)

    config = events or EventConfig()

    def displays(units: tuple[UnitKind, ...]) -> Representation:
        return Pooled(TokenCoding(tokenizer, units=units, vocabulary=vocabulary), speech=speech)

    bag = partial(TokenBag, tokenizer, speech=speech, vocabulary=vocabulary)
    makers: dict[str, Callable[[], Representation]] = {
        "tokens": lambda: displays(("display", "eyes")),
        "tokens-share": bag,
        "tokens-amount": lambda: bag("amount"),
        "tokens-steps": lambda: bag("steps"),
        "tokens-log-ratio": lambda: bag(kind="log-ratio"),
        "tokens-tf-idf": lambda: bag(kind="tf-idf"),
        "tokens-presence": lambda: bag(kind="presence"),
        "tokens-events": lambda: bag("events", config=config),
        "tokens-durations": lambda: bag("durations", config=config),
        "tokens-without-eyes": lambda: displays(("display",)),
        "eyes": lambda: displays(("eyes",)),
        "groups": lambda: displays(("group",)),
        "tokens-bigrams": lambda: bag("bigrams", config=config),
        "au-proxy": au_proxy,
        "au-proxy-without-eyes": lambda: au_proxy(eyes=False),
        "au-tables": tables,
        "coefficients": lambda: Pooled(CoefficientCoding()),
        "coefficients-and-eyes": lambda: Pooled(CoefficientCoding(eyes=True)),
        "words": lambda: FlatWords(words),
        "mae": pictures,
        "given": features,
        "nuisance": Nuisance,
    }
    for name in names:
        if name not in makers:
            raise UsageError(f"no representation {name!r}", advice=f"use some of {', '.join(makers)}")
    if len(set(names)) < len(names):
        raise UsageError("a representation is named twice")
    made = [makers[name]() for name in names]
    if baseline is None:
        return made
    return [WithoutBaseline(one, baseline) if name in CORRECTED else one for name, one in zip(names, made, strict=True)]
