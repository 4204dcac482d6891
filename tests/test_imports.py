import sys
from pathlib import Path

import pytest

from humpcat.errors import AdaptationError, SettingsError
from humpcat.imports import import_extra

BROKEN = """
try:
    raise OSError("/opt/one/libSMILEapi.so: cannot open shared object file: No such file or directory")
except OSError as error:
    raise OSError("Could not load this library: /opt/one/libSMILEapi.so") from error
"""


@pytest.fixture(name="site")
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose packages come before those that are installed."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "opensmile"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "opensmile").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / "opensmile" / "__init__.py"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "import audobject_that_is_not_there",
            "set 'is10': needs the package opensmile, which is installed but needs the package "
            "audobject_that_is_not_there, which is not: run pip install opensmile, which installs what it needs.",
        ),
        (
            BROKEN,
            "set 'is10': needs the package opensmile, which is installed but cannot be imported (libSMILEapi.so: "
            "cannot open shared object file: No such file or directory): reinstall what the reason names, or "
            "opensmile itself by pip install --force-reinstall --no-deps opensmile.",
        ),
        (
            "import opensmile.core",
            "set 'is10': needs the package opensmile, which is installed but cannot be imported (No module named "
            "'opensmile.core'): reinstall what the reason names, or opensmile itself by pip install --force-reinstall "
            "--no-deps opensmile.",
        ),
        (
            "raise RuntimeError('operator torchvision::nms does not exist')",
            "set 'is10': needs the package opensmile, which is installed but cannot be imported (operator "
            "torchvision::nms does not exist): reinstall what the reason names, or opensmile itself by pip install "
            "--force-reinstall --no-deps opensmile.",
        ),
        (
            "import math; math.no_such_part",
            "set 'is10': needs the package opensmile, which is installed but cannot be imported (module 'math' has no "
            "attribute 'no_such_part'): reinstall what the reason names, or opensmile itself by pip install "
            "--force-reinstall --no-deps opensmile.",
        ),
    ],
)
def test_what_is_missing_or_broken_is_named(code: str, sentence: str, site: Path) -> None:
    site.write_text(code)
    with pytest.raises(SettingsError) as caught:
        import_extra("opensmile", "set 'is10'")
    assert str(caught.value) == sentence
    assert isinstance(caught.value.__cause__, Exception)


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skada", None)
    with pytest.raises(AdaptationError) as caught:
        import_extra("skada", "TCA and CORAL", error=AdaptationError)
    assert str(caught.value) == (
        "TCA and CORAL: needs the package skada, which is not installed: run pip install skada, or pip install "
        '".[adaptation]" in a clone of humpcat.'
    )


def test_a_package_that_works_is_returned(site: Path) -> None:
    site.write_text("answer = 42")
    assert import_extra("opensmile", "set 'is10'").answer == 42


def test_no_page_and_no_message_names_an_index_that_does_not_have_humpcat() -> None:
    root = Path(__file__).resolve().parent.parent
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("humpcat/**/*.py"), *root.glob("recipes/*.py")]
    assert len(pages) > 100
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for wrong in ("humpcat[", "pip install humpcat", "pip install 'humpcat"):
            assert wrong not in text, f"{page.relative_to(root)}: {wrong}"
