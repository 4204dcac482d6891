"""What a process of its own tries, so that a native library that crashes ends nothing else; a line of JSON a step."""

import importlib
import json
import warnings
from typing import Any

from humpcat.hub import ask_hub
from humpcat.imports import import_fault, missing_module


def import_torch_and_torchaudio() -> None:
    """Import torch, ask it what it computes on, and import torchaudio; print a line on each."""
    torch = try_import("torch")
    _say(torch)
    if torch["loads"]:
        try:
            _say(_device())
        # A driver that torch cannot speak with is what the report is about too.
        except Exception as error:
            _say({"step": "device", "warnings": [f"torch cannot say what it computes on ({import_fault(error)})"]})
        _say(try_import("torchaudio"))


def try_import(name: str) -> dict[str, Any]:
    """Import a module and return what came of it.

    Args:
        name: the module.

    Example:
        >>> try_import("json")["loads"], try_import("no_such_module")["error"]
        (True, "No module named 'no_such_module'")
    """
    try:
        module = importlib.import_module(name)
    # Whatever the files of a broken package raise is what the report is about.
    except Exception as error:
        found = {"version": None, "missing": missing_module(error) or None, "error": import_fault(error)}
    else:
        found = {"version": str(getattr(module, "__version__", "unknown")), "missing": None, "error": None}
    return {"step": name, "loads": found["error"] is None, **found}


def ask_for_model(name: str, seconds: float) -> None:
    """Ask the hub for a model's description, once, and print what came of it.

    Args:
        name: name of a model of the hub.
        seconds: how long it has for the whole answer.
    """
    fault = ask_hub(f"models/{name}", seconds)
    _say({"step": "hub", "answers": not fault, "detail": fault or None})


def _device() -> dict[str, Any]:
    import torch

    from humpcat.device import default_device, fastest_dtype

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        device = default_device()
        found: dict[str, Any] = {
            "step": "device",
            "name": device.type,
            "predictions": str(torch.float32).removeprefix("torch."),
            "features": str(fastest_dtype(device)).removeprefix("torch."),
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "capabilities": dict(torch.cpu.get_capabilities()) if hasattr(torch.cpu, "get_capabilities") else {},
            "threads": torch.get_num_threads(),
            "cuda": torch.version.cuda,
            "gpus": [],
        }
        if device.type == "cuda":
            gpus = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
            found["gpus"] = [{"name": gpu.name, "bytes": gpu.total_memory} for gpu in gpus]
    return found | {"warnings": [str(warning.message).split("\n")[0] for warning in caught]}


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)
