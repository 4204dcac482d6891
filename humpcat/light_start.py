"""A quicker start for a process of our own: a command that loads a model, answers, and ends.

Half of the start of such a command was spent on parts of torch and transformers that no speech model uses. Importing
humpcat changes nothing of this; only the command line does, as its process does nothing else.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import wrapt

UNUSED = ("torchvision", "scipy", "torch_distributed")
"""What transformers imports for any model where it is installed: for pictures, for the losses of object detection, and
for models that are spread over several devices."""


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
