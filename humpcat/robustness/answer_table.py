"""The table of answers, from which every figure of the report is computed again: a predictions table, and flags."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from humpcat.errors import HumpcatError
from humpcat.evaluation.checks import CLASSES_KEY, COLUMNS
from humpcat.files import replacing
from humpcat.robustness.answering import Heard

FLAGS = "flags"
"""Column of what keeps an answer from being believed, names with "; " between them."""


def answer_table(
    answers: Iterable[Heard],
    classes: Sequence[str],
    *,
    seed: int,
    model_hash: str,
    guarantee: str,
    fingerprints: Mapping[str, str],
) -> pa.Table:
    """Return answers as a table with the columns of a predictions table, ``system`` being the distortion.

    What failed has no row. The column ``gold`` is empty where clips have no labels.

    Args:
        answers: what was answered.
        classes: class names in the order of the model's outputs.
        seed: of sample and distortions, as ``draw``.
        model_hash: hash of the weights.
        guarantee: what holds between the clips and what the model was trained on.
        fingerprints: hash of the audio by id.
    """
    records = [
        {
            "id": one.clip.id,
            "corpus": one.clip.corpus,
            "language": one.clip.language,
            "speaker": one.clip.speaker,
            "gender": one.clip.gender,
            "duration": one.clip.duration,
            "draw": seed,
            "fold": 0,
            "gold": one.clip.gold,
            "data_hash": fingerprints.get(one.clip.id),
            "model_hash": model_hash,
            "guarantee": guarantee,
            "system": one.system,
            **{f"p_{name}": one.scores[name] for name in classes},
            FLAGS: "; ".join(one.flags),
        }
        for one in answers
        if one.failure is None
    ]
    types = {**COLUMNS, **{f"p_{name}": pa.float64() for name in classes}, FLAGS: pa.string()}
    schema = pa.schema(list(types.items()), metadata={CLASSES_KEY: json.dumps(list(classes))})
    return pa.Table.from_pylist(records, schema)


def classes_of(table: pa.Table) -> list[str]:
    """Return the classes of a table of answers, in the order of the model's outputs.

    Args:
        table: as :func:`answer_table` gives it.
    """
    names: list[str] = json.loads(table.schema.metadata[CLASSES_KEY])
    return names


def write_answers(table: pa.Table, path: str | Path) -> None:
    """Write a table of answers as Parquet, atomically.

    Args:
        table: as :func:`answer_table` gives it.
        path: where to.
    """
    with replacing(path) as draft:
        pq.write_table(table, draft)


def read_answers(path: str | Path) -> pa.Table:
    """Read what :func:`write_answers` wrote.

    Args:
        path: the file.

    Raises:
        HumpcatError: it is missing, or not such a table.
    """
    try:
        table = pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise HumpcatError(f"{path}: cannot be read ({reason}): check the model again.") from None
    if CLASSES_KEY not in (table.schema.metadata or {}) or FLAGS not in table.column_names:
        raise HumpcatError(f"{path}: is no table of answers: check the model again.")
    return table
