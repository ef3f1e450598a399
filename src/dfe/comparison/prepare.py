"""From a table to what any comparison begins with: rows measured, subjects chosen, the design, what stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import Progress
from dfe.comparison.designs.beside import Beside, Counting, variants_of
from dfe.comparison.designs.contrast_file import ContrastFile, read_contrasts
from dfe.comparison.designs.frame import DESIGN_MEASURES, Frame, check_periods, frame_of, values_of
from dfe.comparison.designs.named import check_names, named_rows
from dfe.comparison.measures import RowSums, measure_rows
from dfe.comparison.options import CompareOptions
from dfe.comparison.speaking import talking
from dfe.comparison.subjects import Coverage, FlowStep, Subjects, choose_subjects
from dfe.comparison.table import GroupTable, read_group_table
from dfe.recording.copies import refuse_copies
from dfe.recording.neutrals import NONE, neutrals_said
from dfe.tokenizer.tokenizer import Tokenizer

_SHORT = 0.1
"""Of the median usable time: subjects with less are told."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a comparison begins with."""

    table: GroupTable
    tokenizer: Tokenizer
    sums: RowSums
    subjects: Subjects
    frame: Frame
    flow: tuple[FlowStep, ...]
    doubts: tuple[FlowStep, ...]
    coverage: Coverage
    notes: tuple[str, ...]
    beside: Beside


