"""The atlas of a tokenizer: every display with what it looks like, how it relates to others, and how it is used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dfe.atlas.action_units import nearest_units
from dfe.atlas.book import Book
from dfe.atlas.counting import Subjects
from dfe.atlas.display import AtlasDisplay, Status
from dfe.atlas.display_table import display_table
from dfe.atlas.pictures import SIZE_PX, display_picture, to_webp
from dfe.atlas.similarity import Tree, cosines, mirror_partners, similarity_tree
from dfe.atlas.use import CorpusUse, measure_use
from dfe.base.frames import need_pandas
from dfe.base.types import DoubleArray, FloatArray, ImageArray, Progress
from dfe.displays.names import Names, load_names
from dfe.draw.templates import heat_scale
from dfe.pages.formats import percent
from dfe.space.base import ExpressionSpace

if TYPE_CHECKING:
    import pandas as pd

FAITHFUL = 0.9
"""A display that agrees with the face in fewer of its uses is called a correction."""
_NOTEBOOK_SHOWN, _NOTEBOOK_PX = 12, 112


@dataclass(frozen=True, eq=False)
class Atlas:
    """Every display of a tokenizer, made by :func:`build_atlas`."""

    tokenizer: str
    """``name@version``."""
    hash: str
    """Of the tokenizer."""
    space: ExpressionSpace
    neutral: FloatArray
    """``(D,)``: the face that no token stands for."""
    additive: bool
    """True where a face is exactly the neutral plus its displays."""
    levels: int
    ladder_mm: tuple[float, ...]
    """The intensities that all displays share; none where each has its own."""
    steps_mm: FloatArray
    """``(U, Q)``: the intensities of each display, rising; NaN after its last."""
    displays: tuple[AtlasDisplay, ...]
    cosines: DoubleArray
    """``(U, U)`` likeness of the displays in mm."""
    tree: Tree
    names: Names
    use: CorpusUse | None = None
    """What a corpus does with them; None without a corpus."""

    def __repr__(self) -> str:
        return f"<Atlas of {self.tokenizer}: {len(self.displays)} displays{self._of_corpus()}>"

    def __len__(self) -> int:
        """Number of displays."""
        return len(self.displays)

    def __getitem__(self, display: int) -> AtlasDisplay:
        """The display of that number, from 1."""
        if not 1 <= display <= len(self.displays):
            raise IndexError(f"{self.tokenizer} has displays 1 to {len(self.displays)}, not {display}")
        return self.displays[display - 1]

    @cached_property
    def templates(self) -> FloatArray:
        """``(U, D)``."""
        return np.stack([one.template for one in self.displays])

    @cached_property
    def heat_max_mm(self) -> float:
        """Displacement at the hot end of the colours of all pictures."""
        return heat_scale(self.space, self.templates)

    def label(self, display: int) -> str:
        """The user's name of a display, or its words."""
        return self.names.label(display, self[display].words)

    def to_table(self) -> pa.Table:
        """A row per display: :func:`dfe.atlas.display_table.display_table`; :func:`atlas_tables` makes the others."""
        return display_table(self.displays, self.names, self.space.mesh.regions, self.use)

    def to_pandas(self) -> pd.DataFrame:
        """A row for each display: words, side, regions, energy in mm, status, and its use where there are recordings.

        Raises:
            DfeError: pandas is not installed.
        """
        need_pandas()
        frame: pd.DataFrame = self.to_table().to_pandas()
        return frame

    def picture(self, display: int, *, size: int = SIZE_PX, yaw: float = 0.0) -> ImageArray:
        """A display at its usual intensity on the neutral face, ``(size, size, 4)`` RGBA, coloured by displacement."""
        template = self[display].template
        return display_picture(self.space, template, self.neutral, self.heat_max_mm, size=size, yaw=yaw)

    def _of_corpus(self) -> str:
        return "" if self.use is None else f", in {len(self.use.recordings)} recordings"

    def _repr_html_(self) -> str:
        """Facts, and up to twelve displays in pictures, the most used ones where there is a corpus."""
        from dfe.pages.notebook import notebook

        sides = [one.side for one in self.displays]
        known = ", ".join(f"{sides.count(s)} {s}" for s in ("symmetric", "left", "right") if s in sides)
        facts: dict[str, object] = {
            "displays": len(self),
            "sides": known or "not known",
            "named": sum(bool(self.names.name(one.display)) for one in self.displays),
        }
        order, share = list(range(len(self))), None if self.use is None else self.use.share.tolist()
        if self.use is not None and share is not None:
            facts |= {
                "recordings": len(self.use.recordings),
                "displays a face": f"{self.use.tokens_per_row:.1f} on average",
                "displays used": int((self.use.share > 0).sum()),
            }
            order.sort(key=lambda at: -share[at])
        pictures = [
            (
                to_webp(self.picture(at + 1, size=_NOTEBOOK_PX)),
                f"{at + 1} {self.label(at + 1)}" + ("" if share is None else f", {percent(share[at])}"),
            )
            for at in (order[:_NOTEBOOK_SHOWN] if self.space.has_surface else ())
        ]
        return notebook(f"Atlas of {self.tokenizer}", facts, pictures, _NOTEBOOK_PX)


