"""What a predictions table must hold, and the refusal of one that does not."""

import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from humpcat.errors import HumpcatError
from humpcat.evaluation.calibration import TOLERANCE
from humpcat.protocols.rows import examples

COLUMNS = {
    "id": pa.string(),
    "corpus": pa.string(),
    "language": pa.string(),
    "speaker": pa.string(),
    "gender": pa.string(),
    "duration": pa.float64(),
    "draw": pa.int64(),
    "fold": pa.int64(),
    "gold": pa.string(),
    "data_hash": pa.string(),
    "model_hash": pa.string(),
    "guarantee": pa.string(),
    "system": pa.string(),
}
"""Every column and its type, next to one ``p_<class>`` (float64) a class; further columns are kept as they are."""

CLASSES_KEY = b"humpcat.classes"
"""Where the schema's metadata holds the order of the classes."""

_MAY_BE_UNKNOWN = frozenset({"speaker", "gender", "duration", "data_hash"})


class PredictionsError(HumpcatError):
    """A predictions table that is incomplete or contradicts itself."""


def typed(table: pa.Table, classes: tuple[str, ...]) -> pa.Table:
    """Return the table with the expected types and order of columns, and with the classes in its metadata.

    Args:
        table: what was built or read.
        classes: class names in the order of the model's outputs.

    Raises:
        PredictionsError: there is no row, a column is missing or of another type, or a class stands twice.
    """
    if not classes or len(set(classes)) != len(classes):
        raise PredictionsError(
            f"classes ({', '.join(classes)}): expected one or more different names: name each once."
        )
    if table.num_rows == 0:
        raise PredictionsError("the table holds no predictions, expected at least one: predict first.")
    expected = COLUMNS | {f"p_{name}": pa.float64() for name in classes}
    for name, type_ in expected.items():
        if table.column_names.count(name) > 1:
            raise PredictionsError(f"column '{name}' stands twice, expected it once: leave out the other.")
        if name not in table.column_names:
            raise PredictionsError(
                f"column '{name}' is missing (found {', '.join(table.column_names)}): build the table with "
                "Predictions.build."
            )
        try:
            values = table[name].cast(type_)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise PredictionsError(
                f"column '{name}' is of type {table[name].type}, expected {type_}: build the table with "
                "Predictions.build."
            ) from None
        table = table.set_column(table.column_names.index(name), name, values)
    metadata = {**(table.schema.metadata or {}), CLASSES_KEY: json.dumps(classes).encode()}
    return table.select(
        [*expected, *(name for name in table.column_names if name not in expected)]
    ).replace_schema_metadata(metadata)


def check(table: pa.Table, classes: tuple[str, ...], probabilities: npt.NDArray[np.float64]) -> None:
    """Refuse a table that is incomplete or contradicts itself.

    Args:
        table: as :func:`typed` gives it.
        classes: class names in the order of the model's outputs.
        probabilities: those of the table, shape (rows, classes).

    Raises:
        PredictionsError: a value is unknown, probabilities are not finite or do not sum to one, a clip stands twice
            in one draw of a system, or a clip has two gold labels.
    """
    _check_values(table)
    clips = _codes(table["id"])
    _check_once(table, clips)
    _check_gold(table, classes, clips)
    _check_probabilities(table, probabilities)


def _check_values(table: pa.Table) -> None:
    for name in COLUMNS:
        if name not in _MAY_BE_UNKNOWN and table[name].null_count:
            raise PredictionsError(
                f"column '{name}' is empty in {table[name].null_count} of {table.num_rows} rows, expected a value in "
                "each: build the table with Predictions.build."
            )


def _check_once(table: pa.Table, clips: npt.NDArray[np.int64]) -> None:
    """Refuse a clip that stands twice in one draw of a system, in whichever folds."""
    draws, systems = _codes(table["draw"]), _codes(table["system"])
    keys = (clips * (draws.max() + 1) + draws) * (systems.max() + 1) + systems
    order = np.sort(keys)
    again = order[1:][order[1:] == order[:-1]]
    if len(again):
        where = np.flatnonzero(keys == again[0])
        row = table.slice(int(where[0]), 1).to_pylist()[0]
        raise PredictionsError(
            f"id {row['id']} stands {len(where)} times in draw {row['draw']} of system '{row['system']}', "
            "expected once: drop what was gathered twice."
        )


def _check_gold(table: pa.Table, classes: tuple[str, ...], clips: npt.NDArray[np.int64]) -> None:
    unknown = sorted(set(table["gold"].unique().to_pylist()) - set(classes))
    if unknown:
        raise PredictionsError(
            f"gold class {examples(unknown)} is unknown, expected one of {', '.join(classes)}: "
            "label with the classes that the model was trained on."
        )
    gold = _codes(table["gold"])
    one_of_clip = np.empty(clips.max() + 1, dtype=np.int64)
    one_of_clip[clips] = gold
    torn = sorted(set(table["id"].filter(pa.array(one_of_clip[clips] != gold)).to_pylist()))
    if torn:
        raise PredictionsError(
            f"clips with more than one gold class: {len(torn)} found ({examples(torn)}), expected none: "
            "put together only tables of one labelling."
        )


def _check_probabilities(table: pa.Table, probabilities: npt.NDArray[np.float64]) -> None:
    # Written so that NaN, which compares false, is bad too.
    good = (probabilities >= 0).all(axis=1) & (np.abs(probabilities.sum(axis=1) - 1) <= TOLERANCE)
    if not good.all():
        first = int(np.argmin(good))
        found = ", ".join(f"{value:g}" for value in probabilities[first])
        raise PredictionsError(
            f"probabilities of {int((~good).sum())} of {len(good)} rows are not probabilities (the first, "
            f"{table['id'][first]}: {found}), expected numbers from 0 to 1 that sum to 1: apply softmax, and look for "
            "NaN in the model's outputs."
        )


def _codes(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Number the different values of a column; comparing numbers takes far less time and memory than strings."""
    return np.asarray(values.combine_chunks().dictionary_encode().indices.to_numpy(), dtype=np.int64)
