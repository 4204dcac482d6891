"""The wheel and the sdist hold all that they should, and the wheel works where no checkout is near."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 15_000_000
SOURCES = {path.relative_to(ROOT).as_posix() for path in (ROOT / "humpcat").rglob("*") if path.is_file()}
SOURCES = {path for path in SOURCES if "__pycache__" not in path}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a wheel that was built from the sdist, as an index has it, and the sdist."""
    out = tmp_path_factory.mktemp("dist")
    code = (
        "import sys, setuptools.build_meta as backend;"
        "build = backend.build_wheel if sys.argv[1] == 'wheel' else backend.build_sdist;"
        "print('\\n' + build(sys.argv[2]))"
    )

    def build(kind: str, folder: Path) -> Path:
        words = [sys.executable, "-c", code, kind, str(out)]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return out / done.stdout.splitlines()[-1]

    # A copy, for building writes beside the sources.
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if tracked.returncode:
        pytest.skip("this is no git checkout: what belongs to the sdist is not known")
    copy = out / "copy"
    for name in filter(None, tracked.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    sdist = build("sdist", copy)
    with tarfile.open(sdist) as archive:
        archive.extractall(out / "unpacked", filter="data")
    (unpacked,) = (out / "unpacked").iterdir()
    return build("wheel", unpacked), sdist


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == SOURCES


def test_the_sdist_holds_what_needs_the_clone(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"README.md", "LICENSE", "NOTICE", "CITATION.cff", "CONTRIBUTING.md", "constraints.txt", ".ci/run"}
    wanted |= {
        path.relative_to(ROOT).as_posix()
        for pattern in ("recipes/*.py", "docs/**/*.md", "tests/**/*.py")
        for path in ROOT.glob(pattern)
    }
    assert wanted | SOURCES <= names


def test_both_are_small(built: tuple[Path, Path]) -> None:
    assert all(path.stat().st_size < MOST_BYTES for path in built)


# .ci/run does the same in an environment of its own, at the newest end of the ranges.
@pytest.mark.slow
def test_the_wheel_works_in_an_empty_folder(built: tuple[Path, Path], tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(built[0]) as archive:
        archive.extractall(site)
    # Isolated from the folder and the environment of this test, so that no checkout is found in place of the wheel.
    code = f"import runpy, sys; sys.path.insert(0, {str(site)!r}); runpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, str(ROOT / ".ci" / "smoke.py")],
        cwd=empty,
        env=os.environ | {"PYTHONPATH": str(site), "HUMPCAT_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f"works from {site / 'humpcat'}" in done.stdout
