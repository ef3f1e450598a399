"""The bench: the sets of faces on which codings are judged, and how their people are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfe.base.errors import UsageError
from dfe.base.types import BoolArray, FloatArray, IntArray
from dfe.datasets.about import About
from dfe.displays.displays import Coder
from dfe.judge.faces import Faces
from dfe.judge.reliability import ALL, align
from dfe.judge.retrieval import QUERIES
from dfe.stats.bootstrap import SubjectBootstrap
from dfe.stats.draws import DRAWS

_ADVICE = "judge on other people, or allow this and let the result say so"


class TableInfo(NamedTuple):
    """A table that a set of faces comes from."""

    name: str
    """File name, without the folder."""
    sha256: str


class Pairs(NamedTuple):
    """Faces that are in two sets, ``(m,)`` both."""

    before: IntArray
    after: IntArray


@dataclass(frozen=True, eq=False)
class Bench:
    """Faces to judge on; a set that is None or empty leaves the measures that need it out, and the result says so.

    Args:
        faces: that codings are judged on; with geometry for retrieval, with subjects for all that is about people.
        fit: other people's faces, which baselines are fitted on and bits and the mean face are learnt from. Without
            them bits are learnt crosswise, each half of the people from the other one.
        probe_train, probe_test: labelled faces of different people, for the emotion probe.
        perturbed: by name of the perturbation, the same pictures changed; matched by their names.
        turned: faces of people who turn their heads; of clips, where nobody is named.
        seeds: other trainings of the codings that are judged, for stability.
        about: who is on the pictures of ``faces``, to tell whom a tokenizer has seen.
        probe_about: the same of ``probe_test``.
        looked_at: ``(p,)`` names of all pictures of ``faces``, those without a face included.
        neutral: what was done about each person's own neutral face, in all sets.
        allow_seen: judge on people whom a coding has seen, and mark it.
        draws, seed: of the bootstrap, and of all else that is drawn.
        max_retrieval: faces for retrieval at most.
        tables: by set, the tables that it comes from.

    Raises:
        UsageError: sets that do not fit together, or share people whom they must not share.
    """

    faces: Faces
    fit: Faces | None = None
    probe_train: Faces | None = None
    probe_test: Faces | None = None
    perturbed: Mapping[str, Faces] = field(default_factory=dict)
    turned: Faces | None = None
    seeds: Sequence[Coder] = ()
    about: About | None = None
    probe_about: About | None = None
    looked_at: NDArray[np.str_] | None = None
    neutral: str = "none"
    allow_seen: bool = False
    draws: int = DRAWS
    seed: int = 0
    max_retrieval: int = QUERIES
    tables: Mapping[str, tuple[TableInfo, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if odd := [name for name, faces in self.sets.items() if faces.space.hash != self.faces.space.hash]:
            raise UsageError(f"the set {odd[0]!r} is not of space {self.faces.space.id!r}, that of the faces")
        if len(self.faces) < 2:
            raise UsageError("there are fewer than two faces to judge on")
        if (self.probe_train is None) != (self.probe_test is None):
            raise UsageError("the emotion probe needs faces to train on and faces to test on")
        if self.probe_train is not None and self.probe_test is not None:
            _check_apart("probe-train", self.probe_train, "probe-test", self.probe_test)
        if self.fit is not None and not self.allow_seen:
            _check_apart("fit", self.fit, "faces", self.faces)
        if ALL in self.perturbed:
            raise UsageError(f"a perturbation cannot be called {ALL!r}")
        if few := [name for name, pairs in self.pairs.items() if len(pairs.before) < 2]:
            raise UsageError(
                f"perturbation {few[0]!r} holds fewer than two of the pictures to judge on",
                advice="changed pictures keep their names",
            )

    @property
    def sets(self) -> dict[str, Faces]:
        """Every set by its name, as results call it."""
        named = {
            "faces": self.faces,
            "fit": self.fit,
            "probe-train": self.probe_train,
            "probe-test": self.probe_test,
            "turned": self.turned,
        }
        changed = {f"perturbed {name}": faces for name, faces in self.perturbed.items()}
        return {name: faces for name, faces in chain(named.items(), changed.items()) if faces is not None}

    @property
    def people_known(self) -> bool:
        """Whether anybody is named on the faces to judge on."""
        return self.faces.unknown < len(self.faces)

    @cached_property
    def bootstrap(self) -> SubjectBootstrap:
        """Of the people of the faces; of faces where nobody is named."""
        return SubjectBootstrap(self.faces.subject, self.draws, self.seed)

    @cached_property
    def mean_face(self) -> FloatArray:
        """``(D,)``: mean of the faces for fitting, or else of the faces to judge on."""
        mean: FloatArray = (self.fit or self.faces).x.mean(axis=0, dtype=np.float64).astype(np.float32)
        return mean

    @cached_property
    def half(self) -> BoolArray:
        """``(n,)``: faces of a half of the people, drawn; those of the other half are False."""
        index = self.bootstrap.index(len(self.faces))
        order = np.random.default_rng(self.seed).permutation(int(index.max()) + 1)
        return np.asarray(order[index] < (len(order) + 1) // 2)

    @cached_property
    def pairs(self) -> dict[str, Pairs]:
        """By perturbation, which faces were found again."""
        return {name: Pairs(*align(self.faces.names, after.names)) for name, after in self.perturbed.items()}

    @cached_property
    def asked(self) -> dict[str, int]:
        """By perturbation, how many of the faces had their changed picture looked at."""
        return {name: min(len(self.faces), after.pictures) for name, after in self.perturbed.items()}

    @cached_property
    def in_fit(self) -> BoolArray:
        """``(n,)``: faces of people, or in pictures, that are among those for fitting."""
        if self.fit is None:
            return np.zeros(len(self.faces), bool)
        return _shared(self.faces, self.fit)


def _shared(faces: Faces, other: Faces) -> BoolArray:
    same: BoolArray = np.isin(faces.names, other.names)
    if faces.subject is not None and other.subject is not None:
        same |= np.isin(faces.subject, other.subject[other.subject >= 0])
    return same


def _check_apart(first: str, faces: Faces, second: str, others: Faces) -> None:
    if shared := int(_shared(others, faces).sum()):
        what = f"{shared} faces of the set {second!r} are of people, or in pictures, of the set {first!r}"
        raise UsageError(what, advice=_ADVICE if second == "faces" else "no person may be in both")