def build_atlas(
    tokenizer: Book,
    recordings: str | PathLike[str] | None = None,
    *,
    names: Names | None = None,
    subjects: Subjects | None = None,
    all_rows: bool = False,
    progress: Progress | None = None,
) -> Atlas:
    """Describe every display of a tokenizer, and what a corpus does with it.

    Args:
        tokenizer: as :func:`dfe.load_tokenizer` gives it.
        recordings: folder of recordings with its tokens; None: nothing is said about use.
        names: the user's names; what :func:`dfe.displays.names.load_names` finds if None.
        subjects: who is who in the corpus, by name of the recording and face id; each face by itself if None.
        all_rows: count faces that are turned, small, covered, frozen or blurred too, not only the usable ones.
        progress: called as ``progress(recordings done, of how many)``.

    Raises:
        UsageError: no such folder, no recording in it, or no usable face.
        TableError: a recording without tokens, or with those of another tokenizer.
        ModelError: a names file that does not fit.
    """
    names = load_names(tokenizer) if names is None else names
    use = None
    if recordings is not None:
        use = measure_use(
            tokenizer, Path(recordings), subjects=subjects, all_rows=all_rows, names=names, progress=progress
        )
    displays = tokenizer.displays()
    like = cosines(displays.directions, displays.directions, displays.space)
    return Atlas(
        tokenizer=tokenizer.id,
        hash=tokenizer.hash,
        space=displays.space,
        neutral=tokenizer.neutral,
        additive=tokenizer.additive,
        levels=tokenizer.levels,
        ladder_mm=displays.ladder_mm,
        steps_mm=displays.steps_mm,
        displays=_displays(tokenizer, use),
        cosines=like,
        tree=similarity_tree(like),
        names=names,
        use=use,
    )


def _displays(tokenizer: Book, use: CorpusUse | None) -> tuple[AtlasDisplay, ...]:
    book = tokenizer.displays()
    space, templates = book.space, book.templates[1:]
    sided = bool((np.asarray(space.mesh.mirror) != np.arange(len(space.mesh.mirror))).any())
    partners = mirror_partners(book.directions, space)
    units = nearest_units(templates, space)
    kappa = _kappa(tokenizer)
    return tuple(
        AtlasDisplay(
            display=at + 1,
            words=said.words,
            template=templates[at],
            side=said.side if sided else "",
            regions=said.regions,
            energy_mm=said.energy_mm,
            locality=said.locality,
            strongest=said.strongest,
            units=units[at],
            partner=int(partners[at]) + 1 if sided and partners[at] >= 0 else None,
            status=_status(tokenizer, at, use, measured=kappa[at] is not None),
            reliability=kappa[at],
        )
        for at, said in enumerate(book.described[1:])
    )


def _kappa(tokenizer: Book) -> list[float | None]:
    count = len(tokenizer.displays())
    steadiness = tokenizer.card.get("steadiness")
    listed = steadiness.get("kappa_by_display", ()) if isinstance(steadiness, dict) else ()
    values = [float(v) if isinstance(v, int | float) else None for v in list(listed)[1 : count + 1]]
    return values + [None] * (count - len(values))


def _status(tokenizer: Book, at: int, use: CorpusUse | None, *, measured: bool) -> Status:
    faithful = 1.0 if tokenizer.agreeing else float("nan") if use is None else float(use.faithful[at])
    if faithful < FAITHFUL:
        return "correction"
    if at + 1 in tokenizer.unsteady:
        return "unsteady"
    return "display" if measured and faithful >= FAITHFUL else "not measured"
