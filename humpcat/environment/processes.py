"""Run a function of :mod:`humpcat.environment.child` in a process of its own, and read what it printed."""

import contextlib
import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

_CODE = """
import json, sys
path, function, arguments = json.loads(sys.argv[1])
sys.path[:] = path
from humpcat.environment import child
getattr(child, function)(*arguments)
"""


@dataclass(frozen=True)
class Said:
    """What a process printed, and how it ended.

    Attributes:
        steps: its lines of JSON by their ``step``.
        end: why it did not come to its end, such as ``"it was ended by SIGSEGV"``; None if it did.
    """

    steps: dict[str, dict[str, Any]]
    end: str | None


def run_child(function: str, *arguments: Any, seconds: float) -> Said:
    """Run a function in a process of its own that sees the same packages.

    Args:
        function: name of a function of :mod:`humpcat.environment.child`.
        arguments: what it is called with, as JSON can hold it.
        seconds: how long it may take.
    """
    # -P: no folder that humpcat was not found by itself comes before the packages.
    command = [sys.executable, "-P", "-c", _CODE, json.dumps([sys.path, function, arguments])]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        return Said(_lines(error.stdout or b""), f"it did not end within {seconds:g} s")
    except OSError as error:
        return Said({}, f"Python could not be started ({error.strerror})")
    return Said(_lines(done.stdout), _end(done.returncode, done.stderr))


def _lines(output: bytes) -> dict[str, dict[str, Any]]:
    """Return the lines of JSON; a package may print others beside them."""
    steps: dict[str, dict[str, Any]] = {}
    for line in output.decode(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict) and "step" in value:
                steps[value.pop("step")] = value
    return steps


def _end(status: int, errors: bytes) -> str | None:
    if status == 0:
        return None
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-status).name}"
    last = errors.decode(errors="replace").strip().rpartition("\n")[2]
    return f"it ended with status {status}" + (f": {last}" if last else "")
