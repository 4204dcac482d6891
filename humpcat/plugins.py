"""Code that others add to humpcat: files in folders that the user names, and entry points of installed packages.

Nothing else is looked at, so that only what a person named or installed is run.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from humpcat.errors import HumpcatError

VARIABLE = "HUMPCAT_PLUGINS"
"""Environment variable: folders with a subfolder for each kind of plugin, parted as those of ``PATH`` are."""


@dataclass(frozen=True)
class Plugin:
    """A module that is not part of humpcat.

    Attributes:
        place: the file, or the entry point and its distribution, for messages.
        load: imports it, and returns the module or what the entry point names within it.
    """

    place: str
    load: Callable[[], Any]

    def exported(self) -> tuple[Any, ...]:
        """Import the module and return what it exports.

        Raises:
            Exception: whatever the module raises; TypeError if it exports nothing, or something without a name.
        """
        value = self.load()
        exported = value if isinstance(value, tuple) else getattr(value, "EXPORT", None)
        if not isinstance(exported, tuple):
            raise TypeError("expected a module that ends in EXPORT = (...,), or an entry point of such a tuple")
        for item in exported:
            if not isinstance(getattr(item, "name", None), str):
                raise TypeError(f"EXPORT holds {item!r}, which has no name")
        return exported


def plugins(group: str, folders: Sequence[Path] = ()) -> Iterator[Plugin]:
    """Yield the plugins of a kind, none of which is imported yet.

    Args:
        group: name of the entry points, such as "humpcat.corpora"; what follows "humpcat." is also the subfolder of
            the folders of ``HUMPCAT_PLUGINS``, with a slash for each dot.
        folders: further folders, whose own files are plugins of this kind.

    Raises:
        HumpcatError: a folder is not there.
    """
    for folder in folders:
        if not folder.is_dir():
            raise HumpcatError(f"{folder}: there is no such folder of plugins: check the path.")
        yield from _files(folder)
    for named in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        if not Path(named).is_dir():
            raise HumpcatError(f"{VARIABLE} names {named}: there is no such folder: check the variable.")
        yield from _files(Path(named, *group.split(".")[1:]))
    for point in _entry_points(tuple(sys.path)).select(group=group):
        owner = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
        yield Plugin(f"entry point '{point.name} = {point.value}'{owner}", point.load)


@cache
def _entry_points(path: tuple[str, ...]) -> Any:
    """Return all entry points that are found by a ``sys.path``; reading them takes a while, and every kind asks."""
    return entry_points()


def _files(folder: Path) -> Iterator[Plugin]:
    for file in sorted(folder.glob("*.py")):
        if not file.name.startswith("_"):
            yield Plugin(str(file), partial(_loaded, file.resolve()))


def _loaded(file: Path) -> Any:
    """Import a file under a name that no other module has, once in a process."""
    name = f"humpcat_plugin_{file.stem}_{blake2b(str(file).encode(), digest_size=4).hexdigest()}"
    if name not in sys.modules:
        spec = spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]
