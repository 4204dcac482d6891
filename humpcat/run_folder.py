"""What a run writes into its folder, so that nothing of anybody else's is ever deleted or replaced there.

A file in the folder, the manifest, lists what humpcat wrote. What it does not list is somebody else's.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from humpcat.errors import SettingsError, WritingError
from humpcat.files import read_json, try_writing, write_json
from humpcat.writing import is_full, retold, writing

MANIFEST = ".humpcat.json"


def written(folder: str | Path) -> set[str]:
    """Return the names of what humpcat wrote into a folder, as the folder's manifest lists them.

    Args:
        folder: the folder of a run; it need not exist.

    Raises:
        SettingsError: the manifest is damaged.
    """
    path = Path(folder, MANIFEST)
    if not path.is_file():
        return set()
    names = read_json(path, SettingsError).get("wrote")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingsError(f"{path}: lists no files that were written: remove it, and what a run left beside it.")
    return set(names)


def foreign(folder: str | Path, names: Iterable[str]) -> list[str]:
    """Return which of some names are there and were not written by humpcat.

    Args:
        folder: the folder of a run; it need not exist.
        names: of files and folders right below it.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     Path(folder, "config.json").touch()
        ...     foreign(folder, ["config.json", "split.json"])
        ['config.json']
    """
    own = written(folder)
    return sorted(name for name in set(names) if os.path.lexists(Path(folder, name)) and name not in own)


def refuse_foreign(folder: str | Path, names: Iterable[str]) -> None:
    """Refuse a folder in which something of anybody else's is in the way; nothing is changed.

    Args:
        folder: the folder of a run; it need not exist.
        names: of files and folders that the run writes right below it.

    Raises:
        SettingsError: it holds something of such a name that humpcat did not write.
    """
    if others := foreign(folder, names):
        raise SettingsError(
            f"out {folder}: holds {', '.join(others)}, which humpcat did not write and would replace or remove: name "
            "another folder, or move it away."
        )


def enter(folder: str | Path, names: Iterable[str], *, adopt: bool = False) -> None:
    """Make a run's folder and list what it will write there; nothing of anybody else's must be in the way.

    Args:
        folder: the folder; made if it does not exist.
        names: of files and folders that the run writes right below it.
        adopt: whether what is there already is the run's own, as where one is resumed whose folder has no manifest.

    Raises:
        SettingsError: it is no folder or cannot be written to, or holds something of such a name that humpcat did not
            write; nothing has been changed then.
    """
    folder, names = Path(folder), set(names)
    if not adopt:
        refuse_foreign(folder, names)
    require_writable(folder)
    write_json(folder / MANIFEST, {"wrote": sorted(written(folder) | names)})


def require_writable(folder: str | Path) -> None:
    """Make a folder, if need be, and make sure that files can be written there: before the work, not after it.

    Args:
        folder: the folder.

    Raises:
        SettingsError: it is no folder, or cannot be made or written to.
        WritingError: there is no space left.
    """
    with _told_as_out(folder):
        try_writing(folder)


@contextmanager
def _told_as_out(folder: str | Path) -> Iterator[None]:
    try:
        with writing(folder):
            yield
    except WritingError as error:
        if error.full:
            raise
        if os.path.isfile(folder):  # noqa: PTH113 - no error for a path that is none
            raise SettingsError(f"out {folder}: is a file, expected a folder: name another one.") from None
        raise SettingsError(f"out {folder}: cannot be written to ({error.reason}): name another folder.") from None


def remove(folder: str | Path, name: str) -> None:
    """Remove what humpcat wrote, if it is there.

    Args:
        folder: the folder of a run.
        name: of a file or folder right below it.

    Raises:
        SettingsError: it is there and humpcat did not write it.
    """
    path = Path(folder, name)
    if not os.path.lexists(path):
        return
    if name not in written(folder):
        raise SettingsError(f"{path}: was not written by humpcat and is not removed: move it away.")
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


@contextmanager
def renewed(folder: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to write everything into; on success its content takes the place of what ``folder`` held at once.

    Whenever the program is killed, ``folder`` holds all of the old content, or all of the new, or is missing for the
    moment between two renamings, when the old content lies beside it in ``.FOLDER.old``, from where the next run takes
    it back.

    Args:
        folder: where the content shall lie.
        overwrite: whether what humpcat did not write may be replaced too.

    Yields:
        An empty folder beside it.

    Raises:
        SettingsError: ``folder`` is a file or cannot be written to, or holds what humpcat did not write; the message
            names it.
        WritingError: the disk is full.
    """
    folder = Path(os.path.realpath(folder))
    if folder in (Path.cwd(), *Path.cwd().parents) or folder.is_mount():
        raise SettingsError(f"out {folder}: is where other things lie too, expected a folder of its own: name one.")
    # Beside it and no deeper, so that relative paths within hold in both places.
    fresh, old = (folder.with_name(f".{folder.name}.{kind}") for kind in ("new", "old"))
    if old.is_dir() and not folder.exists():
        with _told_as_out(folder):
            old.rename(folder)
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    others = sorted(set(there) - written(folder) - {MANIFEST})
    if others and not overwrite:
        more = " and more" if len(others) > 20 else ""
        raise SettingsError(
            f"out {folder}: holds {', '.join(others[:20])}{more}, which humpcat did not write and would remove: name "
            "another folder, or remove it by --overwrite."
        )
    require_writable(folder)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    with _told_as_out(folder):
        fresh.mkdir()
    try:
        yield fresh
        with writing(fresh):
            write_json(fresh / MANIFEST, {"wrote": sorted(path.name for path in fresh.iterdir())})
            folder.rename(old)
            fresh.rename(folder)
    except Exception as error:
        # Told as of the folder that was named, which its user knows.
        if is_full(error) or (isinstance(error, WritingError) and Path(error.place).is_relative_to(fresh)):
            raise retold(error, folder) from None
        raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if folder.is_dir():
            shutil.rmtree(old, ignore_errors=True)
