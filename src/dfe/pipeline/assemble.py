"""From what the workers saw to one recording: faces are told apart, then coded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfe import __version__
from dfe.errors import TableError
from dfe.frontends.tracks import identify, only_largest
from dfe.pipeline.options import EncodeOptions
from dfe.pipeline.tasks import Observed
from dfe.recording.build import RowBuffer, build_recording
from dfe.recording.provenance import Provenance, SpaceRef, creation_time
from dfe.recording.recording import Recording
from dfe.space.arkit import load_space

if TYPE_CHECKING:
    from dfe.tokenizer.tokenizer import Tokenizer


def assemble(parts: Sequence[Observed], options: EncodeOptions, tokenizer: Tokenizer | None) -> Recording:
    """One recording out of the parts of one source, in their order.

    Face ids are assigned here, over the whole recording, so they do not depend on how the work was shared.
    """
    rows = RowBuffer()
    for part in parts:
        rows.extend(part.rows)
    info = parts[0].info
    if info is None:
        raise ValueError("the first part does not say what the source is")
    space = load_space()
    provenance = Provenance(
        source=info,
        space=SpaceRef(space.id, space.version, space.hash),
        package_version=__version__,
        frontend=parts[0].front_end,
        mirrored=options.mirrored,
        options=options.provenance(),
        warnings=parts[0].warnings,
        created=creation_time(),
    )
    ids = identify(rows.frames, rows.times, rows.boxes)
    if options.largest_only:
        ids = only_largest(ids)
    recording = build_recording(rows, provenance, face_ids=ids, usability=options.usability)
    return recording if tokenizer is None else add_tokens(recording, tokenizer)


def add_tokens(recording: Recording, tokenizer: Tokenizer) -> Recording:
    """The recording with the columns ``tok_1 ... tok_N``, replacing any that it has.

    Raises:
        TableError: the tokenizer codes another space, or another treatment of the neutral face.
    """
    space = recording.provenance.space
    if (space.id, space.hash) != (tokenizer.space.id, tokenizer.space.hash):
        raise TableError(
            f"its coefficients are those of space {space.id} version {space.version}, and tokenizer {tokenizer.id} "
            f"codes {tokenizer.space.id} version {tokenizer.space.version}",
            where=recording.provenance.source.name,
            advice="choose a tokenizer of the same space",
        )
    if recording.provenance.neutral != tokenizer.subject_neutral:
        raise TableError(
            f"its neutral mode is '{recording.provenance.neutral}', and tokenizer {tokenizer.id} was trained on "
            f"'{tokenizer.subject_neutral}'",
            where=recording.provenance.source.name,
            advice="encode it again with that mode, or choose another tokenizer",
        )
    return recording.with_tokens(tokenizer.encode(recording.expressions()), tokenizer.provenance())
