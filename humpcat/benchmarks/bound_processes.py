"""Processes that are bound to a core each: what several of them do together in the time that one does alone.

Linux only, where a process can be bound to a core.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from threading import BrokenBarrierError
from types import TracebackType
from typing import Any

from humpcat.errors import HumpcatError, SettingsError

Share = tuple[int, int]
"""Rank of a process, and the number of processes that share the work."""

Work = Callable[..., object]
"""What a process does: called with its share, a function that waits for the others, and what :meth:`seconds` gives."""

READY, DONE = "ready", "done"


class BoundProcesses:
    """Processes that are ready to work: started, bound to a core each, and prepared.

    Args:
        prepare: an importable function that makes ready in a process, such as by building a model, and gives what the
            process does.
        arguments: what ``prepare`` is called with.
        processes: how many.

    Raises:
        SettingsError: a process cannot be bound to a core here, or there are fewer cores than processes.
        HumpcatError: a process fails.

    Example:
        >>> BoundProcesses(print, (), 10_000)
        Traceback (most recent call last):
        humpcat.errors.SettingsError: 10000 processes: ...
    """

    def __init__(self, prepare: Callable[..., Work], arguments: tuple[Any, ...], processes: int) -> None:
        if not hasattr(os, "sched_setaffinity"):
            raise SettingsError(f"{processes} processes: only Linux binds a process to a core: leave this out.")
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < processes:
            raise SettingsError(
                f"{processes} processes: each needs a core of its own, this process may use {len(cores)}: name fewer."
            )
        # Not forked: threads of torch do not survive that.
        context = multiprocessing.get_context("spawn")
        # Kept: the children look for it by its name, which ends with it.
        self._barrier = context.Barrier(processes)
        self._processes, self._pipes = [], []
        for rank in range(processes):
            ours, theirs = context.Pipe()
            child = context.Process(
                target=_serve, args=(theirs, self._barrier, cores[rank], prepare, arguments), daemon=True
            )
            child.start()
            # With our copy closed, a child that dies is the end of its pipe.
            theirs.close()
            self._processes.append(child)
            self._pipes.append(ours)

    def __enter__(self) -> "BoundProcesses":
        try:
            _receive(self._pipes)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def seconds(self, processes: int, *arguments: Any) -> float:
        """Return the seconds until the last of some processes has done its share; the others wait.

        Args:
            processes: 1, or all of them.
            *arguments: what each is given, beside its share.

        Raises:
            HumpcatError: a process fails.
        """
        if processes not in (1, len(self._pipes)):
            raise SettingsError(f"{processes} of {len(self._pipes)} processes: expected 1 or all.")
        start = time.perf_counter()
        for rank, pipe in enumerate(self._pipes[:processes]):
            pipe.send(((rank, processes), arguments))
        _receive(self._pipes[:processes])
        return time.perf_counter() - start

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            pipe.close()
        for child in self._processes:
            child.terminate()
            child.join()


def _receive(pipes: Sequence[Any]) -> None:
    """Wait for a word of each process."""
    said: list[str | None] = []
    for pipe in pipes:
        try:
            said.append(pipe.recv())
        except EOFError:
            said.append(None)
    # What failed says more than that others ended for it.
    failed = [word for word in said if word not in (READY, DONE, None)]
    if failed or None in said:
        raise HumpcatError(failed[0] if failed else "a process ended before its work was done: see what it printed.")


def _serve(pipe: Any, barrier: Any, core: int, prepare: Callable[..., Work], arguments: tuple[Any, ...]) -> None:
    """Do what the other end of the pipe asks for, until it is closed."""
    os.sched_setaffinity(0, {core})
    try:
        work = prepare(*arguments)
        pipe.send(READY)
        while True:
            share, given = pipe.recv()
            work(share, barrier.wait if share[1] > 1 else _nobody, *given)
            pipe.send(DONE)
    except (EOFError, BrokenBarrierError):
        return
    except Exception as error:
        # Those that wait for this one would wait for ever.
        barrier.abort()
        pipe.send(f"a process failed: {type(error).__name__}: {error}")


def _nobody() -> None:
    """Wait for nobody."""
