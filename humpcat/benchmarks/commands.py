"""Commands that are measured from outside, as their user waits for them: seconds and memory of whole processes."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from humpcat.errors import HumpcatError

Commands = Sequence[Sequence[str]]
"""Words of commands that run one after the other."""


@dataclass(frozen=True)
class Run:
    """What commands took.

    Attributes:
        wall: seconds from the start of the first to the end of the last.
        processor: seconds of all cores.
        memory: largest memory of one of them in MB.
    """

    wall: float
    processor: float
    memory: float


def measure(commands: Commands) -> Run:
    """Run commands one after the other, each in a process of its own.

    It works where the resources of children can be read: Linux and macOS.

    Args:
        commands: their words.

    Raises:
        HumpcatError: one of them fails, or the system tells nothing of the resources of children.

    Example:
        >>> measure([[sys.executable, "-c", "pass"]]).wall > 0
        True
    """
    if not hasattr(os, "wait4"):
        raise HumpcatError("the system tells nothing of the memory of commands: run this on Linux or macOS.")
    runs = [_measured(words) for words in commands]
    return Run(sum(run.wall for run in runs), sum(run.processor for run in runs), max(run.memory for run in runs))


def measure_in_turns(ways: Mapping[str, Commands], turns: int) -> dict[str, list[Run]]:
    """Measure each way several times, one after the other in each turn, so that all meet whatever else runs.

    Args:
        ways: commands by the name of the way.
        turns: how often.

    Returns:
        The runs of each way, one a turn.

    Raises:
        HumpcatError: a command fails.

    Example:
        >>> runs = measure_in_turns({"nothing": [[sys.executable, "-c", "pass"]]}, turns=2)
        >>> len(runs["nothing"])
        2
    """
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, commands in ways.items():
            runs[name].append(measure(commands))
    return runs


def median(runs: Sequence[Run]) -> Run:
    """Return the median of each figure.

    Args:
        runs: of one way.

    Example:
        >>> median([Run(1, 5, 9), Run(3, 4, 8), Run(2, 6, 7)])
        Run(wall=2, processor=5, memory=8)
    """
    rows = [asdict(run) for run in runs]
    return Run(**{name: statistics.median(row[name] for row in rows) for name in rows[0]})


def run_table(medians: Mapping[str, Run], baseline: str) -> list[str]:
    """Return a table of ways, as lines of Markdown.

    Args:
        medians: of each way.
        baseline: the way whose wall seconds the others' are divided by.

    Example:
        >>> print("\\n".join(run_table({"ours": Run(1, 1, 300), "theirs": Run(2.5, 2, 400)}, "ours")))
        | command | wall s | processor s | memory MB | times `ours` |
        | ------- | ------ | ----------- | --------- | ------------ |
        | ours    | 1.00   | 1.00        | 300       | 1.0          |
        | theirs  | 2.50   | 2.00        | 400       | 2.5          |
    """
    # Imported after all runs: the memory of a child counts what this process held when the child was started.
    from humpcat.evaluation.markdown_table import markdown_table

    cells = [["command", "wall s", "processor s", "memory MB", f"times `{baseline}`"]]
    for name, one in medians.items():
        ratio = one.wall / medians[baseline].wall
        cells.append([name, f"{one.wall:.2f}", f"{one.processor:.2f}", f"{one.memory:.0f}", f"{ratio:.1f}"])
    return markdown_table(cells, padded=True)


def _measured(words: Sequence[str]) -> Run:
    start = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.stderr.close()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise HumpcatError(f"{' '.join(words[1:])}: exit status {child.returncode}: {said.strip()}")
    # In KB on Linux, in bytes on macOS.
    scale = 1e6 if sys.platform == "darwin" else 1e3
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale)
