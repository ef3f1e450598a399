"""How rows and facts look in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape as escape_markup
from rich.table import Table
from rich.tree import Tree

from dfe.base.printable import printable
from dfe.pages.formats import percent

if TYPE_CHECKING:
    from dfe.events.folder import RecordingEvents
    from dfe.overview.summary import FaceSummary
    from dfe.recording.faces import FaceTrack
    from dfe.recording.quality import QcRow


def escape(text: str) -> str:
    """Text from files as a terminal may show it: neither markup nor control characters do anything."""
    return escape_markup(printable(text))


VERDICT_COLOURS = {"good": "green", "check": "yellow", "poor": "red"}
LONG_LIST = 8


def _headed(**more: Any) -> Table:
    return Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, **more)


def _add_numbers(table: Table, headings: Iterable[str]) -> None:
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)


def _coloured(verdict: str) -> str:
    return f"[{VERDICT_COLOURS.get(verdict, 'white')}]{verdict}[/]"


def quality_table(rows: Iterable[QcRow]) -> Table:
    """One line a recording, the verdict first, and below its name what speaks against it; fits 80 columns."""
    table = _headed()
    table.add_column("verdict")
    _add_numbers(table, ("face", "usable", "faces", "seconds", "frames/s"))
    table.add_column("recording", overflow="fold")
    for row in rows:
        why = f"\n[dim]{escape(row.why)}[/]" if row.why else ""
        table.add_row(
            _coloured(row.verdict),
            percent(row.found_share),
            percent(row.usable_share),
            str(row.faces),
            _number(row.duration_s),
            _number(row.frame_rate),
            f"{escape(row.name)}{why}",
        )
    return table


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Whatever a query gives, as it is."""
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(escape(name), overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else escape(_short(cell)) for cell in row))
    return table


def _number(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.1f}"


def events_table(rows: Iterable[RecordingEvents]) -> Table:
    """One line a recording: how many events of each kind, in how many seconds with a face."""
    table = _headed()
    table.add_column("recording", overflow="fold")
    _add_numbers(table, ("faces", "s", "displays", "/min", "groups", "eyes", "blinks", "shifts"))
    for row in rows:
        kinds = [event.kind for event in row.events]
        faces = row.events.faces
        table.add_row(
            escape(row.name),
            str(len(faces)),
            _number(sum(face.exposure_s for face in faces)),
            str(kinds.count("display")),
            _number(row.per_min),
            str(kinds.count("group")),
            str(kinds.count("eyes")) if any(face.blinks or face.looks for face in faces) else "–",
            str(kinds.count("blink")) if any(face.blinks for face in faces) else "–",
            str(kinds.count("gaze")) if any(face.gaze for face in faces) else "–",
        )
    return table


def summary_table(faces: Iterable[FaceSummary]) -> Table:
    """One line a face, and below it what it shows most and most strongly; fits 80 columns."""
    table = _headed()
    table.add_column("verdict")
    _add_numbers(table, ("usable", "face", "seconds", "displays\na minute", "blinks\na minute"))
    table.add_column("recording", overflow="fold")
    for face in faces:
        told = [f"most: {face.most_shown}" if face.most_shown else "", face.strongest and f"peak: {face.strongest}"]
        table.add_row(
            _coloured(face.verdict),
            percent(face.usable),
            "–" if face.face is None else str(face.face),
            _number(face.exposure_s),
            _number(face.displays_per_min),
            _number(face.blinks_per_min),
            "\n".join([escape(face.recording), *(f"[dim]{escape(line)}[/]" for line in told if line)]),
        )
    return table


def faces_table(tracks: Iterable[FaceTrack]) -> Table:
    """One line a face: where it is seen."""
    table = _headed()
    _add_numbers(table, ("face", "rows", "found", "usable", "from s", "to s", "mean box, px"))
    for track in tracks:
        table.add_row(
            str(track.face_id),
            str(track.rows),
            percent(track.share),
            percent(track.usable_share),
            _number(track.first_s),
            _number(track.last_s),
            "–" if track.box[0] != track.box[0] else "{:.0f}, {:.0f}  {:.0f} x {:.0f}".format(*track.box),
        )
    return table


