"""The report of a study, from the files in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dfe.base.files import replacing
from dfe.predict.figures import figures
from dfe.predict.page import study_page
from dfe.predict.store import PAGE, SCORES, as_json, read_predictions


def write_report(folder: Path, *, overwrite: bool = False) -> dict[str, Any]:
    """Make all figures anew from what was predicted, and write ``scores.json`` and ``study.html`` beside it.

    Returns:
        The content of ``scores.json``.

    Raises:
        TableError: a file of the study is missing or damaged.
        OutputError: a report is there (without ``overwrite``), or it cannot be written.
    """
    study = read_predictions(folder)
    found = figures(study)
    page = study_page(found, study.pictures)
    with replacing(folder / SCORES, folder / PAGE, overwrite=overwrite) as (scores, html):
        scores.write(as_json(found))
        html.write(page.encode())
    return found
