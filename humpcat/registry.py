"""Find what the files of one folder define, and those of others, so that adding something is adding one file."""

import difflib
import importlib
import logging
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from humpcat.errors import HumpcatError
from humpcat.keywords import named_keywords
from humpcat.plugins import plugins

T = TypeVar("T")

logger = logging.getLogger(__name__)


@named_keywords
class Registry(Generic[T]):
    """The named objects that the modules of a package offer in their ``EXPORT``, and those of plugins.

    A module takes part by a top-level ``EXPORT``: a tuple of objects that have a ``name``. Modules are imported
    when the registry is first asked, not before. A plugin that cannot be imported is told in one sentence, and the
    others are used.

    Args:
        package: dotted name of the package whose modules are searched.
        kind: what the objects are, in words, for error messages.
        error: the error raised for an unknown name.
        group: the group of entry points that add to it, which also names the folder of ``HUMPCAT_PLUGINS``, see
            :func:`humpcat.plugins.plugins`; the package's name by default.
        folders: further folders of files that add to it.

    Example:
        >>> from humpcat.corpora import CORPORA
        >>> CORPORA["emodb"].title
        'Berlin Database of Emotional Speech (EmoDB)'
    """

    def __init__(
        self,
        package: str,
        kind: str,
        error: type[HumpcatError] = HumpcatError,
        *,
        group: str | None = None,
        folders: Sequence[Path] = (),
    ) -> None:
        self.package = package
        self.kind = kind
        self.error = error
        self.group = group or package
        self.folders = tuple(folders)
        self._faults: list[str] = []

    def including(self, *folders: str | Path) -> "Registry[T]":
        """Return a registry of what this one has and of what the files of further folders export.

        Args:
            *folders: folders of Python files.
        """
        if not folders:
            return self
        further = (*self.folders, *map(Path, folders))
        return Registry(self.package, self.kind, self.error, group=self.group, folders=further)

    @cached_property
    def _by_name(self) -> dict[str, T]:
        found: dict[str, T] = {}
        places: dict[str, str] = {}
        for place, exported in self._exported():
            for item in exported:
                if item.name in found:
                    raise self.error(
                        f"{self.kind} '{item.name}' is defined in {places[item.name]} and in {place}: rename one, or "
                        "take one away."
                    )
                found[item.name], places[item.name] = item, place
        return found

    def _exported(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Yield each module's place and what it exports."""
        package = importlib.import_module(self.package)
        for name in sorted(info.name for info in pkgutil.iter_modules(package.__path__)):
            module = importlib.import_module(f"{self.package}.{name}")
            yield module.__name__, getattr(module, "EXPORT", ())
        for plugin in plugins(self.group, self.folders):
            try:
                exported = plugin.exported()
            # Whatever somebody else's code raises.
            except Exception as error:
                said = str(error).split("\n")[0]
                self._faults.append(
                    f"{plugin.place} cannot be used ({type(error).__name__}: {said}): mend or remove it."
                )
                logger.warning(self._faults[-1])
            else:
                yield plugin.place, exported

    def __getitem__(self, name: str) -> T:
        """Return the object of that name.

        Raises:
            HumpcatError: nothing offers it; the message lists what is offered, and plugins that cannot be used.
        """
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(self._by_name)
            faults = "".join(f" {fault}" for fault in self._faults)
            # A corpus of two languages has a name a language: esd is esd_en or esd_zh.
            longer = [known for known in self._by_name if known.startswith(f"{name.lower()}_")]
            near = longer or difflib.get_close_matches(name.lower(), self._by_name, 1)
            asked = f" Did you mean {' or '.join(repr(found) for found in near)}?" if near else ""
            raise self.error(f"{self.kind} '{name}' is unknown: choose one of {known}.{asked}{faults}") from None

    def __iter__(self) -> Iterator[T]:
        return iter(self._by_name.values())

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def names(self) -> list[str]:
        """Return the names in alphabetical order of their files."""
        return list(self._by_name)
