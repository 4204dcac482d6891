"""The processor, and those of its instructions that decide how fast humpcat is."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
"""Where Linux describes the processor."""

INSTRUCTIONS = {"amx_bf16": "AMX bf16", "avx512_bf16": "AVX-512 bf16", "avx2": "AVX2", "bf16": "Arm bf16"}
"""Name of an instruction set, as Linux and torch both spell it, to what it is called."""


@dataclass(frozen=True)
class Processor:
    """The processor.

    Attributes:
        name: what it calls itself; None if that is not known.
        architecture: such as ``x86_64``.
        cores: logical cores that this process may use.
        instructions: whether it has each of :data:`INSTRUCTIONS`; None if that is not known.
    """

    name: str | None
    architecture: str
    cores: int
    instructions: dict[str, bool | None]


def processor(capabilities: Mapping[str, object] | None = None) -> Processor:
    """Return what is known of the processor: from Linux, and elsewhere from torch.

    Args:
        capabilities: as ``torch.cpu.get_capabilities()`` gives them, if torch could be asked.
    """
    lines = _cpuinfo()
    flags = (lines.get("flags") or lines.get("Features") or "").split()
    known: dict[str, bool | None] = dict.fromkeys(INSTRUCTIONS)
    if flags:
        known = {name: name in flags for name in INSTRUCTIONS}
    elif capabilities:
        known = {name: bool(capabilities[name]) if name in capabilities else None for name in INSTRUCTIONS}
    return Processor(
        name=lines.get("model name")
        or str((capabilities or {}).get("cpu_name") or "")
        or platform.processor()
        or None,
        architecture=platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        instructions=known,
    )


def _cpuinfo() -> dict[str, str]:
    """Return the fields of the first core."""
    try:
        first = CPUINFO.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
