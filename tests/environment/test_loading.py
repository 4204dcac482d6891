import shutil
import sys
from pathlib import Path

import pytest
import wrapt

from humpcat.environment.loading import Device, Import, try_loading

from .making import CRASH, WORKING_TORCH, fake

NOT_TRIED = Import(None, error="torch does not load")


@pytest.fixture(name="site")
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_what_is_installed_loads() -> None:
    import torch

    found = try_loading()
    assert found.torch == Import(True, torch.__version__)
    assert found.device.name == ("cuda" if torch.cuda.is_available() else "cpu")
    assert found.device.predictions == "float32"
    assert found.device.features in ("float32", "bfloat16")
    assert found.device.cpu_capability == torch.backends.cpu.get_cpu_capability()
    assert found.torchaudio.loads is not None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "raise OSError('/opt/libtorch_cpu.so: file too short')",
            Import(False, error="libtorch_cpu.so: file too short"),
        ),
        (
            "import no_such_package",
            Import(False, missing="no_such_package", error="No module named 'no_such_package'"),
        ),
        ("this is no Python", Import(False, error="invalid syntax (__init__.py, line 1)")),
        ("raise SystemExit(7)", Import(False, error="it ended with status 7")),
    ],
)
def test_a_torch_that_does_not_load(code: str, expected: Import, site: Path) -> None:
    fake(site, "torch", code)
    found = try_loading()
    assert (found.torch, found.torchaudio, found.device) == (expected, NOT_TRIED, Device())


def test_a_torch_that_crashes_ends_nothing_else(site: Path) -> None:
    fake(site, "torch", CRASH)
    found = try_loading()
    assert found.torch.loads is False
    assert found.torch.error is not None
    assert found.torch.error.startswith(("it was ended by SIGSEGV", "it ended with status"))


def test_a_torch_that_hangs_is_given_up(site: Path) -> None:
    fake(site, "torch", "import time; time.sleep(600)")
    assert try_loading(seconds=1).torch == Import(False, error="it did not end within 1 s")


def test_without_torch_torchaudio_is_not_tried(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = str(Path(__file__).resolve().parents[2])
    # Python's own library, humpcat and what humpcat cannot be imported without.
    own = [path for path in sys.path if "site-packages" not in path]
    shutil.copytree(Path(wrapt.__file__).parent, site / "wrapt")
    monkeypatch.setattr("sys.path", [repository, str(site), *own])
    missing = Import(False, missing="torch", error="No module named 'torch'")
    assert (try_loading().torch, try_loading().torchaudio) == (missing, NOT_TRIED)


def test_a_torch_that_warns_and_a_torchaudio_that_does_not_load(site: Path) -> None:
    warns = "def _asked():\n import warnings\n warnings.warn('The driver is too old')\n return False\n"
    fake(site, "torch", WORKING_TORCH + warns + "cuda.is_available = _asked\nprint('{not a line of ours}')")
    fake(site, "torchaudio", "raise OSError('libc10_cuda.so: cannot open shared object file')")
    found = try_loading()
    assert found.torch == Import(True, "9.9.9+cpu")
    assert found.torchaudio == Import(False, error="libc10_cuda.so: cannot open shared object file")
    assert found.device == Device(
        "cpu", "float32", "float32", "AVX9", 3, None, gpus=[], warnings=["The driver is too old"]
    )


@pytest.mark.parametrize("end", ["raise RuntimeError('no such driver')", "import os; os._exit(9)"])
def test_a_torch_that_cannot_say_what_it_computes_on(end: str, site: Path) -> None:
    fake(site, "torch", WORKING_TORCH + f"def _asked():\n {end}\ncuda.is_available = _asked\n")
    fake(site, "torchaudio", "__version__ = '9'")
    found = try_loading()
    assert found.torch.loads
    assert found.device.name is None
    (warning,) = found.device.warnings
    if "raise" in end:
        assert warning == "torch cannot say what it computes on (no such driver)"
        assert found.torchaudio == Import(True, "9")
    else:
        assert warning == "torch was asked for its device, and it ended with status 9"
        assert found.torchaudio.loads is None
