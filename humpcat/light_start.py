"""A quicker start for a process of our own: a command that loads a model, answers, and ends.

Half of the start of such a command was spent on parts of torch and transformers that no speech model uses. Importing
humpcat changes nothing of this; only the command line does, as its process does nothing else.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType

import wrapt

UNUSED = ("torchvision", "scipy", "torch_distributed", "accelerate", "torchaudio", "jinja")
"""What transformers imports for any model where it is installed: for pictures, for the losses of object detection, for
models that are spread over several devices, for decoding, which humpcat does itself, and for templates of chats."""


@contextmanager
def light_start() -> Iterator[None]:
    """Import what stands in the block without what no speech model uses, and without looking for garbage meanwhile.

    Modules live as long as the process, so that the search for garbage, which the many new objects set off again and
    again, finds none.

    Example:
        >>> with light_start():
        ...     import json
        >>> gc.isenabled()
        True
    """
    for module in ("transformers.utils.import_utils", "transformers.utils"):
        wrapt.register_post_import_hook(_without_unused, module)
    wrapt.register_post_import_hook(_listing_once, "transformers.utils.import_utils")
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _without_unused(utils: ModuleType) -> None:
    for name in UNUSED:
        setattr(utils, f"is_{name}_available", _no)


def _no() -> bool:
    return False


def _listing_once(utils: ModuleType) -> None:
    """Let transformers read the files of its five hundred models once, and go through the end of each only.

    It lists the names in their ``__all__`` twice, as it remembers 128 of their folders and no more, and goes through
    all lines of a file to find the last that begins so.
    """
    listing = getattr(getattr(utils, "create_import_structure_from_path", None), "__wrapped__", None)
    if listing is not None:
        utils.create_import_structure_from_path = cache(listing)  # type: ignore[attr-defined]
    names: Callable[[str], list[str]] | None = getattr(utils, "fetch__all__", None)
    if names is not None:
        utils.fetch__all__ = lambda text: names(text[max(text.rfind("\n__all__"), 0) :])  # type: ignore[attr-defined]
