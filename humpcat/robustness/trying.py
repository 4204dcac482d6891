"""Try something for one clip: what fails is told in a sentence, and the others go on."""

from collections.abc import Callable
from typing import TypeVar

from humpcat.errors import HumpcatError

T = TypeVar("T")


def tried(call: Callable[[], T]) -> T | str:
    """Return what a call gives, or the sentence that says why it gives nothing.

    Args:
        call: may raise anything, such as code of somebody else's.

    Example:
        >>> tried(lambda: 1 / 0)
        'ZeroDivisionError: division by zero'
    """
    try:
        return call()
    except HumpcatError as error:
        return str(error)
    # Whatever a distortion or a stream of somebody else's raises.
    except Exception as error:
        said = str(error).split("\n")[0]
        return f"{type(error).__name__}: {said}"
