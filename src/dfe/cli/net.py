"""The last net: whatever happens, a user sees one line and gets an exit code, never a traceback."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dfe.base.errors import DfeError, UsageError
from dfe.cli.show import tell
from dfe.cli.streams import OutputGone, safe_streams

OK, FAILED, USAGE, BROKEN_OFF, INTERRUPTED, READER_GONE, SIGNALLED = 0, 1, 2, 3, 130, 141, 128
"""Exit codes; the last three as shells give them to a process that SIGINT, SIGPIPE or (plus its number) another signal
has ended."""


class Terminated(BaseException):
    """The system, a scheduler or a closing terminal asks this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def tidy_ends() -> Iterator[None]:
    """Raise :class:`Terminated` where SIGTERM or SIGHUP would end the process, so that it leaves nothing behind.

    A second signal ends it. Signals that are ignored, as below ``nohup``, stay so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise Terminated(number)

    names = ("SIGTERM", "SIGHUP")
    ends = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in ends}
    caught_here = [number for number in ends if before[number] is signal.SIG_DFL]
    for number in caught_here:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in caught_here:
            signal.signal(number, before[number])


def caught(work: Callable[[], int], *, debug: bool = False) -> int:
    """Do the work and return its exit code; an error is one line on standard error, and an exit code of its kind.

    Args:
        work: returns an exit code.
        debug: print the traceback of an error, too.
    """
    with safe_streams():
        try:
            with tidy_ends():
                code = work()
            sys.stdout.flush()
            return code
        except SystemExit as left:  # the parser's, after its own words
            return left.code if isinstance(left.code, int) else (OK if left.code is None else USAGE)
        except OutputGone as error:
            if error.errno in (errno.EPIPE, errno.EINVAL):
                return READER_GONE
            return _said(f"what is printed cannot be written ({error.strerror})", FAILED, debug)
        except KeyboardInterrupt:
            return _said("interrupted; what was finished before stays", INTERRUPTED, debug)
        except Terminated as end:
            name = signal.Signals(end.number).name
            return _said(f"ended by {name}; what was finished before stays", SIGNALLED + end.number, debug)
        except BrokenOff as off:
            return _failed(off.error, BROKEN_OFF, debug)
        except Exception as error:
            return _failed(error, FAILED, debug)


class BrokenOff(Exception):
    """An error has ended the work as a whole."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def breaking_off() -> Iterator[None]:
    """For work whose exit code 1 speaks of results: an error that ends it as a whole has another one, 3."""
    try:
        yield
    except (UsageError, OutputGone):
        raise
    except Exception as error:
        raise BrokenOff(error) from error


def _failed(error: Exception, code: int, debug: bool) -> int:
    match error:
        case UsageError():
            return _said(str(error), USAGE, debug)
        case DfeError():
            return _said(str(error), code, debug)
        case MemoryError():
            return _said("not enough memory; use fewer --workers or fewer inputs at once", code, debug)
        case OSError():
            where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
            return _said(f"{where}{error.strerror or error}{_kept(debug)}", code, debug)
        case _:
            what = " ".join(f"{type(error).__name__}: {error}".split())
            return _said(f"an error of dfe itself ({what}); please report it{_kept(debug)}", code, debug)


def _said(line: str, code: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    tell(f"dfe: {line}")
    return code


def _kept(debug: bool) -> str:
    """Keep the traceback in a file, and say where."""
    if debug:
        return ""
    try:
        handle, name = tempfile.mkstemp(prefix="dfe-error-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"dfe {' '.join(sys.argv[1:])}\n{traceback.format_exc()}")
    except OSError:
        return "; --debug shows the details"
    return f"; details are in {Path(name)}, and --debug shows them"
