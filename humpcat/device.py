"""Where humpcat computes, and in which precision."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, islice
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")


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


def own_cores() -> int:
    """Return how many cores the calling thread may use, as ``torch.set_num_threads`` says.

    Example:
        >>> own_cores() >= 1
        True
    """
    return torch.get_num_threads()


def on_all_cores(compute: Callable[[Item], R], items: Iterable[Item]) -> Iterator[R]:
    """Yield what a function makes of each item, in their order: each item on one core, a single one on all of them.

    As many threads compute as the calling one may use cores, so that ``torch.set_num_threads(1)`` makes it a loop.
    Items are taken in the calling thread, few ahead of what was asked for.

    Args:
        compute: the function; threads may run it at once.
        items: what it is given.

    Example:
        >>> list(on_all_cores(abs, [-1, 2, -3]))
        [1, 2, 3]
    """
    left, workers = iter(items), own_cores()
    first = list(islice(left, 2))
    if workers == 1 or len(first) < 2:
        yield from map(compute, chain(first, left))
        return
    waiting: deque[Future[R]] = deque()
    with one_core_a_thread() as on_one_core, ThreadPoolExecutor(workers) as threads:
        try:
            for item in chain(first, left):
                waiting.append(threads.submit(on_one_core(compute), item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
