"""A quicker start for a process of our own: a command that loads a model, answers, and ends.

Half of the start of such a command was spent on parts of torch and transformers that no speech model uses. Importing
humpcat changes nothing of this; only the command line does, as its process does nothing else.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import wrapt

UNUSED = ("torchvision", "torch_flex_attn", "scipy", "torch_distributed", "accelerate", "torchaudio", "jinja")
"""What transformers imports for any model where it is installed: for pictures, for attention that is compiled, for the
losses of object detection, for models that are spread over several devices, for decoding, which humpcat does itself,
and for templates of chats."""

COMPILER = "torch._dynamo"
MARKS = ("allow_in_graph", "assume_constant_result", "disable")
"""What functions are marked by for it; a mark means nothing where nothing is compiled."""

APART = "_trace_wrapped_higher_order_op"
"""The one part of the compiler that transformers takes something of, which needs no other."""


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
    _without_compiler()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _without_compiler() -> None:
    """Spare the import of torch's compiler, a third of the start, for which torch and transformers mark functions."""
    if COMPILER not in sys.modules:
        sys.modules[COMPILER] = _Compiler(COMPILER)
        wrapt.register_post_import_hook(_import_apart, "torch")


class _Compiler(ModuleType):
    """Stands in for torch's compiler until anything but a mark is asked of it, and then makes room for it."""

    def __getattr__(self, name: str) -> Any:
        if name in MARKS:
            return _as_it_is
        if name.startswith("__") and name != "__path__":
            # Whoever looks through all modules asks for no part of this one.
            raise AttributeError(name)
        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]
        return getattr(import_module(COMPILER), name)


def _as_it_is(function: Callable[..., Any] | None = None, *settings: Any, **further: Any) -> Callable[..., Any]:
    return _as_it_is if function is None else function


def _import_apart(torch: ModuleType) -> None:
    """Import a part of the compiler without the whole, which every import of a part begins with."""
    name, file = f"{COMPILER}.{APART}", Path(torch.__path__[0], "_dynamo", f"{APART}.py")
    spec = spec_from_file_location(name, file) if file.is_file() and name not in sys.modules else None
    if spec is None or spec.loader is None or not isinstance(sys.modules.get(COMPILER), _Compiler):
        return
    sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


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
