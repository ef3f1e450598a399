"""Folders copied between this machine and an object store, either way; what is there already is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from dfe.base.errors import DfeError, UsageError
from dfe.base.types import Progress
from dfe.corpus.stand_ins import stands_for, write_stand_in
from dfe.corpus.stores import Entry, Store, is_url

_AHEAD = 4


@dataclass
class CopySummary:
    """What became of a copy."""

    copied: int = 0
    stand_ins: int = 0
    there: int = 0
    """Left out, being there with the same size and no older."""
    bytes: int = 0
    """Copied."""
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        told = {"copied": self.copied, "stand_ins": self.stand_ins, "there": self.there, "bytes": self.bytes}
        return told | {"failed": len(self.problems)}


def copy_folder(
    source: str, target: str, *, later: bool = False, threads: int = 8, progress: Progress | None = None
) -> CopySummary:
    """Copy all files of a folder and below, hidden ones left out, several at a time.

    A file that cannot be copied is a problem in the summary; the others go on. Copied again, only what is not there,
    or is there with another size or older, is copied.

    Args:
        source, target: URL or path; at least one is a path.
        later: into a path: write stand-ins (:mod:`dfe.corpus.stand_ins`) for files of a store in place of the files.
        threads: copies at the same time.
        progress: called as ``progress(files done, all)``.

    Raises:
        UsageError: two URLs, two paths, no thread, or stand-ins for files that are here.
        DfeError: the source cannot be listed.
    """
    if threads < 1:
        raise UsageError(f"--at-once must be 1 or more, not {threads}")
    if is_url(source) == is_url(target):
        raise UsageError("one of the two must be a URL and the other a folder here", where=f"{source}, {target}")
    if later and not is_url(source):
        raise UsageError("--later does nothing for files that are here already", advice="leave it out")
    here, there = (Path(target), Store.open(source)) if is_url(source) else (Path(source), Store.open(target))
    if is_url(source):
        files = list(there.files())
        work: Callable[[Entry], str] = lambda entry: _fetched(there, here, entry, later)  # noqa: E731
    else:
        files = list(Store.open(source).files())
        known = {entry.name: entry for entry in there.files(must_exist=False)}
        work = lambda entry: _put(there, here, entry, known.get(entry.name))  # noqa: E731
    summary, problems = CopySummary(), []
    for done, (entry, what) in enumerate(_side_by_side(work, files, threads), start=1):
        if isinstance(what, DfeError):
            problems.append(str(what))
        else:
            setattr(summary, what, getattr(summary, what) + 1)
            summary.bytes += entry.size if what == "copied" else 0
        if progress is not None:
            progress(done, len(files))
    summary.problems = tuple(problems)
    return summary


def _fetched(store: Store, folder: Path, entry: Entry, later: bool) -> str:
    target = folder / entry.name
    if ".." in Path(entry.name).parts:
        raise DfeError("a name that leads out of the folder", where=entry.name, advice="copy this one by hand")
    if target.is_file():
        found = target.stat()
        same = (found.st_size, found.st_mtime_ns) == (entry.size, entry.time_ns)
        if same and (later or stands_for(target) is None):
            return "there"
    if later and write_stand_in(target, store, entry):
        return "stand_ins"
    store.fetch(entry, target)
    return "copied"


def _put(store: Store, folder: Path, entry: Entry, known: Entry | None) -> str:
    path = folder / entry.name
    if stands_for(path) is not None:
        return "there"
    if known is not None and known.size == entry.size and known.time_ns >= entry.time_ns:
        return "there"
    store.put(path, entry.name)
    return "copied"


def _side_by_side(
    work: Callable[[Entry], str], files: Iterable[Entry], threads: int
) -> Iterator[tuple[Entry, str | DfeError]]:
    """Each file with what became of it, as they get ready; only a few wait at a time."""
    under_way: dict[Future[str], Entry] = {}
    todo = iter(files)
    with ThreadPoolExecutor(threads) as pool:
        while True:
            for entry in todo:
                under_way[pool.submit(work, entry)] = entry
                if len(under_way) >= _AHEAD * threads:
                    break
            if not under_way:
                return
            ready, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for one in ready:
                error = one.exception()
                if error is not None and not isinstance(error, DfeError):
                    raise error
                yield under_way.pop(one), error if error is not None else one.result()
