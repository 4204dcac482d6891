"""Keep transformers from importing torchaudio or torchvision where these are installed and do not load.

transformers imports both as soon as they are installed, whether a model needs them or not, and ends with them where
they were built for another torch. humpcat needs neither of them from transformers.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

BUILT_FOR_ONE_TORCH = ("torchaudio", "torchvision")


def ask_by_loading(utils: ModuleType) -> None:
    """Let transformers call these packages available only if they can be imported.

    Args:
        utils: the module ``transformers.utils`` or its ``import_utils``, which hold a function for each package.
    """
    for name in BUILT_FOR_ONE_TORCH:
        question = f"is_{name}_available"
        setattr(utils, question, _both(getattr(utils, question), name))


@cache
def loads(name: str) -> bool:
    """Return whether a package is installed and can be imported; it is imported if so.

    Args:
        name: the package.

    Example:
        >>> loads("json"), loads("no_such_package")
        (True, False)
    """
    if find_spec(name) is None:
        return False
    try:
        import_module(name)
    # Which exception a native library ends in depends on what does not fit.
    except Exception:
        return False
    return True


def _both(installed: Callable[[], bool], name: str) -> Callable[[], bool]:
    def available() -> bool:
        return installed() and loads(name)

    return available
