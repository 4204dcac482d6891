"""Whether torch and torchaudio load, and what torch would compute on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from humpcat.environment.processes import run_child

IMPORT_SECONDS = 120.0
"""How long both imports may take together; from a slow network drive a first one takes most of a minute."""


@dataclass(frozen=True)
class Import:
    """What came of importing a package.

    Attributes:
        loads: whether it was imported; None if that was not tried.
        version: what it calls itself, its build included; None if it was not imported.
        missing: the package that was not found; None if none is missing.
        error: why it does not load, or was not tried; None if it does.
    """

    loads: bool | None
    version: str | None = None
    missing: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Device:
    """What humpcat computes on.

    Attributes:
        name: device of :func:`humpcat.pipeline` by default, such as ``cpu``; None if torch cannot say.
        predictions: precision of predictions.
        features: precision in which training and ``humpcat adapt`` compute an encoder's features.
        cpu_capability: instruction set that torch uses on the processor.
        threads: threads that torch uses on the processor.
        cuda: version of CUDA that torch is built for; None for a torch without.
        gpus: ``name`` and ``bytes`` of memory of each GPU that torch sees.
        warnings: what torch warned of when it was asked, or why it cannot say.
    """

    name: str | None = None
    predictions: str | None = None
    features: str | None = None
    cpu_capability: str | None = None
    threads: int | None = None
    cuda: str | None = None
    gpus: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loading:
    """What came of importing torch and torchaudio, and of asking torch for its device.

    Attributes:
        torch: the import of torch.
        torchaudio: the import of torchaudio, which is tried after torch only.
        device: what torch computes on.
        capabilities: torch's description of the processor; empty if it gives none.
    """

    torch: Import
    torchaudio: Import
    device: Device
    capabilities: Mapping[str, object]


def try_loading(seconds: float = IMPORT_SECONDS) -> Loading:
    """Import torch and torchaudio in a process of its own, whose end ends nothing else.

    Args:
        seconds: how long that may take.
    """
    said = run_child("import_torch_and_torchaudio", seconds=seconds)
    torch = _import(said.steps, "torch", said.end)
    if not torch.loads:
        return Loading(torch, Import(None, error="torch does not load"), Device(), {})
    found = said.steps.get("device")
    if found is None:
        died = Device(warnings=(f"torch was asked for its device, and {said.end}",))
        return Loading(torch, Import(None, error="torch cannot be asked for its device"), died, {})
    capabilities = found.pop("capabilities", {})
    return Loading(torch, _import(said.steps, "torchaudio", said.end), Device(**found), capabilities)


def _import(steps: Mapping[str, dict[str, Any]], name: str, end: str | None) -> Import:
    return Import(**steps[name]) if name in steps else Import(False, error=end)
