"""A figure of matplotlib that shows itself in a notebook and is saved in one line (extra ``plot``)."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfe.base.errors import DfeError
from dfe.base.files import replacing
from dfe.base.installing import how_to_install

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, PALE, ACCENT, SECOND = "#1f2933", "#9aa5b1", "#3b6ea5", "#c7742d"
"""Colours of text, of what stands back, of the first and of the second group."""


@dataclass(frozen=True, eq=False)
class Plot:
    """A figure: the last line of a notebook's cell shows it; :meth:`save` writes it to a file.

    No screen and no ``%matplotlib inline`` is needed, and no figure stays open.
    """

    figure: Figure
    axes: Axes
    """The figure's main axes, to change titles, limits or fonts."""

    def save(self, path: str | PathLike[str], *, dpi: int = 150, overwrite: bool = False) -> Path:
        """Write a picture, by the suffix PNG, SVG or PDF; whole or not at all.

        Raises:
            OutputError: the file exists (without ``overwrite``) or cannot be written.
        """
        target = Path(path)
        with replacing(target, overwrite=overwrite) as (file,):
            self.figure.savefig(file, dpi=dpi, format=target.suffix.lstrip(".").lower() or "png")
        return target

    def _repr_png_(self) -> bytes:
        made = io.BytesIO()
        self.figure.savefig(made, format="png", dpi=96)
        return made.getvalue()


def figure_of(width: float, height: float) -> Figure:
    """An empty figure, inches, that belongs to no window.

    Raises:
        DfeError: matplotlib is not installed.
    """
    try:
        figures: Any = import_module("matplotlib.figure")
    except ImportError as error:
        raise DfeError("figures need matplotlib, which is not installed", advice=how_to_install("plot")) from error
    made: Figure = figures.Figure(figsize=(width, height), layout="constrained")
    return made


def axes_of(axes: Axes | None, width: float, height: float) -> Axes:
    """The axes that were given, or those of a new figure.

    Raises:
        DfeError: matplotlib is not installed.
    """
    return figure_of(width, height).add_subplot() if axes is None else axes


def plot_in(axes: Axes) -> Plot:
    """What was drawn into axes, with the figure around them."""
    figure: Any = axes.figure
    return Plot(figure, axes)


def plain(axes: Axes) -> None:
    """Take away the frame's top and right."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
