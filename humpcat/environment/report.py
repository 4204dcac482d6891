"""Everything there is to say of the environment, as `humpcat env` shows it."""

import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from humpcat.cache import cache_folder, store_folder
from humpcat.environment.folders import Folder, examine_folder
from humpcat.environment.hub import Hub, ask_hub, find_hub
from humpcat.environment.loading import Device, Import, try_loading
from humpcat.environment.model import ShippedModel, shipped_model
from humpcat.environment.packages import Installed, installed_packages
from humpcat.environment.problems import Problem, find_problems
from humpcat.environment.processor import Processor, processor
from humpcat.environment.torch_pairs import known_to_load
from humpcat.errors import HumpcatError
from humpcat.version import __version__

FORMAT = 2
"""Number of the layout of :func:`to_dict`."""

ASKED_FOR = "openai/whisper-base"
"""Encoder of a model that comes with humpcat, for which the hub is asked."""


@dataclass(frozen=True)
class Environment:
    """The environment that humpcat runs in.

    Attributes:
        humpcat: its ``version``, and the ``folder`` that it is imported from.
        python: its ``version``, ``implementation`` and ``executable``.
        platform: the operating system.
        processor: the processor.
        packages: humpcat's packages by the name that pip knows them by.
        torch: what came of importing torch.
        torchaudio: what came of importing torchaudio.
        pair_known_to_load: whether these two versions are known to load together; None if they were never tried.
        device: what humpcat computes on.
        folders: ``cache``, ``features`` within it, and ``hub``, the hub's cache.
        model: the model that comes with humpcat.
        hub: the hub.
        problems: what is wrong, each in one sentence.
    """

    humpcat: dict[str, str]
    python: dict[str, str]
    platform: str
    processor: Processor
    packages: dict[str, Installed]
    torch: Import
    torchaudio: Import
    pair_known_to_load: bool | None
    device: Device
    folders: dict[str, Folder]
    model: ShippedModel
    hub: Hub
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> bool:
        """Whether humpcat can train and predict here."""
        return not any(problem.fatal for problem in self.problems)


def examine(*, online: bool = False) -> Environment:
    """Examine the environment; nothing is written, and no network is touched unless that is asked for.

    Args:
        online: ask the hub whether it answers, once.
    """
    packages = installed_packages()
    hub, hub_cache = find_hub()
    model = shipped_model()
    with ThreadPoolExecutor() as pool:
        loading_later = pool.submit(try_loading)
        hub_later = pool.submit(ask_hub, hub, ASKED_FOR) if online else None
        folders = _humpcat_folders() | {
            "hub": examine_folder(hub_cache) if hub_cache else Folder(None, problem=hub.detail)
        }
        loading = loading_later.result()
        hub = hub_later.result() if hub_later else hub
    return Environment(
        humpcat={"version": __version__, "folder": str(Path(__file__).parents[1])},
        python={
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "executable": sys.executable,
        },
        platform=platform.platform(),
        processor=processor(loading.capabilities),
        packages=packages,
        torch=loading.torch,
        torchaudio=loading.torchaudio,
        pair_known_to_load=known_to_load(packages["torch"].version, packages["torchaudio"].version),
        device=loading.device,
        folders=folders,
        model=model,
        hub=hub,
        problems=find_problems(packages, loading, folders, model, hub),
    )


def to_dict(environment: Environment) -> dict[str, Any]:
    """Return everything in plain dicts, lists, strings and numbers.

    Args:
        environment: as :func:`examine` gives it.
    """
    return {"format": FORMAT, **asdict(environment), "usable": environment.usable}


def _humpcat_folders() -> dict[str, Folder]:
    try:
        return {"cache": examine_folder(cache_folder()), "features": examine_folder(store_folder())}
    except HumpcatError as error:
        return {name: Folder(None, problem=str(error)) for name in ("cache", "features")}
