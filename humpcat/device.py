"""Where humpcat computes, and in which precision."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
R = TypeVar("R")


def default_device() -> torch.device:
    """Return the device of the pipeline where none was asked for: a GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fastest_dtype(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the device computes in it natively, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    native = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if native else torch.float32


def cores() -> int:
    """Return how many cores this process may keep busy: its share of those that all processes of a launch here have.

    Example:
        >>> cores() >= 1
        True
    """
    # Imported here: whoever answers one clip asks for a device and for no cores, and joblib takes 0.1 s.
    import joblib

    # Named so by torchrun, with which Accelerate starts several processes on a machine.
    beside = max(1, int(os.environ.get("LOCAL_WORLD_SIZE") or 1))
    return max(1, joblib.cpu_count() // beside)


@contextmanager
def one_core_a_thread() -> Iterator[Callable[[Callable[P, R]], Callable[P, R]]]:
    """Let functions that run in threads of their own compute on one core each, while this is entered.

    Threads that share all cores wait for each other: on a machine with other work, small operations take ten times as
    long. How many cores the entering thread uses stays as it is.

    Yields:
        What makes of a function one that computes on one core, in the thread that calls it.

    Example:
        >>> with one_core_a_thread() as on_one_core:
        ...     cores = on_one_core(torch.get_num_threads)()
        >>> cores
        1
    """
    usual = torch.get_num_threads()

    def on_one_core(compute: Callable[P, R]) -> Callable[P, R]:
        def computed(*args: P.args, **kwargs: P.kwargs) -> R:
            # Of this thread, and of threads that begin from now on.
            torch.set_num_threads(1)
            return compute(*args, **kwargs)

        return computed

    try:
        yield on_one_core
    finally:
        torch.set_num_threads(usual)
