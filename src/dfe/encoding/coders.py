"""Which tokenizer codes a recording: the one that was named, or the default of the space that its faces are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfe.base.errors import ModelError
from dfe.encoding.options import DEFAULT_TOKENIZER, EncodeOptions
from dfe.recording.provenance import SpaceRef
from dfe.recording.recording import Recording

if TYPE_CHECKING:
    from dfe.tokenizer.tokenizer import Tokenizer

UNCORRECTED = "none"
"""What is done about a person's own neutral face, outside the face model's space: nothing."""


class Coders:
    """The tokenizers of a run; each is opened when it is first needed.

    Args:
        options: of the run; with no tokenizer among them, nothing is coded.

    Raises:
        ModelError: the tokenizer that was named cannot be opened.
    """

    def __init__(self, options: EncodeOptions) -> None:
        self._flame = options.flame
        self._by_space = options.tokenizer == DEFAULT_TOKENIZER
        self._opened: dict[str, Tokenizer] = {}
        self._named = None if self._by_space or options.tokenizer is None else self._open(options.tokenizer)

    def fitting(self, space: SpaceRef, neutral: str = UNCORRECTED, where: str | None = None) -> Tokenizer | None:
        """The tokenizer of faces in a space, treated so for a person's own neutral face; None where none is wanted.

        Raises:
            ModelError: it codes another space, or another treatment of the neutral face; or the space has no default.
        """
        tokenizer = self._default(space, where) if self._by_space else self._named
        if tokenizer is not None:
            check_fits(tokenizer, space, neutral, where)
        return tokenizer

    def code(self, recording: Recording) -> Recording:
        """The recording with its tokens, if any are wanted.

        Raises:
            ModelError: as :meth:`fitting`.
        """
        made = recording.provenance
        tokenizer = self.fitting(made.space, made.neutral, where=made.source.name)
        return recording if tokenizer is None else add_tokens(recording, tokenizer)

    def possible(self) -> list[Tokenizer]:
        """Every tokenizer that may come to code something in this run."""
        if not self._by_space:
            return [] if self._named is None else [self._named]
        from dfe.tokenizer.file import default_ids

        return [self._open(name) for name in default_ids().values()]

    def identity(self) -> object:
        """What stands for them in a key that tells whether results are still those of the same run."""
        if not self._by_space:
            return None if self._named is None else dict(self._named.provenance())
        from dfe.tokenizer.file import default_ids

        return default_ids()

    def _default(self, space: SpaceRef, where: str | None) -> Tokenizer:
        from dfe.tokenizer.file import default_id

        return self._open(default_id(space.id, where))

    def _open(self, name: str) -> Tokenizer:
        from dfe.tokenizer.file import load_tokenizer

        if name not in self._opened:
            self._opened[name] = load_tokenizer(name, flame=self._flame)
        return self._opened[name]


def add_tokens(recording: Recording, tokenizer: Tokenizer) -> Recording:
    """The recording with the columns ``tok_k`` and ``mm_k``, replacing any that it has.

    Raises:
        ModelError: the tokenizer codes another space, or another treatment of the neutral face.
    """
    made = recording.provenance
    check_fits(tokenizer, made.space, made.neutral, where=made.source.name)
    return recording.with_tokens(tokenizer.encode(recording.expressions()), tokenizer.provenance())


def check_fits(tokenizer: Tokenizer, space: SpaceRef, neutral: str = UNCORRECTED, where: str | None = None) -> None:
    """Refuse a tokenizer that cannot code what is in ``space``, treated so for a person's own neutral face.

    Raises:
        ModelError: the tokenizer codes another space, or another treatment of the neutral face.
    """
    coded = tokenizer.space
    if (space.id, space.hash) != (coded.id, coded.hash):
        raise ModelError(
            f"tokenizer {tokenizer.id} codes space {coded.id} version {coded.version}, and the faces are in {space.id} "
            f"version {space.version}",
            where=where,
            advice="choose a tokenizer of the same space, or write no tokens (--tokenizer none)",
        )
    if neutral != tokenizer.subject_neutral:
        raise ModelError(
            f"tokenizer {tokenizer.id} was trained with neutral mode '{tokenizer.subject_neutral}', and the faces have "
            f"'{neutral}'",
            where=where,
            advice="choose another tokenizer",
        )
