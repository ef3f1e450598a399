"""What a command does where nobody says otherwise is what the library does: numbers do not stand in two places apart.

Where the library's own are light to load, commands read them; the rest, whose modules load numpy and more, are held
together here.
"""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from dfe.cli.ablate import Ablate
from dfe.cli.agreement import Agreement
from dfe.cli.compare import Compare
from dfe.cli.corpus.choices import RunChoices
from dfe.cli.corpus.plan import MakePlan
from dfe.cli.corpus.slurm import Slurm
from dfe.cli.evaluate import Evaluate
from dfe.cli.event_options import EventArguments
from dfe.cli.grid import Grid
from dfe.cli.how import How
from dfe.cli.learn_space import LearnSpace
from dfe.cli.reliability import Reliability
from dfe.cli.render import Render
from dfe.cli.sensitivity import Sensitivity
from dfe.cli.study.run import Run
from dfe.cli.summary import Summary
from dfe.cli.train import Train
from dfe.cli.transitions import Transitions
from dfe.comparison.options import CompareOptions
from dfe.corpus.config import PlanOptions
from dfe.corpus.run import RunOptions
from dfe.corpus.slurm import SlurmJob
from dfe.encoding.options import EncodeOptions
from dfe.events.config import EventConfig
from dfe.events.transition_config import TransitionConfig
from dfe.frontends.meshes.learn_space import LearnOptions
from dfe.judge.evaluate import EvaluateOptions
from dfe.movies.grid import GridOptions
from dfe.movies.render import VideoOptions
from dfe.naming.human import compare_files
from dfe.overview.summary import summarise
from dfe.predict.config import StudyConfig
from dfe.reliability.minutes import measure_minutes
from dfe.stats.sensitivity import RateDesign, sensitivity
from dfe.training.config import TrainConfig

TABLE = (
    (EventArguments, EventConfig, {"on": "on_mm", "off": "off_mm", "min_duration": "min_s", "all_rows": "all_rows",
        "unsteady": "unsteady", "fleeting": "fleeting", "resting_face": "resting_face"}),
    (Transitions, TransitionConfig, {"gap": "after_s", "up_to": "within_s", "permutations": "permutations",
        "least": "least", "seed": "seed"}),
    (Compare, CompareOptions, {"permutations": "permutations", "min_coverage": "min_coverage", "part": "part",
        "window": "window_s", "unmatched": "unmatched", "subject": "subject", "seed": "seed"}),
    (Run, StudyConfig, {"folds": "folds", "repeats": "repeats", "permutations": "permutations", "seed": "seed",
        "min_coverage": "min_coverage", "null_model": "null_model", "seen": "seen", "shared": "shared"}),
    (Evaluate, EvaluateOptions, {"draws": "draws", "max_retrieval": "max_retrieval", "seen": "seen", "seed": "seed"}),
    (Agreement, compare_files, {"draws": "draws", "seed": "seed"}),
    (Reliability, measure_minutes, {"block": "block_s"}),
    (Summary, summarise, {"moments": "moments"}),
    (Sensitivity, RateDesign, {"minutes": "minutes", "per_min": "per_min", "dispersion": "dispersion"}),
    (Sensitivity, sensitivity, {"tested": "displays", "power": "power", "alpha": "alpha",
        "simulations": "simulations", "seed": "seed"}),
    (MakePlan, PlanOptions, {"sample": "sample_s", "quick": "quick", "pattern": "pattern"}),
    (RunChoices, RunOptions, {"tries": "tries", "report": "report", "thumbnails": "thumbnails"}),
    (Slurm, SlurmJob, {"shares": "shares", "cpus": "cpus", "hours": "hours", "gpus": "gpus"}),
    (How, EncodeOptions, {"max_faces": "max_faces", "both_ways": "both_ways", "device": "device"}),
    (Grid, GridOptions, {"what": "what", "before": "before_s", "after": "after_s", "pixels": "size"}),
    (Render, VideoOptions, {"pixels": "size"}),
    (LearnSpace, LearnOptions, {"variance": "variance", "strength": "strength", "neutral": "neutral", "unit": "unit",
        "axes": "axes"}),
    (Train, TrainConfig, {"size": "size", "levels": "levels", "seed": "seed", "threads": "threads",
        "device": "device"}),
)  # fmt: skip


def default(of, name):
    if not isinstance(of, type):
        return inspect.signature(of).parameters[name].default
    return next(field.default for field in fields(of) if field.name == name)


@pytest.mark.parametrize(("verb", "house", "names"), TABLE, ids=lambda one: getattr(one, "__name__", ""))
def test_a_command_and_the_library_have_the_same_defaults(verb, house, names):
    assert {own: default(verb, own) for own in names} == {own: default(house, its) for own, its in names.items()}


def test_ablations_have_the_same_defaults():
    pytest.importorskip("torch", reason="needs the extra train")
    from dfe.judge.ablation.ablation import AblationConfig

    names = ("seeds", "size", "levels")
    assert [default(Ablate, name) for name in names] == [default(AblationConfig, name) for name in names]
