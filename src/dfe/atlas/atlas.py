"""The atlas of a tokenizer: every display with what it looks like, how it relates to others, and how it is used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from dfe.atlas.action_units import NearUnit, nearest_units
from dfe.atlas.book import Book
from dfe.atlas.counting import Subjects
from dfe.atlas.similarity import Tree, cosines, mirror_partners, similarity_tree
from dfe.atlas.use import CorpusUse, measure_use
from dfe.base.files import replacing
from dfe.base.types import DoubleArray, FloatArray, Progress
from dfe.displays.names import Names, load_names
from dfe.draw.templates import heat_scale
from dfe.space.base import ExpressionSpace

if TYPE_CHECKING:
    import pyarrow as pa

Status = Literal["display", "unsteady", "correction", "not measured"]
"""``display``: agrees with faces and stays under small changes of a picture; ``unsteady``: comes and goes with them;
``correction``: often points away from the face; ``not measured``: nobody has looked."""

FAITHFUL = 0.9
"""A display that agrees with the face in fewer of its uses is called a correction."""


@dataclass(frozen=True, eq=False)
class AtlasToken:
    """One display of the book."""

    display: int
    """Its number in the tokenizer, from 1."""
    words: str
    """What moves, as in ``lip corner pull, left``."""
    template: FloatArray
    """``(D,)``: what it adds to a face at its usual intensity, in units of the space."""
    side: str
    """``symmetric``, ``left`` or ``right``, the subject's; empty where the space does not know sides."""
    regions: dict[str, float]
    """Share of the movement's energy over the skin in each region."""
    energy_mm: float
    """Root mean square displacement of the moving vertices at the usual intensity."""
    locality: float
    """Share of the moving vertices that hold 90% of the energy."""
    strongest: tuple[tuple[str, float], ...]
    """Coefficients that carry most of it, and their values."""
    units: tuple[NearUnit, ...]
    """Action units of the proxy that move the face most like it."""
    partner: int | None
    """Display that is its mirror image, itself where symmetric; None if the book has none, or has no sides."""
    status: Status
    reliability: float | None
    """Chance-corrected agreement (kappa) under small changes of the picture, where the tokenizer's card has it."""

    @property
    def region(self) -> str:
        """The region that it moves most; empty if none."""
        return max(self.regions, key=lambda r: self.regions[r]) if any(self.regions.values()) else ""


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
    tokens: tuple[AtlasToken, ...]
    cosines: DoubleArray
    """``(U, U)`` likeness of the displays in mm."""
    tree: Tree
    names: Names
    use: CorpusUse | None = None
    """What a corpus does with them; None without a corpus."""

    def __repr__(self) -> str:
        return f"<Atlas of {self.tokenizer}: {len(self.tokens)} displays{self._of_corpus()}>"

    def __len__(self) -> int:
        """Number of displays."""
        return len(self.tokens)

    def __getitem__(self, display: int) -> AtlasToken:
        """The display of that number, from 1."""
        if not 1 <= display <= len(self.tokens):
            raise IndexError(f"{self.tokenizer} has displays 1 to {len(self.tokens)}, not {display}")
        return self.tokens[display - 1]

    @property
    def drawable(self) -> bool:
        """True where the space has a mesh that can be drawn."""
        return len(self.space.mesh.triangles) > 0

    @cached_property
    def templates(self) -> FloatArray:
        """``(U, D)``."""
        return np.stack([token.template for token in self.tokens])

    @cached_property
    def heat_max_mm(self) -> float:
        """Displacement at the hot end of the colours of all pictures."""
        return heat_scale(self.space, self.templates)

    def label(self, display: int) -> str:
        """The user's name of a display, or its words."""
        return self.names.label(display, self[display].words)

    def to_tables(self) -> dict[str, pa.Table]:
        """Everything as Arrow tables, see :func:`dfe.atlas.tables.atlas_tables`."""
        from dfe.atlas.tables import atlas_tables

        return atlas_tables(self)

    def to_html(self, progress: Progress | None = None) -> str:
        """The page, one file that asks for nothing from anywhere."""
        from dfe.atlas.page import atlas_html

        return atlas_html(self, progress)

    def write(self, path: str | PathLike[str], *, overwrite: bool = False, progress: Progress | None = None) -> None:
        """Write the page, whole or not at all.

        Raises:
            OutputError: the file exists (without ``overwrite``) or cannot be written.
        """
        from dfe.base.files import refuse_existing

        refuse_existing(Path(path), overwrite=overwrite)
        page = self.to_html(progress)
        with replacing(Path(path), overwrite=overwrite) as (file,):
            file.write(page.encode("utf-8", "replace"))

    def _of_corpus(self) -> str:
        return "" if self.use is None else f", in {len(self.use.recordings)} recordings"

    def _repr_html_(self) -> str:
        from dfe.atlas.notebook import atlas_summary

        return atlas_summary(self)


def build_atlas(
    tokenizer: Book,
    corpus: str | PathLike[str] | None = None,
    *,
    names: Names | None = None,
    subjects: Subjects | None = None,
    all_faces: bool = False,
    progress: Progress | None = None,
) -> Atlas:
    """Describe every display of a tokenizer, and what a corpus does with it.

    Args:
        tokenizer: as :func:`dfe.load_tokenizer` gives it.
        corpus: folder of recordings with its tokens; None: nothing is said about use.
        names: the user's names; what :func:`dfe.displays.names.load_names` finds if None.
        subjects: who is who in the corpus, by name of the recording and face id; each face by itself if None.
        all_faces: count faces of the corpus that are turned or small too, not only the usable ones.
        progress: called as ``progress(recordings done, of how many)``.

    Raises:
        UsageError: no such folder, no recording in it, or no usable face.
        TableError: a recording without tokens, or with those of another tokenizer.
        ModelError: a names file that does not fit.
    """
    names = load_names(tokenizer) if names is None else names
    use = None
    if corpus is not None:
        use = measure_use(tokenizer, Path(corpus), subjects=subjects, all_faces=all_faces, progress=progress)
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
        tokens=_tokens(tokenizer, use),
        cosines=like,
        tree=similarity_tree(like),
        names=names,
        use=use,
    )


def _tokens(tokenizer: Book, use: CorpusUse | None) -> tuple[AtlasToken, ...]:
    displays = tokenizer.displays()
    space, templates = displays.space, displays.templates[1:]
    sided = bool((np.asarray(space.mesh.mirror) != np.arange(len(space.mesh.mirror))).any())
    partners = mirror_partners(displays.directions, space)
    units = nearest_units(templates, space)
    kappa = _kappa(tokenizer)
    return tuple(
        AtlasToken(
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
        for at, said in enumerate(displays.described[1:])
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
