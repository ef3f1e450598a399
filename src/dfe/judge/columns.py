"""What the tables of an evaluation's page show: the summary, qualities of tokens, equal bits, groups of people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dfe.judge.reading import Coder, Figure, Result, at, figure_at, list_at, number_at, part
from dfe.pages.formats import count, number
from dfe.pages.formats import tenths as share


@dataclass(frozen=True)
class Column:
    """A column of figures.

    Args:
        key: for sorting and tests.
        heading: short.
        about: what it says, in plain words.
        find: reads it from a coder's values.
        shown: writes a value.
        better: +1 where more is better, -1 where less is, 0 where neither is.
        measure: name of the measure in the JSON, where the reason for its absence stands.
        below: small print under the heading.
        absent: why the figure is missing where the measure as such is there.
        share: reads the figure again as a share, written in paler print behind it.
        least: values below it are no better and no worse than it.
    """

    key: str
    heading: str
    about: str
    find: Callable[[Result], Figure | None]
    shown: Callable[[float], str]
    better: int
    measure: str
    below: str = ""
    absent: str = ""
    share: Callable[[Result], Figure | None] | None = None
    least: float | None = None


def decimals(digits: int) -> Callable[[float], str]:
    """Writer of numbers with so many digits after the point."""
    return lambda value: number(value, digits)


def best_of(column: Column, coders: Sequence[Coder]) -> set[str]:
    """Ids of the codings with the best value as it is written; none where there is nothing to choose.

    A coding that has seen the people judged on is no candidate.
    """
    found = [(c.id, column.find(c.values)) for c in coders if not c.seen]
    least = float("-inf") if column.least is None else column.least
    known = [(id, max(figure.value, least)) for id, figure in found if figure is not None]
    if not column.better or len(known) < 2:
        return set()
    top = column.shown(max(known, key=lambda each: column.better * each[1])[1])
    best = {id for id, value in known if column.shown(value) == top}
    return best if len(best) < len(known) else set()


def _worst_pose(values: Result) -> Figure | None:
    angles = [figure_at(values, "invariance", "pose", angle) for angle in ("pitch", "yaw")]
    return max((a for a in angles if a is not None), default=None, key=lambda a: a.value)


SUMMARY = (
    Column(
        "error",
        "Error, mm",
        "Root mean square distance, over the moving vertices, between the face and the face drawn from its tokens; "
        "mean over faces. Beside it, as a share of the error of the mean face, which is drawn without looking.",
        at("fidelity", "error_mm"),
        decimals(3),
        -1,
        "fidelity",
        "of mean face",
        share=at("fidelity", "share"),
    ),
    Column(
        "tokens",
        "Tokens",
        "Tokens said per face; silent ones are not counted. More tokens are no merit and no fault.",
        at("fidelity", "tokens"),
        decimals(1),
        0,
        "fidelity",
    ),
    Column(
        "bits",
        "Bits",
        "Bits per face of an ideal code that knows how often each token is said. Compare codings at equal bits: the "
        "charts below do.",
        at("fidelity", "bits"),
        decimals(1),
        0,
        "fidelity",
    ),
    Column(
        "retrieval",
        "Retrieval, cos",
        "Faces of other people are looked up by their tokens. How alike the five nearest are to the face, as cosine "
        "of their landmarks' geometry: 1 the same, 0 no more than the mean face.",
        at("retrieval", "all_codes", "five"),
        decimals(3),
        1,
        "retrieval",
    ),
    Column(
        "probe",
        "Emotion probe",
        "Share of faces whose label of emotion a linear classifier tells from how often each token is said. It says "
        "what the tokens keep, not what anybody feels.",
        at("probe", "count", "accuracy"),
        share,
        1,
        "probe",
    ),
    Column(
        "faithful",
        "Faithful",
        "Share of the tokens said that are visible in the face: in the token's own region the face moves as the token "
        "does. The others only correct what another token said.",
        at("faithfulness", "own_region"),
        share,
        1,
        "faithfulness",
    ),
    Column(
        "reliable",
        "Reliable",
        "Agreement of a face's tokens before and after small changes of the picture, beyond chance: 100% if nothing "
        "changes, 0% if faces could as well be shuffled.",
        at("reliability", "all", "counts", "agreement"),
        share,
        1,
        "reliability",
    ),
    Column(
        "motion",
        "Motion told",
        "Share of the movement that the landmarks measured which the coding says, around each person's mean face: 1 "
        "minus the energy of the error by the energy. A coding that draws another face gets the best linear map.",
        at("motion", "told", "whole"),
        decimals(2),
        1,
        "motion",
    ),
    Column(
        "local",
        "Extent",
        "Share of the moving vertices that hold 90% of a token's movement, weighted by use. Smaller is more local.",
        at("locality", "share"),
        share,
        -1,
        "locality",
    ),
    Column(
        "alike",
        "Mean |cos|",
        "How alike two different tokens are on average: 0 nothing in common, 1 the same movement.",
        at("redundancy", "mean"),
        decimals(2),
        -1,
        "redundancy",
    ),
    Column(
        "mirror",
        "Mirror",
        "The face is turned left to right: how far its tokens turn with it, 100% if all do.",
        at("symmetry", "overlap"),
        share,
        1,
        "symmetry",
    ),
    Column(
        "person",
        "Person probe",
        "Share of pictures whose person a linear classifier tells. Tokens of an expression should give away little "
        "of who it is: less is better.",
        at("invariance", "person", "accuracy"),
        share,
        -1,
        "invariance.person",
    ),
    Column(
        "pose",
        "Pose R²",
        "How much of the head's turn or nod (the larger of the two) a linear model tells between people: 1 all, 0 or "
        "below nothing. Less is better.",
        _worst_pose,
        decimals(2),
        -1,
        "invariance.pose",
        least=0.0,
    ),
)


def _column(
    path: str,
    heading: str,
    about: str,
    shown: Callable[[float], str] = share,
    better: int = 0,
    least: float | None = None,
) -> Column:
    names = path.split(".")
    return Column(f"{names[0]}-{names[-1]}", heading, about, at(*names), shown, better, path, least=least)


VARIETY = (
    _column("diversity.displays", "Displays", "How many different movements the coding can say.", decimals(0)),
    _column("diversity.share_used", "In use", "Share of them that some face uses.", share, 1),
    _column("diversity.perplexity", "Effective", "Effective number of displays in use (perplexity).", decimals(1), 1),
    _column(
        "diversity.effective_rank",
        "Rank",
        "Effective number of directions that the displays span: how many really different movements there are.",
        decimals(1),
        1,
    ),
    _column(
        "diversity.distinct_sets",
        "Different faces",
        "Different sets of tokens to be expected among 10,000 faces, or among all where there are fewer.",
        decimals(0),
        1,
    ),
    _column("locality.share", "Extent", "Share of the moving vertices that hold 90% of a movement.", share, -1),
    _column("locality.share_p90", "widest tenth", "9 of 10 tokens said are no wider than this.", share, -1),
    _column("locality.radius_mm", "Radius, mm", "Spread of a movement around its centre.", decimals(0), -1),
    _column("redundancy.mean", "Mean |cos|", "How alike two different displays are on average.", decimals(2), -1),
    _column("redundancy.max", "max", "How alike the two displays are that are most alike.", decimals(2), -1),
    _column("redundancy.share_alike", "above 0.8", "Share of pairs of displays that are much alike.", share, -1),
)

ORDER = (
    _column("symmetry.said.symmetric", "Symmetric", "Share of the tokens said that move both sides alike."),
    _column("symmetry.said.left", "left", "Share of the tokens said that move the subject's left more."),
    _column("symmetry.said.right", "right", "Share of the tokens said that move the subject's right more."),
    _column("symmetry.closed", "Mirrored book", "Share of displays whose mirror image is in the book.", share, 1),
    _column(
        "symmetry.consistent",
        "Mirrored faces",
        "Share of faces that get exactly mirrored tokens when mirrored.",
        share,
        1,
    ),
    _column(
        "stability.cosine",
        "Seeds, cos",
        "How like the displays of another training are, matched one to one: 1 the same.",
        decimals(2),
        1,
    ),
    _column(
        "stability.chance_cosine",
        "by chance",
        "The same for displays drawn at random: a large book fits any other.",
        decimals(2),
    ),
    _column("cost.encode_per_s", "Encodes /s", "Faces encoded per second on one machine.", decimals(0), 1),
    _column("cost.bytes", "Book, bytes", "Size of what decoding needs, as float32.", decimals(0), -1),
)

LEAKS = (
    _column("probe.count.accuracy", "Emotion", "Share of faces told from how often each token is said.", share, 1),
    _column("probe.count.macro_f1", "macro-F1", "Mean over the labels of their F1.", decimals(3), 1),
    _column("probe.intensity.accuracy", "with intensity", "The same from the intensities of the tokens.", share, 1),
    _column("probe.decoded.accuracy", "decoded", "The same from the faces drawn from the tokens.", share, 1),
    _column("invariance.person.accuracy", "Person", "Share of pictures whose person is told.", share, -1),
    _column("invariance.pose.pitch", "Nod R²", "How much of the head's nod is told.", decimals(2), -1, 0.0),
    _column("invariance.pose.yaw", "Turn R²", "How much of the head's turn is told.", decimals(2), -1, 0.0),
    _column("invariance.pose.yaw_quadratic", "Turn R², curved", "The same, curved.", decimals(2), -1, 0.0),
    _column(
        "invariance.drift.mm_share",
        "Drift",
        "How far expressions move while a person turns the head, as a share of the mean face's error.",
        share,
        -1,
    ),
)


MOTION = (
    *(
        _column(f"motion.told.{part}", heading, f"Motion told: {where}.", decimals(2), 1)
        for part, heading, where in (
            ("whole", "Whole face", "all 468 points"),
            ("brow", "brow", "brows"),
            ("eye", "eye", "lids and corners of the eyes"),
            ("lips", "lips", "lips"),
            ("jaw", "jaw", "chin"),
            ("cheek", "cheek", "cheeks"),
        )
    ),
    _column(
        "motion.intensity.whole", "intensities", "Motion told by the tokens with their intensities.", decimals(2), 1
    ),
    _column("motion.count.whole", "counts", "Motion told by how often each token is said.", decimals(2), 1),
    _column(
        "motion.turned",
        "Turn",
        "Movement of a neutral face when only the head turns, as a share of the same people's smile.",
        decimals(2),
        -1,
    ),
)


def equal_bits(coders: Sequence[Coder]) -> list[Column]:
    """Error and retrieval at the costs at which all codings are compared."""
    costs = sorted({b for c in coders for s in list_at(c.values, "fidelity", "at_bits") if (b := number_at(s, "bits"))})

    def reader(measure: str, key: str, bits: float) -> Callable[[Result], Figure | None]:
        def find(values: Result) -> Figure | None:
            rows = list_at(values, measure, "at_bits")
            return next((figure_at(row, key) for row in rows if number_at(row, "bits") == bits), None)

        return find

    errors = [
        Column(
            f"error-{bits:g}",
            f"{bits:g} bits",
            f"Error in mm at {bits:g} bits a face, on straight lines between numbers of tokens; a coding that never "
            "costs so much keeps its last error.",
            reader("fidelity", "error_mm", bits),
            decimals(3),
            -1,
            "fidelity",
        )
        for bits in costs
    ]
    found = [
        Column(
            f"found-{bits:g}",
            f"{bits:g} bits",
            f"Cosine of the five nearest at {bits:g} bits a face.",
            reader("retrieval", "five", bits),
            decimals(3),
            1,
            "retrieval",
            absent="the coding never costs so many bits",
        )
        for bits in costs
    ]
    return [*errors, *found]


def group_columns(coders: Sequence[Coder], measure: str, kind: str, digits: int) -> list[Column]:
    """A column for each group of a kind, with how many faces and people it stands for; nothing is marked as best."""
    names: dict[str, Result] = {}
    for coder in coders:
        inner = part(coder.values, "groups", measure, kind)
        for name, figure in inner.items() if isinstance(inner, dict) else ():
            if isinstance(figure, dict):
                names.setdefault(name, figure)
    return [
        Column(
            f"{measure}-{i}",
            name,
            f"{kind}: {name}",
            at("groups", measure, kind, name, "estimate"),
            decimals(digits),
            0,
            f"groups.{measure}",
            of_faces(figure),
        )
        for i, (name, figure) in enumerate(names.items())
    ]


def of_faces(figure: Result, what: str = "face") -> str:
    """``412 faces, 80 people``, as far as it is known."""
    faces, people = number_at(figure, "faces"), number_at(figure, "subjects")
    said = [] if faces is None else [count(int(faces), what)]
    return ", ".join([*said, *([] if people is None else [count(int(people), "person", "people")])])