def prepare(
    table: str | PathLike[str],
    recordings: str | PathLike[str],
    options: CompareOptions,
    *,
    several: bool,
    tokenizer: Tokenizer | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Read a table, measure its recordings, choose the subjects; answer a file's contrasts, and count otherwise.

    Args:
        table: CSV with a row for each recording (or part of one).
        recordings: folder that ``dfe encode`` wrote.
        options: what is compared, and how.
        several: whether there may be more than two groups or conditions, or neither.
        tokenizer: that made the tokens, where it does not come with the package.
        progress: told of recordings done.

    Raises:
        TableError: the table, or a recording, cannot be used, or two recordings are copies of one film.
        ModelError: recordings of different tokenizers.
        UsageError: nothing to compare, too few subjects, or sides that were measured against different resting
            faces, or by different instruments.
    """
    columns, folder = options.columns, Path(recordings)
    if columns.group is None and columns.condition is None and not columns.scores:
        raise UsageError("nothing to compare", advice="name a column with --group, --within or --scores")
    if not 0 <= options.min_coverage <= 1 or options.settings.permutations < 1:
        raise UsageError("coverage must be between 0 and 1, permutations 1 or more")
    file = None if options.contrasts is None else read_contrasts(options.contrasts)
    read = read_group_table(
        table,
        folder,
        columns,
        groups=options.groups,
        conditions=options.conditions,
        categories=options.categories,
        missing=options.missing,
        others=options.unmatched == "drop",
        windows=options.windows,
        several=several,
    )
    check_periods(read, str(table))
    if file is not None:
        check_names(file, read.groups or (), read.conditions or (), columns.scores)
    talk = None
    if options.speech is not None:
        talk = talking(options.speech, options.part, read.rows, folder, options.speaker)
    sums, tokenizer = measure_rows(
        read.rows, config=options.events, tokenizer=tokenizer, names=options.names, talk=talk, progress=progress
    )
    check_alike(read, sums, str(table))
    refuse_copies(sums.stretches, table)
    subjects, flow, doubts, coverage = choose_subjects(read, sums, options.min_coverage, str(table))
    frame = frame_of(read, subjects)
    how = Counting(options.events, tokenizer, options.names, talk)
    variants = variants_of(read, subjects, sums, frame, how, options.settings, progress) if options.sensitivity else ()
    values = {measure: values_of(read, subjects, sums, measure) for measure in DESIGN_MEASURES}
    named = () if file is None else named_rows(file, sums.kinds, values, frame, options.settings)
    notes = (*sums.vocabulary.notes, *_notes(read, sums, options), *_short(subjects, sums), *_said(file))
    beside = Beside(file, named, variants)
    return Prepared(read, tokenizer, sums, subjects, frame, flow, doubts, coverage, notes, beside)


def check_alike(table: GroupTable, sums: RowSums, where: str) -> None:
    """Refuse sides that share no resting face or no instrument: what they differ in would be told by that.

    Args:
        table: what is compared.
        sums: of its rows.
        where: the table's file, for errors.

    Raises:
        UsageError: two sides share none.
    """
    for measured, kind, how in (
        (sums.neutrals, "against {} resting face", "encode all with the same --neutral"),
        (sums.instruments, "by {}", "measure all by one"),
    ):
        for what, names in (("group", table.groups), ("condition", table.conditions)):
            sides = [
                {one for row, one in zip(table.rows, measured, strict=True) if getattr(row, what) == name}
                for name in names or ()
            ]
            for name, side in zip((names or ())[1:], sides[1:], strict=True):
                if side and sides[0] and not side & sides[0]:
                    first, second = (kind.format(" and ".join(sorted(one))) for one in (sides[0], side))
                    raise UsageError(
                        f"{(names or ('',))[0]} was measured {first}, {name} {second}", where=where, advice=how
                    )


def _notes(table: GroupTable, sums: RowSums, options: CompareOptions) -> list[str]:
    notes = [f"The table {note}." for note in table.notes]
    if table.left_out:
        which = ", ".join(f"{name} ({count} rows)" for name, count in sorted(table.left_out.items()))
        notes.append(f"Not compared: {which}.")
    several = int((sums.faces > 1).sum())
    if several:
        notes.append(
            f"{several} recordings show more than one face, if only for a moment; a row is about the subject's alone."
        )
    if table.columns.covariates and table.conditions is not None and table.groups is None:
        notes.append(
            "Covariates play no part in the permutation test within subjects; the model of counts holds them constant."
        )
    if options.missing:
        notes.append(f"Taken for unknown in the group, covariates and scores: {', '.join(options.missing)}.")
    notes.append(_resting_said(sums.neutrals, options))
    notes += sums.cautions
    notes.append(_speech_said(sums, options))
    return notes


def _short(subjects: Subjects, sums: RowSums) -> tuple[str, ...]:
    """What to say of subjects who were seen for a moment only, beside others who were seen for long."""
    seconds = subjects.pooled(sums.exposure_s)
    usual = float(np.median(seconds))
    short = int((seconds < _SHORT * usual).sum())
    if not short:
        return ()
    return (
        f"{short} of {len(seconds)} subjects {'was' if short == 1 else 'were'} seen for less than a tenth of the usual "
        f"{usual / 60:.2g} minutes (the shortest for {seconds.min():.3g} s). Means over subjects give such rates the "
        "same weight as all others; ratios of rates do not.",
    )


def _resting_said(neutrals: Sequence[str], options: CompareOptions) -> str:
    if set(neutrals) == {NONE}:
        return "The recordings do not state whose resting face their faces were measured against."
    said = f"Whose resting face the recordings were measured against (rows of the table): {neutrals_said(neutrals)}."
    if options.events.resting_face == "population":
        said += " What was taken off was put back: displays count against everybody's."
    return said


def _speech_said(sums: RowSums, options: CompareOptions) -> str:
    if options.speech is None:
        return "Speech was not taken into account: rates mix silent and speaking time."
    known = sum(sums.spoken)
    time = {"all": "all of the time", "silent": "silent time alone", "speaking": "speaking time alone"}[options.part]
    unknown = len(sums.spoken) - known
    without = f"; of {unknown} it is not known" if unknown else ""
    return f"Counted in {time}: when people speak is known of {known} rows of the table{without}."


def _said(file: ContrastFile | None) -> tuple[str, ...]:
    if file is None:
        return ()
    return (
        f"{len(file.contrasts)} contrasts were named beforehand in {file.name} (SHA-256 {file.sha256}); they are "
        "confirmatory and adjusted after Holm over that file, all other tests are exploratory.",
    )
