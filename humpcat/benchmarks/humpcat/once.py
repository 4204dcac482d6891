"""What several cells of a benchmark need and one computes."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Once:
    """Keeps what was computed, by a key; a copy that is sent to another process begins empty.

    Example:
        >>> once = Once()
        >>> once("memory", lambda: [1]) is once("memory", lambda: [2])
        True
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def __call__(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what is kept under a key, computed when it is first asked for.

        Args:
            key: says what it is.
            compute: computes it.
        """
        if key not in self._known:
            self._known[key] = compute()
        found: T = self._known[key]
        return found

    def __reduce__(self) -> tuple[type["Once"], tuple[()]]:
        """Send no more than an empty one: what is kept may be large, and is computed again there."""
        return Once, ()
