"""Processes: which are alive, and how a worker ends when the process that started it has gone."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import platform
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2): the signal that this process gets when its parent ends."""
_QUERY, _STILL_ACTIVE = 0x1000, 259
"""Of Windows: PROCESS_QUERY_LIMITED_INFORMATION, and the exit code of a process that has not ended."""


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine; of another user's, too.

    One that has ended, and that its parent has not asked after yet, runs no more.
    """
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return not _has_ended(pid)


def _has_ended(pid: int) -> bool:
    """Whether Linux keeps the process for its exit code alone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return False
    return state[:1] == ["Z"]


def is_program() -> bool:
    """Whether this process is the program `dfe` itself, and no script or session that uses the package.

    What starts processes of its own imports the main module anew in each, which only the program is known to bear.
    """
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return bool(spec.name == "dfe.__main__")
    return Path(getattr(main, "__file__", None) or "").stem == "dfe"


def machine_mark() -> str:
    """Eight letters for this machine, so that files on a shared disk tell whose process wrote them."""
    return hashlib.sha256(platform.node().encode("utf-8", "replace")).hexdigest()[:8]


def end_with_parent(parent: int) -> None:
    """Let this worker end as soon as process ``parent``, which started it, has ended, however it ended.

    A thread watches it; on Linux the kernel is asked, too, which needs no thread of ours to run. The kernel watches the
    thread that started this process, so that has to stay until the worker is wanted no more.
    """
    threading.Thread(target=_follow, name="parent's watch", daemon=True).start()
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)


def offer_to_be_ended_first() -> None:
    """Where memory gets short, Linux is to end this process rather than the one that keeps the results."""
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500", "ascii")


def _follow() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _is_alive_on_windows(pid: int) -> bool:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(_QUERY, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    known = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return bool(known) and code.value == _STILL_ACTIVE
