"""Find the classes that the files of one folder define, so that adding one is adding one file."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from typing import Generic, TypeVar

from humpcat.errors import HumpcatError

T = TypeVar("T")


class Registry(Generic[T]):
    """The named instances that the modules of a package offer in their ``EXPORT``.

    A module takes part by a top-level ``EXPORT``: a tuple of objects that have a ``name``. Modules are imported
    when the registry is first asked, not before.

    Args:
        package: dotted name of the package whose modules are searched.
        kind: what the objects are, in words, for error messages.
        error: the error raised for an unknown name.

    Example:
        >>> from humpcat.corpora import CORPORA
        >>> CORPORA["emodb"].title
        'Berlin Database of Emotional Speech (EmoDB)'
    """

    def __init__(self, package: str, kind: str, error: type[HumpcatError] = HumpcatError) -> None:
        self.package = package
        self.kind = kind
        self.error = error

    @cached_property
    def _by_name(self) -> dict[str, T]:
        package = importlib.import_module(self.package)
        modules = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
        found: dict[str, T] = {}
        for module in modules:
            for item in getattr(importlib.import_module(f"{self.package}.{module}"), "EXPORT", ()):
                if item.name in found:
                    raise self.error(f"two files of {self.package} define the {self.kind} '{item.name}': rename one.")
                found[item.name] = item
        return found

    def __getitem__(self, name: str) -> T:
        """Return the object of that name.

        Raises:
            HumpcatError: no file of the package offers it; the message lists those that are offered.
        """
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(self._by_name)
            raise self.error(f"{self.kind} '{name}' is unknown: choose one of {known}.") from None

    def __iter__(self) -> Iterator[T]:
        return iter(self._by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def names(self) -> list[str]:
        """Return the names in alphabetical order of their files."""
        return list(self._by_name)
