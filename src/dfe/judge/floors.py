"""What the measures give without any coding: of the mean face, by chance, and of expressions before they are coded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from dfe.base.errors import UsageError
from dfe.base.types import FloatArray, IntArray
from dfe.judge.bench import Bench
from dfe.judge.groups import GroupFigure, detection_by_group
from dfe.judge.invariance import Drift, PersonProbe, PoseR2, drift, person_probe, pose_r2
from dfe.judge.moving import Moving, measure_moving
from dfe.judge.probe import Probe, probe
from dfe.judge.reliability import ALL, moved_share
from dfe.judge.result import NotMeasured
from dfe.judge.retrieval import Found, Gallery, choose
from dfe.stats.bootstrap import Estimate, SubjectBootstrap

_Result = TypeVar("_Result")

NOBODY = "no subjects: nobody is named on these faces (--about with a column 'subject' gives it)"


class RetrievalFloor(NamedTuple):
    """What chance, the judge itself, and the uncoded expression find."""

    random: Estimate
    geometry: Found
    continuous: Found
    faces: int


@dataclass(frozen=True, eq=False)
class Search:
    """Who looks for neighbours among whom.

    Args:
        gallery: that judges.
        rows: of the faces in it.
        floor: what it gives without a coding.
    """

    gallery: Gallery
    rows: IntArray
    floor: RetrievalFloor


@dataclass(frozen=True, eq=False)
class Probing:
    """Labelled rows ``(n,)`` and ``(m,)`` of the two sets for the probe, and what uncoded expressions tell."""

    train: IntArray
    test: IntArray
    people: SubjectBootstrap
    floor: Probe


@dataclass(frozen=True, eq=False)
class Floors:
    """Measured once for all codings. What is not measured here for want of an input is not measured of any coding.

    Args:
        mean_face_mm: error of the mean face.
        regions: the same by region.
        search: for retrieval.
        probing: for the emotion probe.
        person, pose, drift: of uncoded expressions.
        moved: by perturbation, how far it moves uncoded expressions, as a share of the mean face's error.
        detection: share of pictures in which a face was found, by kind of group and group.
        moving: what the landmarks measured, and what uncoded expressions tell of it.
    """

    mean_face_mm: float
    regions: Mapping[str, float]
    search: Search | NotMeasured
    probing: Probing | NotMeasured
    person: PersonProbe | NotMeasured
    pose: PoseR2 | NotMeasured
    drift: Drift | NotMeasured
    moved: Mapping[str, Estimate] | NotMeasured
    detection: Mapping[str, dict[str, GroupFigure]] | NotMeasured
    moving: Moving | NotMeasured

    def results(self) -> dict[str, object]:
        """By name, as in the result of an evaluation."""
        return {
            "mean_face_mm": self.mean_face_mm,
            "regions": self.regions,
            "retrieval": self.search if isinstance(self.search, NotMeasured) else self.search.floor,
            "probe": self.probing if isinstance(self.probing, NotMeasured) else self.probing.floor,
            "person": self.person,
            "pose": self.pose,
            "drift": self.drift,
            "moved": self.moved,
            "detection": self.detection,
            "motion": self.moving if isinstance(self.moving, NotMeasured) else self.moving.uncoded,
        }


def measure_floors(bench: Bench) -> Floors:
    """All floors of a bench."""
    faces, space = bench.faces, bench.faces.space
    floor = np.broadcast_to(bench.mean_face, faces.x.shape)
    mean_face_mm = mean_face_error(bench)
    return Floors(
        mean_face_mm=mean_face_mm,
        regions={name: float(mm.mean()) for name, mm in space.region_error_mm(faces.x, floor).items()},
        search=or_why(lambda: _search(bench)),
        probing=or_why(lambda: _probing(bench)),
        person=person(bench, faces.x),
        pose=pose(bench, faces.x),
        drift=drift_of(bench, faces.x, bench.turned.x if bench.turned is not None else None),
        moved=moved(bench, faces.x, {name: after.x for name, after in bench.perturbed.items()}, mean_face_mm),
        detection=_detection(bench),
        moving=measure_moving(bench),
    )


def mean_face_error(bench: Bench) -> float:
    """Mean distance in mm of the faces, before any coding, from the mean face."""
    faces = bench.faces
    return float(faces.space.error_mm(faces.x, np.broadcast_to(bench.mean_face, faces.x.shape)).mean())


def or_why(measure: Callable[[], _Result | NotMeasured]) -> _Result | NotMeasured:
    """The measure, or why these faces do not allow it."""
    try:
        return measure()
    except UsageError as error:
        return NotMeasured(error.what)


def person(bench: Bench, x: FloatArray) -> PersonProbe | NotMeasured:
    """How well expressions ``(n, D)`` of the faces tell who it is."""
    subject = bench.faces.subject
    if subject is None or not bench.people_known:
        return NotMeasured(NOBODY)
    return or_why(lambda: person_probe(x, subject, seed=bench.seed, draws=bench.draws))


def pose(bench: Bench, x: FloatArray) -> PoseR2 | NotMeasured:
    """How well expressions ``(n, D)`` of the faces tell, between people, how the head is turned."""
    subject, angles = bench.faces.subject, bench.faces.pose
    if subject is None or not bench.people_known:
        return NotMeasured(NOBODY)
    if angles is None:
        return NotMeasured("the faces have no head pose")
    return or_why(lambda: pose_r2(x, subject, angles, seed=bench.seed, draws=bench.draws))


def drift_of(bench: Bench, x: FloatArray, turned: FloatArray | None) -> Drift | NotMeasured:
    """How far expressions ``(t, D)`` of the turned faces drift, beside those ``(n, D)`` of the faces."""
    faces = bench.turned
    if faces is None or turned is None:
        return NotMeasured("no faces of people who turn their heads (--turned gives them)")
    angles = faces.pose
    if angles is None:
        return NotMeasured("the turned faces have no head pose")
    floor = mean_face_error(bench)
    options = {"seed": bench.seed, "draws": bench.draws}
    return or_why(lambda: drift(turned, faces.who, angles, faces.space, x, mean_face_mm=floor, **options))


def moved(
    bench: Bench, x: FloatArray, after: Mapping[str, FloatArray], mean_face_mm: float
) -> dict[str, Estimate] | NotMeasured:
    """By perturbation and for all, how far it moves expressions ``(n, D)`` to those of ``after``."""
    if not bench.perturbed:
        return NotMeasured("no pictures that were changed (--perturbed NAME=TABLE gives them)")
    before = {name: x[pairs.before] for name, pairs in bench.pairs.items()}
    found = {name: after[name][pairs.after] for name, pairs in bench.pairs.items()}
    index = bench.bootstrap.index(len(bench.faces))
    people = {name: index[pairs.before] for name, pairs in bench.pairs.items()}
    before[ALL], found[ALL] = (np.concatenate(list(parts.values())) for parts in (before, found))
    people[ALL] = np.concatenate(list(people.values()))
    return {
        name: moved_share(
            bench.faces.space,
            before[name],
            found[name],
            mean_face_mm,
            SubjectBootstrap(people[name], bench.draws, bench.seed),
        )
        for name in before
    }


def _search(bench: Bench) -> Search | NotMeasured:
    geometry, subject = bench.faces.geometry, bench.faces.subject
    if subject is None or not bench.people_known:
        return NotMeasured(NOBODY)
    if geometry is None:
        return NotMeasured("the tables hold no landmarks (dfe encode --landmarks keeps them)")
    rows = choose(len(bench.faces), bench.max_retrieval, bench.seed)
    people = SubjectBootstrap(bench.bootstrap.index(len(bench.faces))[rows], bench.draws, bench.seed)
    gallery = Gallery(geometry[rows], subject[rows], people)
    floor = RetrievalFloor(
        random=gallery.by_chance(),
        geometry=gallery.by_geometry(),
        continuous=gallery.by_expression(bench.faces.x[rows], bench.faces.space),
        faces=len(rows),
    )
    return Search(gallery, rows, floor)


def _probing(bench: Bench) -> Probing | NotMeasured:
    train, test = bench.probe_train, bench.probe_test
    if train is None or test is None:
        return NotMeasured("no faces for the emotion probe (--probe-train, --probe-test and --probe-about give them)")
    if train.label is None or test.label is None:
        return NotMeasured("the faces for the probe have no labels (--probe-about with a column 'label' gives them)")
    known, asked = np.flatnonzero(train.label != ""), np.flatnonzero(test.label != "")
    subject = np.arange(len(asked)) if test.subject is None else test.subject[asked]
    people = SubjectBootstrap(subject, bench.draws, bench.seed)
    floor = probe(train.x[known], train.label[known], test.x[asked], test.label[asked], people)
    return Probing(known.astype(np.int64), asked.astype(np.int64), people, floor)


def _detection(bench: Bench) -> Mapping[str, dict[str, GroupFigure]] | NotMeasured:
    if bench.about is None or not bench.about.groups:
        return NotMeasured("no groups are known (--about with a column such as 'gender' gives them)")
    if bench.looked_at is None:
        return NotMeasured("the pictures without a face are not known")
    return detection_by_group(bench.looked_at, bench.faces.names, bench.about, bench.draws, bench.seed)
