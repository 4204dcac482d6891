import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from humpcat.environment import packages as module
from humpcat.environment.packages import Installed, installed_packages, installed_version
from humpcat.packages import PACKAGES

from .making import fake


def test_versions_are_those_of_the_packages_own_description(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy

    assert installed_packages()["numpy"].version == numpy.__version__
    fake(tmp_path, "skada", "raise SystemExit('must not be imported')")
    monkeypatch.syspath_prepend(tmp_path)
    assert installed_packages()["skada"].present
    assert list(installed_packages()) == [package.name for package in PACKAGES]


def test_a_package_that_is_missing_or_has_no_description(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [str(fake(tmp_path, "opensmile", ""))])
    # What another test has imported would be found without being searched for.
    for name in ("opensmile", "librosa"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = installed_packages()
    assert found["opensmile"] == Installed(None, True, "opensmile")
    assert found["librosa"] == Installed(None, False)
    (tmp_path / "librosa-1.0.dist-info").mkdir()
    assert installed_version("librosa") is None


def test_the_versions_that_humpcat_asks_for_are_known_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["scipy>=1.13", "numpy", "torch==2.11.*", "tqdm>=4", 'timm>=1.0; extra == "baselines"', "soxr>=1"]
    asked += ['rich>=99; python_version < "3"', 'jinja2>=99; extra == "test"']
    found = {"scipy": "1.12", "torch": "2.11.0+cpu", "tqdm": "as I made it", "timm": "0.9", "rich": "1", "jinja2": "1"}
    monkeypatch.setattr(module, "requires", lambda _: asked)
    monkeypatch.setattr(module, "installed_version", found.get)
    packages = installed_packages()
    assert {name: (package.wanted, package.fits) for name, package in packages.items() if package.wanted} == {
        "torch": ("==2.11.*", True),
        "scipy": (">=1.13", False),
        "soxr": (">=1", None),
        "tqdm": (">=4", False),
        "timm": (">=1.0", False),
    }


def test_of_a_humpcat_that_was_not_installed_no_version_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "requires", unknown)
    assert {(package.wanted, package.fits) for package in installed_packages().values()} == {(None, None)}
