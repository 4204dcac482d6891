"""Import what may be missing or broken, and say which of the two it is, of which package, and what mends it."""

import re
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from humpcat.errors import HumpcatError, SettingsError
from humpcat.packages import PACKAGES

IMPORT_ERRORS = (ImportError, OSError, RuntimeError, AttributeError)
"""What a package that is missing or broken raises at import: a native library that cannot be loaded is an OSError, an
operator that it does not define a RuntimeError, a part that another version lacks an AttributeError."""


def import_extra(package: str, use: str, *, module: str = "", error: type[HumpcatError] = SettingsError) -> ModuleType:
    """Return the module of an extra's package.

    Args:
        package: a package of :data:`humpcat.packages.PACKAGES` that belongs to an extra.
        use: what it is for, the beginning of the sentence, such as ``"backbone 'resnet50'"``.
        module: what to import, if it is not the package itself.
        error: the error raised where that fails.

    Raises:
        HumpcatError: the package is not installed, lacks a package that it needs, or is broken; ``error``, if that was
            given.

    Example:
        >>> import_extra("tensorboard", "tensorboard True").__name__
        'tensorboard'
    """
    try:
        return import_module(module or package)
    except IMPORT_ERRORS as reason:
        raise error(f"{use}: needs the package {package}, which {_fault(package, reason)}.") from reason


def missing_module(error: BaseException) -> str:
    """Return the name of the package that an import did not find; empty if the import failed for another reason.

    Args:
        error: what the import raised.

    Example:
        >>> missing_module(ModuleNotFoundError("No module named 'audobject'", name="audobject"))
        'audobject'
        >>> missing_module(OSError("libgomp.so.1: cannot open shared object file"))
        ''
    """
    name = getattr(_root(error), "name", None) if isinstance(_root(error), ModuleNotFoundError) else None
    # A part of a package that is not there, such as opensmile.core, is no missing package but a damaged one.
    return name if name and "." not in name else ""


def import_fault(error: BaseException) -> str:
    """Return why an import failed: the first line of the error that began it, folders left out.

    Args:
        error: what the import raised.

    Example:
        >>> import_fault(OSError("/opt/lib/libtwo.so: undefined symbol: three"))
        'libtwo.so: undefined symbol: three'
    """
    lines = str(_root(error)).split("\n")
    first = next((line.strip() for line in lines if line.strip()), type(_root(error)).__name__)
    return re.sub(r"(?<!\S)\S*[/\\](?=[^/\\\s]+)", "", first).rstrip(".")


def _root(error: BaseException) -> BaseException:
    """Return the import error that an error was raised from, and that one, and so on: torch's own says no reason."""
    while isinstance(error.__cause__, IMPORT_ERRORS):
        error = error.__cause__
    return error


def _fault(package: str, error: BaseException) -> str:
    missing = missing_module(error)
    known = next(known for known in PACKAGES if known.name == package)
    if missing == known.module:
        remark = f" ({known.remark})" if known.remark else ""
        return (
            f"is not installed: run pip install {package}{_beside(package)}, or "
            f'pip install ".[{known.extra}]" in a clone of humpcat{remark}'
        )
    if missing:
        return (
            f"is installed but needs the package {missing}, which is not: run pip install "
            f"{package}{_beside(package)}, which installs what it needs"
        )
    return (
        f"is installed but cannot be imported ({import_fault(error)}): reinstall what the reason names, or {package} "
        f"itself by pip install --force-reinstall --no-deps {package}"
    )


def _beside(package: str) -> str:
    """Return what keeps pip from replacing torch by the one that the newest torchvision is built for."""
    try:
        return f" torch=={version('torch').partition('+')[0]}" if package in ("timm", "torchvision") else ""
    except PackageNotFoundError:
        return ""
