"""What one display does to a face, as a figure: heads from the front and turned, coloured by movement."""

from __future__ import annotations

import numpy as np

from dfe.base.errors import UsageError
from dfe.displays.vocabulary import vocabulary_of
from dfe.draw.colours import heat_stops
from dfe.draw.plot import Plot, figure_of
from dfe.draw.render import render_expression
from dfe.draw.scale import heat_scale
from dfe.draw.templates import TURNED
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

SIZE_PX = 320


def plot_display(display: int, tokenizer: Tokenizer | str = "default", *, size_px: int = SIZE_PX) -> Plot:
    """A drawn head that shows one display, from the front and turned; colour says how far the skin moves.

    Args:
        display: its number, from 1.
        tokenizer: that it belongs to, or its name.
        size_px: side of each head, pixels.

    Raises:
        UsageError: a display that there is not, or a space that has no head to draw.
        ModelError: there is no such tokenizer.
        DfeError: matplotlib is not installed.
    """
    from importlib import import_module

    tokenizer = load_tokenizer(tokenizer) if isinstance(tokenizer, str) else tokenizer
    displays = tokenizer.displays()
    if not 1 <= display <= len(displays):
        raise UsageError(f"{tokenizer.id} has displays 1 to {len(displays)}, and no {display}")
    space, templates = displays.space, displays.templates
    if not space.has_surface:
        raise UsageError(f"space {space.id!r} has no mesh: there is nothing to draw")
    figure = figure_of(5.6, 3.1)
    scale = heat_scale(space, templates[1:])
    heads = figure.subplots(1, 2)
    for axes, yaw in zip(heads, (0.0, TURNED), strict=True):
        axes.imshow(render_expression(space, templates[display], size=size_px, yaw=yaw, heat_max_mm=scale))
        axes.set_axis_off()
    label = vocabulary_of(tokenizer).names.get(display)
    said = displays.described[display].words if label is None else label.label
    figure.suptitle(f"{display} {said}", fontsize=10, x=0.02, ha="left")
    colours = import_module("matplotlib.colors")
    stops = heat_stops(scale)
    ramp = colours.LinearSegmentedColormap.from_list("skin", [(mm / scale, colour) for mm, colour in stops])
    mappable = import_module("matplotlib.cm").ScalarMappable(colours.Normalize(0, scale), ramp)
    bar = figure.colorbar(mappable, ax=list(heads), shrink=0.7, ticks=np.linspace(0, scale, 3).tolist())
    bar.set_label("skin moves by, mm")
    return Plot(figure, heads[0])
