import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .making import WORKING_TORCH, Server, fake

ROOT = Path(__file__).resolve().parents[2]

NO_NETWORK = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        with open(os.environ["HUMPCAT_TEST_WATCH"], "a") as file:
            print(event, arguments, file=file)
sys.addaudithook(watch)
"""


def env(*arguments: str, site: Path | None = None, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Run `humpcat env` in a process that finds the packages of a folder first."""
    found = {**os.environ, "PYTHONPATH": os.pathsep.join([*([str(site)] if site else []), str(ROOT)]), **variables}
    return subprocess.run(
        [sys.executable, "-m", "humpcat", "env", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in found.items() if value is not None},
    )


def shape(value: Any) -> Any:
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, dict) else None


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Path:
    fake(tmp_path / "site", "torch", WORKING_TORCH)
    return fake(tmp_path / "site", "torchaudio", "__version__ = '9.9.9'")


def test_json_has_stable_keys(site: Path, tmp_path: Path) -> None:
    (tmp_path / "cache" / "features").mkdir(parents=True)
    (tmp_path / "cache" / "features" / "one").write_bytes(bytes(123))
    (tmp_path / "cache" / "two").write_bytes(bytes(1000))
    done = env("--json", site=site, HUMPCAT_CACHE=str(tmp_path / "cache"))
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    one = ("version", "present", "extra", "wanted", "fits")
    attempt = ("loads", "version", "missing", "error")
    folder = ("path", "exists", "bytes", "files", "complete", "writable", "free_bytes", "problem")
    device = ("name", "predictions", "features", "cpu_capability", "threads", "cuda", "gpus", "warnings")
    assert set(found["packages"]) > {"torch", "torchaudio", "transformers", "opensmile", "huggingface-hub"}
    assert shape(found) == {
        **dict.fromkeys(("format", "platform", "pair_known_to_load")),
        **dict.fromkeys(("problems", "usable")),
        "humpcat": dict.fromkeys(("version", "folder")),
        "python": dict.fromkeys(("version", "implementation", "executable")),
        "processor": dict.fromkeys(("name", "architecture", "cores"))
        | {"instructions": dict.fromkeys(("amx_bf16", "avx512_bf16", "avx2", "bf16"))},
        "packages": {name: dict.fromkeys(one) for name in found["packages"]},
        "torch": dict.fromkeys(attempt),
        "torchaudio": dict.fromkeys(attempt),
        "device": dict.fromkeys(device),
        "folders": {name: dict.fromkeys(folder) for name in ("cache", "features", "hub")},
        "model": dict.fromkeys(("name", "missing")),
        "hub": dict.fromkeys(("endpoint", "offline", "asked", "answers", "detail")),
    }
    assert found["format"] == 2
    assert (found["usable"], found["device"]["cpu_capability"]) == (True, "AVX9")
    assert (found["folders"]["cache"]["bytes"], found["folders"]["features"]["bytes"]) == (1123, 123)


@pytest.mark.parametrize("arguments", [[], ["--online"]])
def test_the_hub_is_asked_only_if_that_is_asked_for(
    arguments: list[str],
    site: Path,
    tmp_path: Path,
    server: Server,
) -> None:
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    watch = tmp_path / "watch.txt"
    watch.write_text("")
    done = env("--json", *arguments, site=site, HUMPCAT_TEST_WATCH=str(watch))
    assert done.returncode == 0
    hub = json.loads(done.stdout)["hub"]
    assert hub["endpoint"] == server.address
    if arguments:
        assert (hub["asked"], hub["answers"], len(server.asked)) == (True, True, 1)
        # Proof that the watch would have seen it.
        assert "socket.connect" in watch.read_text()
    else:
        assert (hub["asked"], hub["answers"], server.asked) == (False, None, [])
        assert watch.read_text() == ""


def test_a_torch_that_is_broken_is_a_report_and_status_1(site: Path) -> None:
    fake(site, "torch", "raise OSError('libtorch_cpu.so: cannot open shared object file')")
    done = env(site=site)
    assert (done.returncode, done.stderr) == (1, "")
    assert "DOES NOT LOAD: libtorch_cpu.so: cannot open shared object" in done.stdout
    assert "\n- torch " in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if "/" not in line) <= 80


def test_a_torchaudio_that_is_broken_is_a_report_and_status_0(site: Path) -> None:
    fake(site, "torchaudio", "raise OSError('libc10_cuda.so: cannot open shared object file')")
    done = env("--json", site=site)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert [problem["about"] for problem in found["problems"] if "librosa" in problem["sentence"]] == ["torchaudio"]
    assert not any(problem["fatal"] for problem in found["problems"])


@pytest.mark.parametrize("name", ["transformers", "huggingface_hub", "numpy", "packaging"])
def test_other_packages_may_be_broken(name: str, site: Path) -> None:
    fake(site, name, "raise OSError('libbroken.so: cannot open shared object file')")
    done = env("--json", site=site)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["packages"]["transformers"]["present"]


def test_caches_that_cannot_be_used(site: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = env("--json", site=site, HUMPCAT_CACHE=str(tmp_path / "file"), HF_HUB_CACHE=str(tmp_path / "file" / "hub"))
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert {problem["about"] for problem in found["problems"]} >= {"cache", "features", "hub"}


def test_without_a_home(site: Path) -> None:
    gone = dict.fromkeys(("HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "HUMPCAT_CACHE", "HF_HOME"))
    done = env(site=site, **gone)
    assert (done.returncode, done.stderr) == (0, "")
    assert "model        mini: complete" in done.stdout
