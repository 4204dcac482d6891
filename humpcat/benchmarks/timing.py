"""What benchmarks of speed share: ways that take turns, their times, the machine, a table of ratios, figures as JSON.

Ways of one run stand beside each other on one machine at one time, so that their ratios say more than their seconds.
"""

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from humpcat.environment.processor import INSTRUCTIONS, Processor, processor
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.files import write_json

PACKAGES = ("torch", "transformers")
"""Packages whose versions change what is measured."""

_HALF_ON_X86 = ("amx_bf16", "avx512_bf16")


def take_turns(ways: Mapping[str, Callable[[], Any]], turns: int) -> dict[str, list[float]]:
    """Measure each way several times, one after the other in each turn, so that all meet whatever else runs.

    Args:
        ways: what is measured, by its name.
        turns: how often.

    Returns:
        The seconds of each way, a number a turn.

    Example:
        >>> times = take_turns({"nothing": lambda: None}, turns=2)
        >>> len(times["nothing"])
        2
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in tqdm(range(turns), desc="turns"):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    return times


def shortest(times: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the shortest time of each way: what else runs on the machine only adds to it.

    Args:
        times: as :func:`take_turns` gives.

    Example:
        >>> shortest({"a": [2.0, 1.0]})
        {'a': 1.0}
    """
    return {name: min(found) for name, found in times.items()}


def medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median time of each way: what one call among many takes.

    Args:
        times: as :func:`take_turns` gives.

    Example:
        >>> medians({"a": [9.0, 1.0, 2.0]})
        {'a': 2.0}
    """
    return {name: statistics.median(found) for name, found in times.items()}


def machine_line(machine: Processor | None = None) -> str:
    """Return the processor, its cores and instructions for half precision, and versions, in one line.

    Args:
        machine: the processor; this one by default.

    Example:
        >>> machine_line(Processor("Some CPU", "x86_64", 2, dict.fromkeys(INSTRUCTIONS, False)))
        'Some CPU, 2 cores, neither AMX nor AVX-512 bf16; Python ...'
    """
    machine = machine or processor()
    flags = [INSTRUCTIONS[name] for name, there in machine.instructions.items() if there]
    if all(there is None for there in machine.instructions.values()):
        flags = ["instructions unknown"]
    elif not any(machine.instructions[name] for name in (*_HALF_ON_X86, "bf16")):
        flags.append("neither AMX nor AVX-512 bf16")
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in PACKAGES)]
    name = machine.name or f"unknown processor ({machine.architecture})"
    return f"{name}, {machine.cores} cores, {', '.join(flags)}; {', '.join(versions)}"


def machine_figures() -> dict[str, Any]:
    """Return what :func:`machine_line` says, as figures for a file.

    Example:
        >>> list(machine_figures())
        ['processor', 'instructions', 'cores', 'python', 'torch', 'transformers']
    """
    machine = processor()
    return {
        "processor": machine.name,
        "instructions": [name for name, there in machine.instructions.items() if there],
        "cores": machine.cores,
        "python": platform.python_version(),
    } | {name: version(name) for name in PACKAGES}


def speed_table(seconds: Mapping[str, float], heading: str, amount: float, against: Mapping[str, float]) -> list[str]:
    """Return a table of ways, as lines of Markdown.

    Args:
        seconds: of each way.
        heading: what seconds for each unit of ``amount`` are called.
        amount: what was done in these seconds, such as the seconds of audio that were heard.
        against: heading of a column of ratios to the seconds that they are ratios to; more than 1 is faster.

    Example:
        >>> print("\\n".join(speed_table({"a": 2.0, "b": 4.0}, "seconds", 1, {"times as fast as b": 4.0})))
        | way | seconds | times as fast as b |
        | --- | ------- | ------------------ |
        | a   | 2       | 2.00               |
        | b   | 4       | 1.00               |
    """
    rows = [["way", heading, *against]]
    for name, took in seconds.items():
        rows.append([name, f"{took / amount:.4g}", *(f"{other / took:.2f}" for other in against.values())])
    return markdown_table(rows, padded=True)


def save_figures(out: str | Path, name: str, figures: Mapping[str, Any]) -> Path:
    """Write the figures of a benchmark beside what is known of the machine.

    Args:
        out: folder; made if it does not exist.
        name: of the benchmark, and of its file without ``.json``.
        figures: what was measured, as JSON values.

    Returns:
        The file.

    Raises:
        WritingError: it cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     save_figures(folder, "bench_this", {"seconds": {"ours": 1.5}}).name
        'bench_this.json'
    """
    path = Path(out, f"{name}.json")
    write_json(path, machine_figures() | dict(figures))
    return path