_EVALUATION: dict[str, tuple[str, str]] = {
    "error_mm": ("error, mm", "{:.3f}"),
    "tokens": ("tokens", "{:.1f}"),
    "bits": ("bits", "{:.1f}"),
    "retrieval_five": ("alike", "{:.3f}"),
    "faithful": ("faithful", "{:.0%}"),
    "agreement": ("reliable", "{:.2f}"),
    "probe_accuracy": ("emotion", "{:.3f}"),
}


def evaluation_table(result: Mapping[str, Any]) -> Table:
    """One line a coding, what most will ask for first; a dash where it was not measured; fits 80 columns."""
    from dfe.judge.result import main_figures

    table = _headed(collapse_padding=True)
    _add_numbers(table, (heading for heading, _ in _EVALUATION.values()))
    table.add_column("coding", overflow="fold")
    floor = {"error_mm": result["floors"]["mean_face_mm"], "tokens": 0.0, "bits": 0.0}
    table.add_row(*_cells(floor), "[dim]the mean face[/]")
    for coder in result["coders"]:
        seen = "\n[yellow]has seen these people[/]" if coder["seen"].get("faces") else ""
        table.add_row(*_cells(main_figures(coder)), f"{escape(coder['id'])}{seen}")
    return table


def _cells(figures: Mapping[str, float | None]) -> list[str]:
    values = [(figures.get(name), form) for name, (_, form) in _EVALUATION.items()]
    return ["–" if value is None else form.format(value) for value, form in values]


_ABLATION = ("error_mm", "tokens", "bits", "local_share", "faithful", "reliability")


def ablation_table(result: Mapping[str, Any]) -> Table:
    """One line a variant, means of what most will ask for first; fits 80 columns."""
    from dfe.judge.ablation.ablation import headings
    from dfe.judge.ablation.output import mean

    shown = {name: figure for name, figure in headings(result).items() if name in _ABLATION}
    table = _headed(collapse_padding=True)
    _add_numbers(table, (figure.heading for figure in shown.values()))
    table.add_column("variant", overflow="fold")
    for row in result["variants"]:
        label = f"[bold]{escape(row['label'])}[/]" if row["preset"] else escape(row["label"])
        table.add_row(*(mean(row, name, figure) for name, figure in shown.items()), label)
    return table


def study_table(target: Mapping[str, Any]) -> Table:
    """One line a representation: the target's own score with its interval, p, cost; fits 80 columns."""
    from dfe.predict.figures import estimate_words
    from dfe.predict.page import METRICS

    title = f"{target['name']}: {target['examples']} examples of {target['people']} people, {target['scheme']}"
    table = _headed(title=escape(title), title_justify="left")
    table.add_column("representation", overflow="fold")
    _add_numbers(table, (METRICS[target["metric"]][0], "p", "CPU s"))
    for row in target["rows"]:
        p = (row.get("permutation") or {}).get("p")
        cost = f"{row['features_s'] + row['fit_s']:.1f}" if "fit_s" in row else "–"
        name = escape(row["id"]) if row["role"] == "representation" else f"[dim]{escape(row['id'])}[/]"
        table.add_row(name, estimate_words(row["scores"][target["metric"]]), "–" if p is None else f"{p:.3f}", cost)
    return table


def facts_tree(title: str, facts: Mapping[str, object]) -> Tree:
    """Nested facts as a tree; long lists are cut, JSON output has them whole."""
    tree = Tree(f"[bold]{escape(title)}[/]")
    _grow(tree, facts)
    return tree


def _grow(tree: Tree, facts: Mapping[str, object]) -> None:
    for key, value in facts.items():
        if isinstance(value, Mapping):
            _grow(tree.add(f"[bold]{escape(str(key))}[/]"), value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            if value and isinstance(value[0], Mapping):
                branch = tree.add(f"[bold]{escape(str(key))}[/]")
                for one in value:
                    branch.add(escape(_short(one)))
            else:
                tree.add(f"{escape(str(key))}: {escape(_listed(value))}")
        else:
            tree.add(f"{escape(str(key))}: {escape(_short(value))}")


def _listed(values: Sequence[object]) -> str:
    if len(values) > LONG_LIST and all(isinstance(value, float) for value in values):
        return f"{len(values)} numbers"
    more = f", ... ({len(values)} in all)" if len(values) > LONG_LIST else ""
    return ", ".join(_short(value) for value in values[:LONG_LIST]) + more


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_short(part)}" for key, part in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _listed(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
