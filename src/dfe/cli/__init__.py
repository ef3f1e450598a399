"""The command `dfe`: one module a verb, each a frozen dataclass of options with a method ``run``."""

from __future__ import annotations

import sys

from dfe.base.errors import UsageError
from dfe.cli.net import caught
from dfe.cli.verbs import VERSION, find, overview, parse

DEBUG = "--debug"


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, run the verb, and leave with its exit code.

    Exit codes: 0 all done; 1 some input or output failed (the others are done); 2 the command line makes no sense;
    130 interrupted; 141 whoever read the output has gone.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    debug = DEBUG in arguments
    raise SystemExit(caught(lambda: _run([word for word in arguments if word != DEBUG]), debug=debug))


def _run(arguments: list[str]) -> int:
    if not arguments:
        raise UsageError("say what to do", advice="dfe --help lists the commands; the first is dfe encode VIDEO -o DIR")
    if arguments[0] in ("-h", "--help"):
        print(overview())
        return 0
    if arguments == [VERSION]:
        from dfe.base.version import __version__

        print(f"dfe {__version__}")
        return 0
    verb, rest = find(arguments)
    if isinstance(verb, str):
        print(verb)
        return 0
    return parse(verb, rest).run()
