"""Where a training computes, and that it computes the same again."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from dfe.base.errors import UsageError


def choose_device(name: str) -> torch.device:
    """The device called ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``; each process takes one of its own.

    Raises:
        UsageError: CUDA is asked for and there is none, or there are more processes than devices.
    """
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise UsageError("there is no CUDA device that this build of torch can use", advice="train on the CPU")
    here, beside = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if beside > torch.cuda.device_count():
        raise UsageError(
            f"{beside} processes cannot share {torch.cuda.device_count()} CUDA devices",
            advice="start as many processes as there are devices, or train on the CPU",
        )
    torch.cuda.set_device(here)
    return torch.device("cuda", here)


def described(device: torch.device) -> str:
    """``cpu``, or ``cuda`` and what the device is."""
    return f"cuda ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else device.type


@contextmanager
def deterministic(threads: int, device: torch.device) -> Iterator[None]:
    """Let torch compute what it computed before, on so many threads; afterwards everything is as it was."""
    before = (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    cuda = device.type == "cuda"
    if cuda:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    # On CUDA torch refuses any cumulative sum; over the few levels of a face each thread adds its own in order.
    torch.use_deterministic_algorithms(True, warn_only=cuda)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="cumsum_cuda_kernel")
            yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1], warn_only=before[2])
