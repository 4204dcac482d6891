import json
import subprocess
import sys

import pytest

from humpcat.benchmarks.commands import Run, measure, measure_in_turns, run_table
from humpcat.errors import HumpcatError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="tells nothing of the resources of children")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


# In a process that is small itself: the memory of a child counts what its parent held when it was started.
SMALL = """
import json
import sys
from dataclasses import asdict

from humpcat.benchmarks.commands import measure

large = [sys.executable, "-c", "a = bytearray(300_000_000)"]
small = [sys.executable, "-c", "import time; time.sleep(0.3)"]
print(json.dumps([asdict(measure(commands)) for commands in ([large], [small], [large, small])]))
"""


def test_commands_are_waited_for_one_after_the_other_and_the_largest_memory_counts() -> None:
    said = subprocess.run(python(SMALL), capture_output=True, text=True, check=True).stdout
    large, small, both = (Run(**figures) for figures in json.loads(said))
    assert small.memory < 150 < 290 < large.memory
    assert abs(both.memory - large.memory) < 30
    assert both.wall > 0.3
    # Sleeping is no work.
    assert small.processor < small.wall


def test_a_command_that_fails_ends_the_benchmark_with_its_words() -> None:
    with pytest.raises(HumpcatError) as caught:
        measure([python("pass"), python("raise SystemExit('no encoder')")])
    assert str(caught.value) == "-c raise SystemExit('no encoder'): exit status 1: no encoder"


def test_ways_take_turns(tmp_path) -> None:
    order = tmp_path / "order"
    ways = {name: [python(f"open({str(order)!r}, 'a').write({name!r})")] for name in ("a", "b")}
    runs = measure_in_turns(ways, 2)
    assert order.read_text() == "abab"
    assert [len(found) for found in runs.values()] == [2, 2]


def test_the_table_divides_by_the_baseline() -> None:
    lines = run_table({"ours": Run(2, 3, 400), "plain": Run(5, 6, 700.4)}, "ours")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["command", "wall s", "processor s", "memory MB", "times `ours`"]
    assert cells[2:] == [["ours", "2.00", "3.00", "400", "1.0"], ["plain", "5.00", "6.00", "700", "2.5"]]
