"""The environment in lines of text, 80 characters wide, as a person reads them or pastes them into an issue."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from humpcat.environment.folders import Folder
from humpcat.environment.hub import Hub
from humpcat.environment.loading import Device, Import
from humpcat.environment.model import ShippedModel
from humpcat.environment.packages import Installed
from humpcat.environment.processor import INSTRUCTIONS, Processor
from humpcat.environment.report import Environment

WIDTH = 80
_HEADING = 12


def to_text(environment: Environment) -> str:
    """Return the environment as text; a home folder is written ``~``, which tells no name.

    Args:
        environment: as :func:`humpcat.environment.report.examine` gives it.
    """
    lines = [_line(heading, value) for heading, value in _values(environment)]
    if environment.problems:
        lines += ["", "Problems, those first that keep humpcat from working:"]
        lines += [_wrapped(f"- {problem.sentence}", "  ") for problem in environment.problems]
    else:
        lines += ["", "No problems found."]
    # File names may hold bytes that are no text.
    return _without_home("\n".join(lines)).encode("utf-8", "backslashreplace").decode("utf-8")


def _values(environment: Environment) -> Iterator[tuple[str, str]]:
    yield "humpcat", "{version} in {folder}".format(**environment.humpcat)
    yield "Python", "{version} ({implementation}), {executable}".format(**environment.python)
    yield "platform", environment.platform
    yield "processor", _processor(environment.processor)
    for name, found in (("torch", environment.torch), ("torchaudio", environment.torchaudio)):
        yield name, _import(environment.packages[name], found)
    yield "device", _device(environment.device)
    yield "packages", _packages({n: p for n, p in environment.packages.items() if p.extra is None})
    yield "extras", _packages({n: p for n, p in environment.packages.items() if p.extra})
    for heading, name in (("cache", "cache"), ("features", "features"), ("hub's cache", "hub")):
        yield heading, _folder(environment.folders[name])
    yield "model", _model(environment.model)
    yield "hub", _hub(environment.hub)


def _processor(found: Processor) -> str:
    arm = found.architecture.lower().startswith(("arm", "aarch"))
    known = {INSTRUCTIONS[name]: there for name, there in found.instructions.items() if (name == "bf16") == arm}
    has = [name for name, there in known.items() if there]
    lacks = [name for name, there in known.items() if there is False]
    shown = "; ".join(filter(None, [", ".join(has), f"no {', no '.join(lacks)}" if lacks else ""]))
    name = f"{found.name or 'unknown'} ({found.architecture})"
    return f"{name}, {found.cores} logical cores; {shown or 'instructions unknown'}"


def _import(installed: Installed, found: Import) -> str:
    if not installed.present:
        return "not installed"
    # What is installed may name no build, what was imported does.
    version = found.version or installed.version or "of unknown version"
    state = {True: "loads", False: f"DOES NOT LOAD: {found.error}", None: f"not tried: {found.error}"}
    return f"{version}, {state[found.loads]}"


def _device(found: Device) -> str:
    if found.name is None:
        return "unknown"
    cuda = f"CUDA {found.cuda}" if found.cuda else "no CUDA"
    gpus = ", ".join(f"{gpu['name']} ({_size(gpu['bytes'])})" for gpu in found.gpus) or "no GPU"
    return (
        f"{found.name}; predictions in {found.predictions}, stored features in {found.features}; torch with {cuda}, "
        f"{gpus}, processor used as {found.cpu_capability}, {found.threads} threads"
    )


def _packages(packages: dict[str, Installed]) -> str:
    shown = [
        f"{name} {found.version or ('of unknown version' if found.present else 'not installed')}"
        for name, found in packages.items()
        if name not in ("torch", "torchaudio")
    ]
    return ", ".join(shown)


def _folder(found: Folder) -> str:
    if found.path is None:
        return "unknown"
    if not found.exists:
        state = f"not there, {'can' if found.writable else 'CANNOT'} be made"
    else:
        amount = f"{_size(found.bytes)} in {found.files} files"
        state = (
            f"{amount if found.complete else f'at least {amount}'}, {'writable' if found.writable else 'NOT WRITABLE'}"
        )
    free = "" if found.free_bytes is None else f", {_size(found.free_bytes)} free"
    return f"{found.path}: {state}{free}"


def _model(found: ShippedModel) -> str:
    state = f"LACKS {', '.join(found.missing)}" if found.missing else "complete, its encoder included"
    return f"{found.name}: {state}"


def _hub(found: Hub) -> str:
    if found.endpoint is None:
        return "unknown"
    if not found.asked:
        return f"{found.endpoint}: not asked ({found.detail or '--online asks it once'})"
    return f"{found.endpoint}: {'answers' if found.answers else f'DOES NOT ANSWER ({found.detail})'}"


def _size(count: float) -> str:
    """Return bytes in a unit of 1000.

    Example:
        >>> _size(999), _size(1_230_000)
        ('999 B', '1.2 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _line(heading: str, value: str) -> str:
    return _wrapped(f"{heading:{_HEADING}} {value}", " " * (_HEADING + 1))


def _wrapped(text: str, indent: str) -> str:
    # A path or command that is broken could not be copied.
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _without_home(text: str) -> str:
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text
