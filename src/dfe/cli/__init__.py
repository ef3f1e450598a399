"""The command `dfe`: one module a verb, each a frozen dataclass of options with a method ``run``."""

from __future__ import annotations

import sys

from dfe.base.errors import UsageError
from dfe.cli.everywhere import Words, lifted, sorted_out, with_list
from dfe.cli.net import caught
from dfe.cli.show import say
from dfe.cli.verbs import VERSION, find, overview, parse


def main(argv: list[str] | None = None) -> None:
    """Parse the command line, run the verb, and leave with its exit code.

    Exit codes: 0 all done; 1 some input or output failed (the others are done); 2 the command line makes no sense;
    3 an error ended a whole corpus run; 130 interrupted; 141 whoever read the output has gone.
    """
    words = sorted_out(sys.argv[1:] if argv is None else argv)
    raise SystemExit(caught(lambda: _run(words), debug=words.debug))


def _run(words: Words) -> int:
    arguments = words.rest
    if not arguments:
        raise UsageError(
            "no command given", advice="dfe --help lists the commands; the first is dfe encode VIDEO -o DIR"
        )
    if arguments[0] in ("-h", "--help"):
        say(*overview().splitlines())
        return 0
    if arguments == [VERSION]:
        from dfe.base.version import __version__

        say(f"dfe {__version__}")
        return 0
    verb, rest = find(arguments)
    if isinstance(verb, str):
        say(*verb.splitlines())
        return 0
    with lifted(words.limit):
        from dfe.base.processes import is_program

        if is_program():
            from dfe.base.sparing import spare_pandas, spare_threads

            spare_threads()
            spare_pandas()
        return parse(verb, with_list(rest, null=words.null)).run()
