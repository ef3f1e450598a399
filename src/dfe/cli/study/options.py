"""Options that the commands of `dfe study` share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional

from dfe.cli.options import TABLE, arg, need_extra
from dfe.cli.show import say, show, show_json, tell

TaskName = Annotated[
    Positional[str],
    arg(
        metavar="TASK", help="stressid, chalearn, daic, edaic, affectnet, fer2013, engagement, or generic with --table."
    ),
]
Root = Annotated[Positional[Path], arg(metavar="ROOT", help="The data set's own folder.")]
LabelTable = Annotated[
    Path | None,
    arg(metavar="CSV", help=f"{TABLE}: for generic, columns path, subject, label; optional session, condition, onset, "
        "offset, split; covariates."),
]  # fmt: skip
LabelOf = Annotated[
    Literal["subject", "task"],
    arg(help="For generic: whether a label is the person's, or changes between a person's recordings."),
]


def need_study() -> None:
    """Stop where the extra "study" is not installed.

    Raises:
        DfeError: names what is missing.
    """
    need_extra("a study", "study", "scipy", "sklearn")


def show_scores(result: Mapping[str, Any], folder: Path, *, as_json: bool) -> None:
    """The figures of a study, and where its page is."""
    from dfe.cli.tables import study_table

    if as_json:
        show_json(result)
        return
    for target in result["targets"]:
        show(study_table(target))
    for warning in result["about"]["warnings"]:
        tell(f"caution: {warning}")
    say(f"page:        {folder / 'study.html'}", f"all figures: {folder / 'scores.json'}")
