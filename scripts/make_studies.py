"""Runs the studies whose data are at hand, and writes docs/study-results.md: `make studies`.

    python scripts/make_studies.py [--only engagement fer2013 ...]

Recordings come from the tables of scripts/facemodel_media.py, brought to the face model's space and coded anew
(scripts/study_faces.py); engagement's pictures and the news tables are encoded as users do. People are told apart by
numbers. From an empty cache the pictures are looked at first; how long each part took stands on the page.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from clip_rates import clip_rates
from dfe.cli.progress import show_progress
from dfe.datasets.engagement import ENGAGEMENT
from dfe.datasets.examples import Examples
from dfe.displays.vocabulary import vocabulary_of
from dfe.predict.config import StudyConfig
from dfe.predict.protocol import study_examples
from dfe.predict.representation import Representation
from dfe.predict.representations.action_units import au_proxy, au_tables
from dfe.predict.representations.codings import CoefficientCoding, TokenCoding
from dfe.predict.representations.pictures import PictureFeatures, load_encoder
from dfe.predict.representations.pooled import POOLINGS, Pooled
from dfe.predict.representations.words import FlatWords
from dfe.predict.store import write_predictions
from dfe.predict.trace import with_displays
from dfe.predict.write_report import write_report
from dfe.recording.recording import Recording
from dfe.recording.usability import BLURRED
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer
from facemodel_media import lay_out_films, lay_out_pictures
from studies_page import write_page
from study_faces import encoded, recordings_of
from study_sets import engagement, fer2013, lfw, london, news, yale

ROOT = Path(__file__).resolve().parents[1]
DISPLAYS, RVQ, PROXY = "displays", "RVQ tokens", "AU proxy"
PERMUTATIONS = 999
SETS = ("engagement", "fer2013", "lfw", "london", "yale", "news", "clips")
TABLES = {"fer2013": ("fer_train", "fer_test"), "lfw": ("lfw_test",), "london": ("london",), "yale": ("yale",)}
LEFT_OUT_ONE_BY_ONE = ("engagement", "yale")
WORDS = {"news": 16, "london": 32, "yale": 16}
REPEATS = {"lfw": 2}
"""Two where ten take an hour; 1,500 people vary little from one dealing to the next."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", nargs="*", default=list(SETS), choices=SETS)
    parser.add_argument("--permutations", type=int, default=PERMUTATIONS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--short", action="store_true", help="fewer representations, and the first target alone")
    parser.add_argument("--page", action="store_true", help="write the page again, and run nothing")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.exit(f"{options.data}: no such folder; the faces are not part of the project")
    studies = options.work / "studies"
    for name in () if options.page else options.only:
        began = time.perf_counter()
        run(name, options, studies)
        took = studies / "seconds.json"
        seconds = json.loads(took.read_text()) if took.exists() else {}
        took.write_text(json.dumps({**seconds, name: round(time.perf_counter() - began)}, indent=1))
    for name in SETS if options.page else ():
        if (studies / name / "study.json").is_file():
            write_report(studies / name, overwrite=True)
    write_page(studies, ROOT / "docs" / "study-results.md")


def run(name: str, options: argparse.Namespace, studies: Path) -> None:
    """One study, all its files."""
    displays, rvq = load_tokenizer("dfe-displays@1"), load_tokenizer("dfe-rvq@1")
    recordings = studies / "recordings"
    if name == "clips":
        lay_out_films(options.data, options.work / "facemodel")
        recordings_of(options.work / "facemodel" / "tables", "clips", recordings, displays)
        (studies / "clips.json").write_text(json.dumps(clip_rates(recordings / "clips", displays), indent=1))
        return
    examples = examples_of(name, options, recordings, displays)
    chosen = representations(name, displays, rvq, options)
    config = StudyConfig(
        repeats=1 if name in LEFT_OUT_ONE_BY_ONE else REPEATS.get(name, 10),
        leave_one_out=name in LEFT_OUT_ONE_BY_ONE,
        permutations=options.permutations,
        null_model="ridge",
        primary=(DISPLAYS, PROXY),
        contrasts=contrasts(name),
        # Crops cut chins and foreheads off, and small grey pictures look covered: all faces found count in pictures.
        all_rows=name != "news",
        common=name == "engagement",
        min_coverage=0.5,
        unmatched="drop",
        workers=options.workers,
    )
    targets = [examples.targets[0].name] if options.short else []
    with show_progress(f"study {name}", "fits") as progress:
        study = study_examples(
            name, examples, chosen, recordings, config, targets=targets, tokenizer=displays, progress=progress
        )
    study = with_displays(study, displays, DISPLAYS, vocabulary_of(displays))
    write_predictions(study, studies / name, overwrite=True)
    write_report(studies / name, overwrite=True)
    if config.all_rows:
        tables = [recordings / f"{one}.parquet" for one in TABLES.get(name, ("images",))]
        (studies / name / "usable.json").write_text(json.dumps(usable_faces(tables), indent=1))


def usable_faces(tables: Sequence[Path]) -> dict[str, int]:
    """Of the faces of some pictures, how many are usable, and how many are not because they are blurred."""
    counts = Counter[str]()
    for path in tables:
        recording = Recording.read(path, landmarks=False)
        found = recording.success & (recording.face_ids == 0)
        why = recording.column("why_not")[found]
        counts.update(found=len(why), usable=int(recording.usable[found].sum()), blurred=int((why == BLURRED).sum()))
    return dict(counts)


def examples_of(name: str, options: argparse.Namespace, recordings: Path, displays: Tokenizer) -> Examples:
    """The examples, their recordings having been made."""
    if name == "engagement":
        prepared = options.work / "engagement_pictures"
        if not prepared.is_dir():
            ENGAGEMENT.prepare(options.data / "engagement", prepared)
        encoded([prepared / "images"], recordings / "engagement", "--max-faces", "1")
        table = recordings / "images.parquet"
        if not table.exists():
            table.symlink_to(recordings / "engagement" / "images.parquet")
        return engagement(options.data, recordings, prepared)
    if name == "news":
        tables = sorted((options.data / "news").glob("0*.csv"))
        encoded(tables, recordings / "news", "--largest-only")
    for table in TABLES.get(name, ()):
        made = options.work / "facemodel" / "tables"
        if not (made / table).is_dir():
            lay_out_pictures(options.data, options.work / "facemodel", (table,))
        recordings_of(made, table, recordings, displays)
    makers: dict[str, Callable[[Path, Path], Examples]] = {
        "fer2013": fer2013, "lfw": lfw, "london": london, "yale": yale, "news": news,
    }  # fmt: skip
    return makers[name](options.data, recordings)


def representations(
    name: str, displays: Tokenizer, rvq: Tokenizer, options: argparse.Namespace
) -> list[Representation]:
    """What is compared: every vocabulary with poolings and scales chosen alike, then the same pooling for each."""
    coded = TokenCoding(displays, DISPLAYS)
    told = TokenCoding(rvq, RVQ, encode=True)
    chosen: list[Representation] = [
        Pooled(coded),
        Pooled(TokenCoding(displays, DISPLAYS, ("display",))),
        Pooled(TokenCoding(displays, DISPLAYS, ("eyes",))),
        Pooled(told),
        Pooled(TokenCoding(rvq, RVQ, ("display",), encode=True)),
        au_proxy(),
        au_proxy(eyes=False),
        Pooled(CoefficientCoding(eyes=True)),
        Pooled(CoefficientCoding()),
        FlatWords(WORDS.get(name, 256)),
    ]
    if options.short:
        # What the primary contrast and the one of vocabularies need, where time is short.
        kept = (DISPLAYS, RVQ, PROXY, "coefficients and eyes", f"{WORDS.get(name, 256)} flat words")
        chosen = [one for one in chosen if one.id in kept]
        return [*chosen, Pooled(coded, ("intensity",)), au_proxy(("intensity",))]
    if name == "news":
        tables = {f"news/{path.stem}": path for path in (options.data / "news").glob("0*.csv")}
        return [*chosen, au_tables(tables, name="py-feat's AUs")]
    for pooling in POOLINGS:
        chosen += [Pooled(coded, (pooling,)), au_proxy((pooling,)), Pooled(told, (pooling,))]
    if name == "engagement":
        tables = ENGAGEMENT.au_tables(options.work / "engagement_pictures")
        chosen += [
            au_tables(tables, name="OpenFace"),
            au_tables(tables, name="OpenFace without AU45", without=("AU45",)),
            *(au_tables(tables, (pooling,), name="OpenFace") for pooling in POOLINGS),
        ]
    mae, media = options.work / "mae" / "folder", options.work / "facemodel" / "media"
    if mae.is_dir() and name in TABLES:
        chosen.append(PictureFeatures(load_encoder(mae, "quarters"), {one: media / one for one in TABLES[name]}))
    return chosen


def contrasts(name: str) -> tuple[tuple[str, str], ...]:
    """Pairs beyond the primary side against all others: the same pooling, eyes apart, the RVQ-VAE's bag."""
    same = [(f"{one}, {pooling}", f"{PROXY}, {pooling}") for pooling in POOLINGS for one in (DISPLAYS, RVQ)]
    apart = [(f"{DISPLAYS}, without the eyes", f"{PROXY}, without the eyes")]
    words = [(f"{RVQ}, without the eyes", f"{WORDS.get(name, 256)} flat words"), (RVQ, PROXY)]
    detector = []
    if name == "engagement":
        detector = [
            (DISPLAYS, "OpenFace"),
            (f"{DISPLAYS}, without the eyes", "OpenFace without AU45"),
            *((f"{DISPLAYS}, {pooling}", f"OpenFace, {pooling}") for pooling in POOLINGS),
        ]
    return (*same, *apart, *words, *detector)


if __name__ == "__main__":
    main()
