"""What may hold a dataset, opened: Parquet, a folder that ``datasets`` saved, a dataset of the hub."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from humpcat.corpora.files import files_below
from humpcat.corpora.own.table import refuse_columns
from humpcat.errors import CorpusError, HumpcatError
from humpcat.files import read_json, refuse_special

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_STATE, _SPLITS = "state.json", "dataset_dict.json"
SAVED = (_STATE, _SPLITS)
"""Files by which a folder that ``save_to_disk`` wrote is known."""

_POINTER = b"version https://git-lfs"


def open_parquet(path: Path) -> "Dataset":
    """Open a Parquet file, with the features that ``datasets`` may have noted in it.

    Args:
        path: the file.

    Raises:
        CorpusError: it is not Parquet.
    """
    from datasets import Dataset
    from datasets.table import InMemoryTable
    from pyarrow import parquet

    refuse_special(path, "a table", CorpusError)
    with reading(f"{path}: is not Parquet", "write it again"):
        with path.open("rb") as file:
            if file.read(len(_POINTER)) == _POINTER:
                raise CorpusError(f"{path}: is a Git LFS pointer, not Parquet: run 'git lfs pull' in its repository.")
        refuse_columns(path, parquet.read_schema(path).names)
        return Dataset(InMemoryTable(parquet.read_table(path, partitioning=None)))


def open_saved(folder: Path) -> "Dataset | DatasetDict":
    """Open a folder that ``save_to_disk`` wrote.

    Args:
        folder: of a Dataset or a DatasetDict.

    Raises:
        CorpusError: the folder is not whole.
    """
    from datasets import load_from_disk

    with reading(f"{folder}: looks like a saved dataset and cannot be opened", "save it again"):
        _refuse_foreign_parts(folder)
        return load_from_disk(str(folder))


def open_hub(name: str) -> "DatasetDict":
    """Open a dataset of the hub, from the network or from the library's cache.

    Args:
        name: such as "owner/name".

    Raises:
        CorpusError: it cannot be had, whatever the reason.
    """
    from datasets import load_dataset

    try:
        return load_dataset(name)
    # The hub's client, its HTTP library and the reader of each format all have errors of their own.
    except Exception as error:
        raise CorpusError(
            f"'{name}': is no file or folder here, and cannot be loaded as a dataset of the hub "
            f"({_sentence(error)}): check the name and the connection, or download it and give its folder."
        ) from None


def _refuse_foreign_parts(folder: Path) -> None:
    """Refuse a saved dataset whose own files name parts outside its folder, or that holds what never ends."""
    for path in files_below(folder):
        refuse_special(path, "a part of a saved dataset", CorpusError)
    splits = folder / _SPLITS
    names = [""]
    if splits.is_file():
        names = [str(name) for name in read_json(splits, CorpusError)["splits"]]
        _refuse_outside(folder, splits, names)
    for name in names:
        state = folder / name / _STATE
        content = read_json(state, CorpusError)
        files = [*content["_data_files"], *(content.get("_indices_data_files") or ())]
        _refuse_outside(folder / name, state, [str(file["filename"]) for file in files])


def _refuse_outside(folder: Path, source: Path, names: Sequence[str]) -> None:
    for name in names:
        if not Path(os.path.normpath(folder / name)).is_relative_to(os.path.normpath(folder)):
            raise CorpusError(f"{source}: names {name}, which lies outside {folder}: save it again in one folder.")


@contextmanager
def reading(what: str, mend: str) -> Iterator[None]:
    """Put it into one sentence where somebody's file cannot be read in the block.

    Args:
        what: the file and what is the matter with it.
        mend: what to do.

    Raises:
        CorpusError: it cannot.
    """
    try:
        yield
    except HumpcatError:
        raise
    # Arrow, its readers and what datasets notes of itself all have errors of their own.
    except Exception as error:
        raise CorpusError(f"{what} ({_sentence(error)}): {mend}.") from None


def _sentence(error: BaseException) -> str:
    """Return the first line of a foreign error, without its full stop."""
    return (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")
