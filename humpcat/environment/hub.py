"""The hub: where it is, what is kept of it here, and, only if that is asked for, whether it answers."""

from dataclasses import dataclass, replace
from pathlib import Path

from humpcat.environment.processes import run_child
from humpcat.hub import without_password

CONNECT_SECONDS = 5.0
"""How long the hub has for an answer."""

START_SECONDS = 60.0
"""How long the process that asks it has for its own imports."""


@dataclass(frozen=True)
class Hub:
    """The hub.

    Attributes:
        endpoint: its address, without name and password; None if huggingface_hub cannot be imported.
        offline: whether ``HF_HUB_OFFLINE`` forbids asking it.
        asked: whether it was asked.
        answers: whether it gave the description of the model that it was asked for; None if it was not asked.
        detail: what it answered instead, or why nothing is known.
    """

    endpoint: str | None
    offline: bool
    asked: bool = False
    answers: bool | None = None
    detail: str | None = None


def find_hub() -> tuple[Hub, Path | None]:
    """Return the hub, unasked, and the folder of its cache; None if that is not known."""
    try:
        from huggingface_hub import constants

        return Hub(without_password(constants.ENDPOINT), bool(constants.HF_HUB_OFFLINE)), Path(constants.HF_HUB_CACHE)
    # Whatever a broken package raises: the report goes on without it.
    except Exception as error:
        return Hub(None, False, detail=f"huggingface_hub cannot be imported ({error})"), None


def ask_hub(hub: Hub, model: str, seconds: float = CONNECT_SECONDS) -> Hub:
    """Ask the hub for the description of a model, once.

    Args:
        hub: as :func:`find_hub` gives it.
        model: name of the model.
        seconds: how long it has for an answer.
    """
    if hub.endpoint is None:
        return hub
    if hub.offline:
        return replace(hub, detail="HF_HUB_OFFLINE is set")
    said = run_child("ask_for_model", model, seconds, seconds=seconds + START_SECONDS)
    found = said.steps.get("hub")
    if found is None:
        return replace(hub, asked=True, answers=False, detail=said.end)
    return replace(hub, asked=True, answers=found["answers"], detail=found["detail"])
