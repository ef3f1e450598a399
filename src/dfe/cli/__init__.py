"""The command `dfe`: one module a verb, each a frozen dataclass of options with a method ``run``."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Protocol

from dfe.base.errors import DfeError, UsageError


class Verb(Protocol):
    """What every verb's options are."""

    def run(self) -> int:
        """Do it, print the outcome, return the exit code."""
        ...


EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, run the verb, and leave with its exit code.

    Exit codes: 0 all done; 1 some input or output failed (the others are done); 2 the command line makes no sense;
    130 interrupted.
    """
    import tyro

    from dfe.base.version import __version__
    from dfe.cli.ablate import Ablate
    from dfe.cli.agreement import Agreement
    from dfe.cli.atlas import Atlas
    from dfe.cli.compare import Compare
    from dfe.cli.demo import Demo
    from dfe.cli.doctor import Doctor
    from dfe.cli.encode import Encode
    from dfe.cli.evaluate import Evaluate
    from dfe.cli.events import Events
    from dfe.cli.export import Export
    from dfe.cli.export_encoder import ExportEncoder
    from dfe.cli.extract import Extract
    from dfe.cli.faces import Faces
    from dfe.cli.info import Info
    from dfe.cli.learn_space import LearnSpace
    from dfe.cli.naming_sheets import NamingSheets
    from dfe.cli.qc import Qc
    from dfe.cli.reliability import Reliability
    from dfe.cli.render import Render
    from dfe.cli.sensitivity import Sensitivity
    from dfe.cli.study import Study
    from dfe.cli.train import Train

    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        print(f"dfe {__version__}")
        raise SystemExit(EXIT_OK)
    subcommand = tyro.conf.subcommand
    verbs = (
        Annotated[Encode, subcommand("encode")]
        | Annotated[Extract, subcommand("extract")]
        | Annotated[Train, subcommand("train")]
        | Annotated[LearnSpace, subcommand("learn-space")]
        | Annotated[Evaluate, subcommand("evaluate")]
        | Annotated[Ablate, subcommand("ablate")]
        | Annotated[Events, subcommand("events")]
        | Annotated[Faces, subcommand("faces")]
        | Annotated[Export, subcommand("export")]
        | Annotated[Render, subcommand("render")]
        | Annotated[NamingSheets, subcommand("naming-sheets")]
        | Annotated[Agreement, subcommand("agreement")]
        | Annotated[Atlas, subcommand("atlas")]
        | Annotated[Study, subcommand("study")]
        | Annotated[Compare, subcommand("compare")]
        | Annotated[Sensitivity, subcommand("sensitivity")]
        | Annotated[Reliability, subcommand("reliability")]
        | Annotated[Info, subcommand("info")]
        | Annotated[Qc, subcommand("qc")]
        | Annotated[Demo, subcommand("demo")]
        | Annotated[Doctor, subcommand("doctor")]
        | Annotated[ExportEncoder, subcommand("export-encoder")]
    )
    config = (tyro.conf.FlagCreatePairsOff, tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes)
    verb: Verb = tyro.cli(
        verbs,
        prog="dfe",
        args=arguments,
        config=config,
        description="Discrete Facial Encoding: from faces in images and video to tokens of facial movement.",
    )
    try:
        code = verb.run()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone (`| head`); what Python flushes at its end must go somewhere that takes it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_FAILED
    except UsageError as error:
        print(f"dfe: {error}", file=sys.stderr)
        code = EXIT_USAGE
    except DfeError as error:
        print(f"dfe: {error}", file=sys.stderr)
        code = EXIT_FAILED
    except KeyboardInterrupt:
        print("dfe: interrupted; what was finished before stays", file=sys.stderr)
        code = EXIT_INTERRUPTED
    raise SystemExit(code)
