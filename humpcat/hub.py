"""The one door to the hub: what is on this machine is used without asking it, and what is not is asked for once.

Where the hub is out of reach, its client tries each file six times and waits longer each time: most of a minute. Here
the hub is asked for a description first, once and against the clock. Only if it answers is the rest left to the
client, which may then download for as long as it takes.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from urllib.parse import quote, urlsplit

from humpcat.errors import HumpcatError
from humpcat.files import absence, is_folder, is_path
from humpcat.safe_checkpoint import INDEX, shards

SECONDS_VARIABLE = "HF_HUB_ETAG_TIMEOUT"
"""The client's own environment variable for how long the hub has to answer."""

SECONDS = 3.0
"""How long it has if that is not set; a command that takes six seconds to start still ends within ten."""

CONFIGURATION = ("config.json",)
"""What every model has beside its weights."""


_SNAPSHOT = re.compile(r"models--(?P<name>[^/]+)/snapshots/(?P<revision>[^/]+)$")


class NotFoundError(HumpcatError):
    """A name that is no folder and not in the hub's cache, and which the hub does not give; the message says why."""


def locate(name: str, revision: str | None = None, files: Sequence[str] = CONFIGURATION) -> str:
    """Return where a model is to be loaded from, which the hub is asked for only if it is not on this machine.

    Args:
        name: a folder, or a name of the hub.
        revision: branch, tag or commit of a hub name.
        files: what is needed beside its weights.

    Returns:
        A folder: the one that was named, or the one within the hub's cache. Otherwise the name, if the hub has it.

    Raises:
        NotFoundError: it is neither here nor there, or the hub must not be asked or does not answer.

    Example:
        >>> locate(".")
        '.'
        >>> locate("../no-such-folder")
        Traceback (most recent call last):
        humpcat.hub.NotFoundError: there is no such folder
    """
    if is_folder(name):
        return name
    if is_path(name):
        raise NotFoundError(absence(name, lead="there is "))
    snapshot = cached_folder(name, revision, files)
    if snapshot is not None:
        # Asked for by its name, even what is cached makes the client ask the hub for something else once a day.
        return str(snapshot)
    from huggingface_hub import constants

    fault = hub_fault(name, revision)
    if fault:
        cache = constants.HF_HUB_CACHE
        raise NotFoundError(f"there is no such folder, it is not whole in the hub's cache {cache}, and {fault}")
    return name


def cached_folder(name: str, revision: str | None = None, files: Sequence[str] = CONFIGURATION) -> Path | None:
    """Return the folder of the hub's cache that holds a whole model; None if there is none.

    Args:
        name: a name of the hub.
        revision: branch, tag or commit.
        files: what is needed beside its weights, which are all there and safetensors.
    """
    folder = _snapshot(name, revision)
    if folder is None:
        return None
    index = folder / INDEX
    weights = shards(index) if index.is_file() else ["model.safetensors"]
    return folder if all((folder / file).is_file() for file in (*files, *weights)) else None


def local_folder(name: str, revision: str | None = None) -> Path | None:
    """Return the folder of a model on this machine, whole or not; None where it is not on it.

    Args:
        name: a folder, or a name of the hub, whose cache is looked into.
        revision: branch, tag or commit of a hub name.

    Example:
        >>> local_folder("../no-such-folder") is None, local_folder(".") == Path.cwd()
        (True, True)
    """
    if is_folder(name):
        return Path(name).resolve()
    return None if is_path(name) else _snapshot(name, revision)


def name_of_snapshot(folder: Path) -> tuple[str, str] | None:
    """Return hub name and commit of a folder of the hub's cache; None for any other.

    Args:
        folder: any folder.

    Example:
        >>> name_of_snapshot(Path("/hub/models--openai--whisper-base/snapshots/e37978b"))
        ('openai/whisper-base', 'e37978b')
    """
    found = _SNAPSHOT.search(folder.as_posix())
    return (found["name"].replace("--", "/"), found["revision"]) if found else None


def _snapshot(name: str, revision: str | None) -> Path | None:
    """Return the folder of the hub's cache that holds a model's configuration."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(name, CONFIGURATION[0], revision=revision)
    except HFValidationError:
        # No repository is called so.
        return None
    # A file that the hub is known not to have is an object of its own.
    return Path(config).parent if isinstance(config, str) else None


def hub_fault(name: str, revision: str | None = None, *, kind: str = "models") -> str:
    """Ask the hub for a description, once, and return what keeps it from giving one; nothing if it does.

    Args:
        name: a name of the hub.
        revision: branch, tag or commit.
        kind: "models" or "datasets".
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE forbids asking the hub"
    seconds = float(constants.HF_HUB_ETAG_TIMEOUT) if os.environ.get(SECONDS_VARIABLE) else SECONDS
    place = f"{kind}/{name}" + (f"/revision/{quote(revision, safe='')}" if revision else "")
    fault = ask_hub(place, seconds)
    return fault and f"the hub ({without_password(constants.ENDPOINT)}) does not give it ({fault})"


def ask_hub(place: str, seconds: float) -> str:
    """Ask the hub for a description, once, and return what is wrong with the answer; nothing if it is one.

    Args:
        place: what is asked for, such as ``models/openai/whisper-base``.
        seconds: how long the hub has for the whole answer.
    """
    from huggingface_hub import constants, get_session, get_token

    # The client's higher functions ask more than once, and write down what they learnt.
    address, token = f"{constants.ENDPOINT}/api/{place}", get_token()
    faults: list[str] = []

    def ask() -> None:
        try:
            response = get_session().get(
                address, timeout=seconds, headers={"authorization": f"Bearer {token}"} if token else {}
            )
            ours = "" if '"id"' in response.text else "an answer that is no hub's"
            faults.append(ours if response.status_code == 200 else f"status {response.status_code}")
        # The client lets through whatever its HTTP library of the day raises.
        except Exception as error:
            faults.append(str(error).split("\n")[0] or type(error).__name__)

    # The client's own limit holds for each part of an answer, and not for the search of the address.
    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return faults[0] if faults else f"no answer within {seconds:g} s"


def without_password(address: str) -> str:
    """Return the address of a hub as it may be shown.

    Args:
        address: such as ``https://huggingface.co``.

    Example:
        >>> without_password("https://me:secret@hub.example.org")
        'https://hub.example.org'
    """
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
