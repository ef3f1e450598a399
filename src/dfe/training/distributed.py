"""Several processes that train as one: each searches a part of every batch, and all do the rest alike.

The search is the costly part of a step. All processes draw the same batch from the same generator; each finds the
codes of its own rows, the codes are gathered, and every process computes loss, gradient and step on the whole batch.
So the processes stay alike bit for bit, nothing but codes is exchanged, and the result is that of one process;
gradients that are summed up from parts would not give it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from dfe.base.errors import DfeError, UsageError
from dfe.quantizers.train.trainable import Searcher

T = TypeVar("T")

_LONGEST_WAIT = timedelta(hours=12)
_MEETINGS = itertools.count()


@dataclass(frozen=True)
class Processes:
    """Those that train together, and which of them is here."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether it is the one that writes files and tells how things are."""
        return self.rank == 0

    def check_alike(self, what: str, value: Any) -> None:
        """Make sure that all have the same value; also waits until all have come here.

        Raises:
            DfeError: they have not.
        """
        if self.count == 1:
            return
        values: list[Any] = [None] * self.count
        dist.all_gather_object(values, value)
        for rank, other in enumerate(values):
            # As text: a number that is none is not equal to itself.
            if repr(other) != repr(values[0]):
                raise DfeError(
                    f"processes 0 and {rank} of the training differ in {what}",
                    advice="give all the same tables, options, folder and kind of machine",
                )

    def by_first(self, work: Callable[[], T]) -> T:
        """Let the first process alone do the work; the others wait for its result, and fail as it fails."""
        if self.count == 1:
            return work()
        handed: list[Any] = [None, None]
        if self.first:
            try:
                handed[0] = work()
            except Exception as error:
                handed[1] = error
        dist.broadcast_object_list(handed, src=0)
        if handed[1] is not None:
            raise handed[1]
        result: T = handed[0]
        return result


@contextmanager
def processes(device: torch.device) -> Iterator[Processes]:
    """Join the processes that torchrun's environment variables speak of; alone without them.

    Raises:
        UsageError: the environment speaks of several processes and not of which one this is.
    """
    if _number("WORLD_SIZE", 1) <= 1:
        yield Processes()
        return
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        if name not in os.environ:
            raise UsageError(
                f"WORLD_SIZE says {os.environ['WORLD_SIZE']} processes, but {name} is not set",
                advice="start them with torchrun, or unset WORLD_SIZE",
            )
    store, rank, count = _meeting_place()
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=_LONGEST_WAIT)
    try:
        yield Processes(rank, count)
        dist.barrier()
    finally:
        dist.destroy_process_group()


def _meeting_place() -> tuple[Any, int, int]:
    """Where the processes meet, which one this is, and how many they are.

    Each meeting has a name of its own: a second training in one program would find the addresses of the first.
    """
    from torch.distributed.distributed_c10d import PrefixStore

    store, rank, count = _environment()
    return PrefixStore(f"dfe-{next(_MEETINGS)}", store), rank, count


@cache
def _environment() -> tuple[Any, int, int]:
    from torch.distributed.rendezvous import rendezvous

    place: tuple[Any, int, int] = next(rendezvous("env://", timeout=_LONGEST_WAIT))
    return place


def first_process() -> bool:
    """Whether this process is the one to print, as far as the environment says."""
    return _number("WORLD_SIZE", 1) <= 1 or _number("RANK", 0) == 0


def share_search(searcher: Searcher, among: Processes) -> None:
    """Make a model search only its part of a batch, and take the other codes from the other processes.

    All of them must then search the same batches in the same order.
    """
    if among.count == 1:
        return
    whole = getattr(searcher.owner, searcher.name)
    shared, codebook = _shared(whole, among), searcher.codebook
    verdicts: dict[int, bool] = {}

    def search(rows: Tensor) -> Tensor:
        if codebook is None:
            return shared(rows)
        if len(rows) not in verdicts:
            alike = torch.tensor(_products_stand_alone(rows, codebook(), among.count))
            verdict = alike.to(rows.device, torch.int32)
            dist.all_reduce(verdict, dist.ReduceOp.MIN)
            verdicts[len(rows)] = bool(verdict)
        found: Tensor = shared(rows) if verdicts[len(rows)] else whole(rows)
        return found

    setattr(searcher.owner, searcher.name, search)


def _shared(search: Callable[[Tensor], Tensor], among: Processes) -> Callable[[Tensor], Tensor]:
    def each(rows: Tensor) -> Tensor:
        mine = search(_part(rows, among.rank, among.count))
        parts = [torch.empty_like(mine) for _ in range(among.count)]
        dist.all_gather(parts, mine.contiguous())
        return torch.cat(parts)[: len(rows)]

    return each


def _part(rows: Tensor, rank: int, count: int) -> Tensor:
    """One of ``count`` parts of equal length, in memory of its own; the last ones are filled up with zeros."""
    length = -(-len(rows) // count)
    part = rows.new_zeros(length, *rows.shape[1:])
    some = rows.detach()[rank * length : (rank + 1) * length]
    part[: len(some)] = some
    return part


@torch.no_grad()
def _products_stand_alone(z: Tensor, codebook: Tensor, count: int) -> bool:
    """Whether products of a part's rows and the codebook are those of the whole batch, to the last bit.

    Libraries may multiply few rows in another order than many. Where this one does, nothing is shared.
    """
    parts = torch.cat([_part(z, rank, count) @ codebook.T for rank in range(count)])[: len(z)]
    return torch.equal(parts, z @ codebook.T)


def _number(name: str, otherwise: int) -> int:
    value = os.environ.get(name, "").strip()
    return int(value) if value.isdecimal() else otherwise
