"""What is wrong with an environment, and what mends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from humpcat.cache import CACHE_VARIABLE
from humpcat.environment.folders import Folder
from humpcat.environment.hub import Hub
from humpcat.environment.loading import Loading
from humpcat.environment.model import ShippedModel
from humpcat.environment.packages import Installed
from humpcat.environment.torch_pairs import good_pair, pair_problem

_FOLDERS = {"cache": "cache folder", "features": "feature store", "hub": "hub's cache"}


@dataclass(frozen=True)
class Problem:
    """Something that is wrong.

    Attributes:
        about: the package, folder or other thing that it is about.
        sentence: what is wrong, and what mends it.
        fatal: whether humpcat can neither train nor predict because of it.
    """

    about: str
    sentence: str
    fatal: bool = False


def find_problems(
    packages: Mapping[str, Installed],
    loading: Loading,
    folders: Mapping[str, Folder],
    model: ShippedModel,
    hub: Hub,
) -> tuple[Problem, ...]:
    """Return all that is wrong, what keeps humpcat from working first.

    Args:
        packages: what is installed.
        loading: what came of importing torch and torchaudio.
        folders: where humpcat keeps things.
        model: the model that comes with humpcat.
        hub: the hub.
    """
    found = [*_imports(packages, loading), *_missing(packages), *_unfit(packages)]
    found += [Problem("device", f"Device: {warning.rstrip('.')}.") for warning in loading.device.warnings]
    found += [
        Problem(name, _about_folder(name, folder))
        for name, folder in folders.items()
        if folder.problem and (name != "hub" or packages["huggingface-hub"].present)
    ]
    if model.missing:
        found.append(
            Problem("model", f"The model {model.name} lacks {', '.join(model.missing)}: install humpcat again.")
        )
    if hub.answers is False:
        found.append(
            Problem(
                "hub",
                f"The hub at {hub.endpoint} does not answer as it should ({hub.detail}): check the network and "
                "HF_ENDPOINT; what is in its cache can be used without it.",
            )
        )
    return tuple(sorted(found, key=lambda problem: not problem.fatal))


def _imports(packages: Mapping[str, Installed], loading: Loading) -> Iterator[Problem]:
    torch, torchaudio = packages["torch"].version, packages["torchaudio"].version
    if not loading.torch.loads:
        if loading.torch.missing == "torch":
            sentence = f"torch is not installed: run {good_pair().command}."
        elif loading.torch.missing:
            sentence = f"torch needs the package {loading.torch.missing}, which is not installed: install it."
        else:
            again = f"torch=={torch.partition('+')[0]}" if torch else "torch"
            sentence = (
                f"torch {torch or ''} does not load ({loading.torch.error}): run pip install --force-reinstall "
                f"{again}, from where it came from."
            ).replace("  ", " ")
        yield Problem("torch", sentence, fatal=True)
    if loading.torchaudio.loads is False:
        missing = loading.torchaudio.missing == "torchaudio"
        found = None if missing else torchaudio or "of unknown version"
        yield Problem("torchaudio", pair_problem(torch, found, loading.torchaudio.error or ""))


def _missing(packages: Mapping[str, Installed]) -> Iterator[Problem]:
    for name, package in packages.items():
        # What became of these two is said by their import.
        if package.extra is None and not package.present and name not in ("torch", "torchaudio"):
            again = " --force-reinstall --no-deps" if package.version else ""
            state = "is installed without its files" if package.version else "is not installed"
            yield Problem(name, f"{name} {state}: run pip install{again} {_requirement(name, package)}.", fatal=True)


def _unfit(packages: Mapping[str, Installed]) -> Iterator[Problem]:
    for name, package in packages.items():
        if package.fits is False:
            yield Problem(
                name,
                f"{name} {package.version} is installed, humpcat is made for {package.wanted}: run pip install "
                f"{_requirement(name, package)}.",
            )


def _requirement(name: str, package: Installed) -> str:
    return f"'{name}{package.wanted}'" if package.wanted else name


def _about_folder(name: str, folder: Folder) -> str:
    if folder.path is None:
        return f"{str(folder.problem).rstrip('.')}."
    variable = "HF_HUB_CACHE" if name == "hub" else CACHE_VARIABLE
    return f"The {_FOLDERS[name]} {folder.path} cannot be used ({folder.problem}): name another folder in {variable}."
