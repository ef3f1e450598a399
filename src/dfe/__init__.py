"""Discrete Facial Encoding: faces in images and video as a small, learned vocabulary of facial displays.

The names below are the public ones; each is imported when it is first used, so that ``import dfe`` stays light.
Everything else in the package is private: it may change in any release.

    >>> import dfe
    >>> recordings = dfe.encode("interview.mp4")         # doctest: +SKIP
    >>> recordings[0].to_pandas()                         # doctest: +SKIP
    >>> dfe.find_events(recordings[0]).to_pandas()        # doctest: +SKIP
    >>> dfe.write_atlas(dfe.build_atlas(dfe.load_tokenizer("default")), "atlas.html")    # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from dfe.base.version import __version__ as __version__

_HOMES = {
    "Atlas": "dfe.atlas.atlas",
    "CompareOptions": "dfe.comparison.options",
    "Comparison": "dfe.comparison.comparison",
    "DesignComparison": "dfe.comparison.designs.design",
    "DfeError": "dfe.base.errors",
    "EncodeOptions": "dfe.encoding.options",
    "EvaluateOptions": "dfe.judge.evaluate",
    "Evaluation": "dfe.judge.result",
    "Event": "dfe.formats.event",
    "EventConfig": "dfe.events.config",
    "EventList": "dfe.events.found",
    "ExpressionSpace": "dfe.space.base",
    "Plot": "dfe.draw.plot",
    "Recording": "dfe.recording.recording",
    "Study": "dfe.predict.study",
    "StudyConfig": "dfe.predict.config",
    "StudyOptions": "dfe.predict.study",
    "Summary": "dfe.overview.summary",
    "Tokenizer": "dfe.tokenizer.tokenizer",
    "Tokens": "dfe.displays.tokens",
    "TrainConfig": "dfe.training.config",
    "TrainResult": "dfe.training.loop",
    "UsabilityRule": "dfe.recording.usability",
    "build_atlas": "dfe.atlas.atlas",
    "compare": "dfe.comparison.comparison",
    "compare_design": "dfe.comparison.designs.design",
    "encode": "dfe.encoding.run",
    "evaluate": "dfe.judge.evaluate",
    "find_events": "dfe.events.find",
    "load_space": "dfe.space.registry",
    "load_tokenizer": "dfe.tokenizer.file",
    "plot_display": "dfe.overview.head",
    "plot_displays": "dfe.overview.timeline",
    "plot_means": "dfe.overview.means",
    "plot_profile": "dfe.overview.profile",
    "read": "dfe.recording.recording",
    "run_study": "dfe.predict.study",
    "summarise": "dfe.overview.summary",
    "train": "dfe.training.loop",
    "write_atlas": "dfe.atlas.page",
    "write_comparison": "dfe.comparison.files",
    "write_design": "dfe.comparison.designs.files",
    "write_evaluation": "dfe.judge.result",
    "write_study": "dfe.predict.study",
    "write_summary": "dfe.overview.files",
}

__all__ = [*_HOMES, "__version__"]

_EXTRAS = {"torch": "train", "sklearn": "study", "scipy": "study", "pandas": "pandas"}
"""The extra of the package that brings a library which a name needs."""

if TYPE_CHECKING:
    from dfe.atlas.atlas import Atlas as Atlas
    from dfe.atlas.atlas import build_atlas as build_atlas
    from dfe.atlas.page import write_atlas as write_atlas
    from dfe.base.errors import DfeError as DfeError
    from dfe.comparison.comparison import Comparison as Comparison
    from dfe.comparison.comparison import compare as compare
    from dfe.comparison.designs.design import DesignComparison as DesignComparison
    from dfe.comparison.designs.design import compare_design as compare_design
    from dfe.comparison.designs.files import write_design as write_design
    from dfe.comparison.files import write_comparison as write_comparison
    from dfe.comparison.options import CompareOptions as CompareOptions
    from dfe.displays.tokens import Tokens as Tokens
    from dfe.draw.plot import Plot as Plot
    from dfe.encoding.options import EncodeOptions as EncodeOptions
    from dfe.encoding.run import encode as encode
    from dfe.events.config import EventConfig as EventConfig
    from dfe.events.find import find_events as find_events
    from dfe.events.found import EventList as EventList
    from dfe.formats.event import Event as Event
    from dfe.judge.evaluate import EvaluateOptions as EvaluateOptions
    from dfe.judge.evaluate import evaluate as evaluate
    from dfe.judge.result import Evaluation as Evaluation
    from dfe.judge.result import write_evaluation as write_evaluation
    from dfe.overview.files import write_summary as write_summary
    from dfe.overview.head import plot_display as plot_display
    from dfe.overview.means import plot_means as plot_means
    from dfe.overview.profile import plot_profile as plot_profile
    from dfe.overview.summary import Summary as Summary
    from dfe.overview.summary import summarise as summarise
    from dfe.overview.timeline import plot_displays as plot_displays
    from dfe.predict.config import StudyConfig as StudyConfig
    from dfe.predict.study import Study as Study
    from dfe.predict.study import StudyOptions as StudyOptions
    from dfe.predict.study import run_study as run_study
    from dfe.predict.study import write_study as write_study
    from dfe.recording.recording import Recording as Recording
    from dfe.recording.recording import read as read
    from dfe.recording.usability import UsabilityRule as UsabilityRule
    from dfe.space.base import ExpressionSpace as ExpressionSpace
    from dfe.space.registry import load_space as load_space
    from dfe.tokenizer.file import load_tokenizer as load_tokenizer
    from dfe.tokenizer.tokenizer import Tokenizer as Tokenizer
    from dfe.training.config import TrainConfig as TrainConfig
    from dfe.training.loop import TrainResult as TrainResult
    from dfe.training.loop import train as train


def __getattr__(name: str) -> object:
    if name in _HOMES:
        try:
            home = importlib.import_module(_HOMES[name])
        except ModuleNotFoundError as error:
            if (extra := _EXTRAS.get((error.name or "").partition(".")[0])) is None:
                raise
            from dfe.base.errors import DfeError
            from dfe.base.installing import how_to_install

            raise DfeError(
                f"dfe.{name} needs {error.name}, which is not installed", advice=how_to_install(extra)
            ) from None
        value = getattr(home, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'dfe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
