"""Which versions of humpcat's packages are installed, without importing one of them."""

import warnings
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from humpcat.imports import IMPORT_ERRORS
from humpcat.packages import PACKAGES, Package


@dataclass(frozen=True)
class Installed:
    """A package, and what is found of it.

    Attributes:
        version: the version installed; None if there is none, or none that can be read.
        present: whether Python finds its module.
        extra: the extra of humpcat that it belongs to; None for a package that humpcat always needs.
        wanted: the versions that humpcat is made for, such as ``>=5.0``; None if the installed humpcat names none, or
            if humpcat is used from its folder without having been installed.
        fits: whether the version is one of these; None if that is not known.
    """

    version: str | None
    present: bool
    extra: str | None = None
    wanted: str | None = None
    fits: bool | None = None


def installed_packages() -> dict[str, Installed]:
    """Return each package of humpcat, by the name that pip knows it by."""
    wanted = _wanted()
    found = {}
    for package in PACKAGES:
        installed, asked = installed_version(package.name), wanted.get(package.name)
        fits = _fits(installed, asked) if installed and asked else None
        found[package.name] = Installed(installed, _is_present(package), package.extra or None, asked, fits)
    return found


def installed_version(name: str) -> str | None:
    """Return the version of a package; None if it is not installed, or its description is damaged.

    Args:
        name: as pip names it.
    """
    try:
        with warnings.catch_warnings():
            # Of a description that names no version.
            warnings.simplefilter("ignore", DeprecationWarning)
            return version(name)
    except (PackageNotFoundError, KeyError, ValueError, OSError):
        return None


def _wanted() -> dict[str, str]:
    """Return the versions that the installed humpcat asks for, extras included, without those of the tests."""
    try:
        from packaging.requirements import Requirement

        requirements = [Requirement(line) for line in requires("humpcat") or []]
    except IMPORT_ERRORS:
        return {}
    extras = ["", *{package.extra for package in PACKAGES if package.extra}]
    return {
        requirement.name: str(requirement.specifier)
        for requirement in requirements
        if requirement.specifier
        and (requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras))
    }


def _fits(installed: str, wanted: str) -> bool:
    from packaging.specifiers import SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(wanted).contains(installed, prereleases=True)
    except InvalidVersion:
        return False


def _is_present(package: Package) -> bool:
    try:
        return find_spec(package.module) is not None
    except (ValueError, ImportError):
        return False
