"""A disk that fills, a place that cannot be written, a folder that is gone: one sentence, and nothing is lost."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import typer
from safetensors import SafetensorError
from safetensors.numpy import save_file
from typer.testing import CliRunner

from humpcat.command import reporting_errors
from humpcat.corpora.toy import make_toy_corpora
from humpcat.errors import CorpusError, SettingsError, WritingError
from humpcat.features.store import FeatureStore
from humpcat.files import absence, replacing, resolved, share_as_usual, write_json, write_text
from humpcat.run_folder import MANIFEST, enter, renewed, require_writable
from humpcat.writing import reason_of, writing
from tests.stores import put

from .test_stores import Level

AS_ROOT = os.geteuid() == 0
ARRAYS = {"level": np.zeros(400_000, np.float32)}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def left(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write_arrays(folder: Path) -> None:
    with replacing(folder / "a.safetensors") as draft:
        save_file(ARRAYS, draft)


def store_arrays(folder: Path) -> None:
    put(FeatureStore(folder), Level(), "00ff", ARRAYS)


def renew(folder: Path) -> None:
    with renewed(folder / "out") as fresh:
        (fresh / "model").write_bytes(bytes(2_000_000))


WRITERS: dict[str, Callable[[Path], None]] = {
    "text": lambda folder: write_text(folder / "a.txt", "x" * 2_000_000),
    "json": lambda folder: write_json(folder / "a.json", ["x" * 2_000_000]),
    "arrays": write_arrays,
    "store": store_arrays,
    "renewed folder": renew,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_that_fills_keeps_what_is_there_and_leaves_nothing_half(name: str, small: Path) -> None:
    write_text(small / "kept.txt", "kept")
    with pytest.raises(WritingError) as caught:
        WRITERS[name](small)
    sentence = str(caught.value)
    assert sentence.startswith(str(small))
    assert "No space left on device" in sentence
    assert sentence.endswith(
        "and run the same command again, with --resume where it knows that: what is finished is kept."
    )
    assert caught.value.full
    assert (small / "kept.txt").read_text() == "kept"
    assert [file for file in left(small) if not file.endswith("extractor.json")] == ["kept.txt"]


@pytest.mark.parametrize("name", WRITERS)
def test_it_goes_on_once_there_is_space(name: str, small: Path) -> None:
    with pytest.raises(WritingError):
        WRITERS[name](small)
    subprocess.run(["mount", "-o", "remount,size=8m", str(small)], check=True)
    WRITERS[name](small)
    assert any((small / file).stat().st_size > 1_000_000 for file in left(small))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("name", ["text", "json", "store"])
def test_whatever_the_system_refuses_is_one_sentence(
    number: int, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "kept.txt", "kept")

    def refuse(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(WritingError, match=os.strerror(number)) as caught:
        WRITERS[name](tmp_path)
    assert caught.value.full == (number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
    assert left(tmp_path) == ["kept.txt"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (SafetensorError("I/O error: No space left on device (os error 28)"), "No space left on device"),
        (OSError("Error writing bytes to file. Detail: [errno 28] No space left"), "No space left on device"),
        (RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed"), "torch could not write"),
        (
            RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
            "torch could not write",
        ),
        (RuntimeError("basic_ios::clear: iostream error"), "torch could not write"),
        (ValueError("embedded null byte"), "no path may hold NUL"),
    ],
)
def test_whatever_library_writes_is_understood(error: Exception, reason: str, tmp_path: Path) -> None:
    found = reason_of(error)
    assert found is not None
    assert found.startswith(reason)
    with pytest.raises(WritingError, match="cannot be written"), writing(tmp_path):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2"),
        ValueError("out of range"),
        KeyError("x"),
        SettingsError("scale null: expected a number."),
        CorpusError("speech: failed (OSError: [Errno 28] No space left on device)."),
    ],
)
def test_other_errors_stay_what_they_are(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(type(error)) as caught, writing(tmp_path):
        raise error
    assert caught.value is error


def test_a_store_within_a_run_is_not_taken_for_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("humpcat.features.store.write_bytes", full)
    with pytest.raises(WritingError, match=f"^{tmp_path}/store: "), renewed(tmp_path / "out"):
        put(FeatureStore(tmp_path / "store"), Level(), "00ff", ARRAYS)


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_files_have_the_permissions_that_new_files_have(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_arrays(tmp_path)
        write_json(tmp_path / "a.json", {})
        save_file(ARRAYS, tmp_path / "b.safetensors")
        share_as_usual(tmp_path)
        store_arrays(tmp_path / "store")
    finally:
        os.umask(before)
    modes = {file: (tmp_path / file).stat().st_mode & 0o777 for file in left(tmp_path)}
    assert len(modes) == 5
    assert set(modes.values()) == {0o666 & ~umask}


def make_places(folder: Path) -> dict[str, Path]:
    (folder / "file").touch()
    (folder / "broken").symlink_to(folder / "nowhere")
    (folder / "circle").symlink_to(folder / "circle")
    return {name: folder / name for name in ("file", "file/below", "circle", "circle/below")}


@pytest.mark.parametrize("place", ["file", "file/below", "circle", "circle/below"])
def test_a_place_that_is_no_folder_is_told_before_the_work(place: str, tmp_path: Path) -> None:
    out = make_places(tmp_path)[place]
    with pytest.raises(SettingsError, match=r"is a file|cannot be written to"):
        require_writable(out)
    with pytest.raises(SettingsError, match=r"is a file|cannot be written to"), renewed(out):
        pytest.fail("begun")
    with pytest.raises(SettingsError, match=r"is a file|cannot be written to"):
        enter(out, ["settings.json"])
    with pytest.raises(WritingError, match=r"name another folder by --store"):
        FeatureStore(out).require_place()
    assert resolved(out).is_absolute()


@pytest.mark.parametrize(
    ("place", "kind", "said"),
    [
        ("file", "folder", "is a file, expected a folder"),
        ("", "file", "is a folder, expected a file"),
        ("file/below", "folder", "no such folder"),
        ("none", "file", "no such file"),
        ("broken", "file", "no such file, but a symbolic link that leads nowhere"),
        ("circle", "folder", "no such folder, but a symbolic link that leads in a circle"),
        ("x" * 5000, "folder", "no such folder"),
    ],
)
def test_what_lies_there_is_said(place: str, kind: str, said: str, tmp_path: Path) -> None:
    make_places(tmp_path)
    assert absence(tmp_path / place, kind) == said


@pytest.mark.skipif(AS_ROOT, reason="root may look everywhere")
def test_what_may_not_be_looked_at_is_said(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    assert absence(tmp_path / "closed" / "a", "file") == "cannot be looked at (Permission denied)"


def test_a_folder_beside_which_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    real = Path.mkdir

    def refuse(path: Path, *arguments: object, **options: object) -> None:
        if path.name == ".out.new":
            raise PermissionError(errno.EACCES, "Permission denied")
        real(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(SettingsError, match=r"cannot be written to \(Permission denied\)"), renewed(tmp_path / "out"):
        pytest.fail("begun")


def test_a_read_only_place(small: Path) -> None:
    (small / "kept").touch()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with pytest.raises(SettingsError, match=r"cannot be written to \(Read-only file system\): name another folder"):
        require_writable(small)
    # A store that is there serves as long as nothing is missing in it.
    FeatureStore(small).require_place()
    with pytest.raises(
        WritingError, match=r"cannot be written \(Read-only file system\): name another folder by --st"
    ):
        FeatureStore(small).require_writable()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "cannot be written (No space left on device): free space"),
        (PermissionError(errno.EACCES, "Permission denied", "a.wav"), "a.wav: Permission denied: check that"),
        (RuntimeError("PytorchStreamWriter failed writing file data/0"), "torch could not write"),
    ],
)
def test_what_no_door_has_told_is_told_by_the_command(error: Exception, sentence: str) -> None:
    def command() -> None:
        raise error

    app = typer.Typer()
    app.command()(reporting_errors(command))
    done = CliRunner().invoke(app)
    assert done.exit_code == 1
    assert sentence in done.output
    assert done.output.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_output_that_cannot_be_written() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "humpcat", "labels"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "cannot be written (No space left on device)" in done.stderr
    assert done.stderr.count("\n") == 1


GONE = """
import os, runpy, sys
os.chdir(sys.argv[1])
os.rmdir(sys.argv[1])
import humpcat
print("imported")
sys.argv[1:2] = []
{then}
"""


@pytest.mark.parametrize(
    "then",
    [
        "sys.argv = ['humpcat', 'labels']; from humpcat.cli import main; main()",
        "sys.argv = ['humpcat', 'adapt', '/clips', '--out', '/out']; from humpcat.cli import main; main()",
        "import torch",
    ],
)
def test_a_current_folder_that_is_gone(then: str, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", GONE.format(then=then), str(tmp_path / "gone")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])},
    )
    assert done.stdout == "imported\n"
    assert done.stderr == "error: the current folder is not there any more: change to one that is, by cd.\n"
    assert done.returncode == 1


def test_a_manifest_that_cannot_be_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(tmp_path, ["a"])
    before = (tmp_path / MANIFEST).read_bytes()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WritingError):
        enter(tmp_path, ["b"])
    assert (tmp_path / MANIFEST).read_bytes() == before


def test_toy_corpora_on_a_full_disk_do_not_blame_the_synthesiser(small: Path) -> None:
    with pytest.raises(WritingError, match=r"toy: cannot be written \(No space left on device; "):
        make_toy_corpora(small / "toy", corpora=["emodb"])
    assert list(small.iterdir()) == []
