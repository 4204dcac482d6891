"""The predictions table: what every published number is recomputed from, without a model."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from humpcat.evaluation.checks import CLASSES_KEY, COLUMNS, PredictionsError, check, typed
from humpcat.files import absence, replacing
from humpcat.protocols.rows import Rows, column, examples
from humpcat.shown import one_line

PREDICTIONS = "predictions.parquet"
"""Name of the predictions table in the folder of a run."""

# Columns in which hardly two rows are alike.
_OF_THE_CLIP = frozenset({"id", "data_hash"})


@dataclass(frozen=True)
class Predictions:
    """Class probabilities of one or several systems over one or several draws, beside the gold labels.

    Attributes:
        table: one row a clip, draw and system, with the columns of ``COLUMNS`` and one ``p_<class>`` a class.
        classes: class names in the order of the model's outputs.

    Raises:
        PredictionsError: a column is missing or of another type, a value is unknown, probabilities are not
            finite or do not sum to one, a clip stands twice in one draw of a system, or a clip has two gold labels.
    """

    table: pa.Table
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        object.__setattr__(self, "table", typed(self.table, self.classes))
        check(self.table, self.classes, self.probabilities)

    @classmethod
    def build(
        cls,
        rows: Rows,
        gold: Mapping[str, str],
        probabilities: Mapping[str, Sequence[float] | npt.NDArray[Any]],
        classes: Sequence[str],
        *,
        system: str,
        draw: int,
        model_hash: str,
        guarantee: str,
        fingerprints: Mapping[str, str] | None = None,
        fold: int = 0,
    ) -> "Predictions":
        """Join rows, gold labels and probabilities by id.

        Args:
            rows: rows of the clips; they may hold further clips.
            gold: true class by id; says which clips the table has.
            probabilities: one probability a class by id, in the order of ``classes``; the same ids as ``gold``.
            classes: class names in the order of the model's outputs.
            system: name of what predicted, such as "zero-shot", "fine-tuned" or "target-only".
            draw: number of the draw (the seed of the split).
            model_hash: hash of the weights.
            guarantee: guarantee of the split.
            fingerprints: hash of the audio by id, see ``humpcat.audio.fingerprint``, so that the table says what was
                heard; unknown for the clips that it does not name.
            fold: number of the fold within the draw, 0 where there are none.

        Raises:
            PredictionsError: a clip lacks a row, a gold label or probabilities, or as for the class itself.
            ProtocolError: the rows lack a column.

        Example:
            >>> rows = [{"id": "a", "corpus": "toy", "language": "de", "speaker": "f1", "gender": None, "duration": 1}]
            >>> made = Predictions.build(rows, {"a": "sad"}, {"a": [0.2, 0.8]}, ["happy", "sad"],
            ...     system="zero-shot", draw=0, model_hash="0", guarantee="speaker-disjoint")
            >>> made.predicted.tolist()
            ['sad']
        """
        _require_ids(gold, probabilities, "probabilities: {} of {} clips have none ({})")
        _require_ids(probabilities, gold, "gold: {} of {} predicted clips have no label ({})")
        position = {id_: index for index, id_ in enumerate(column(rows, "id"))}
        _require_ids(gold, position, "rows: {} of {} clips have no row ({})")
        ids = sorted(gold)
        rows_of = _stacked(probabilities, ids, classes)
        columns: dict[str, Any] = {"id": ids}
        for name in ("corpus", "language", "speaker", "gender", "duration"):
            values = column(rows, name)
            columns[name] = [values[position[id_]] for id_ in ids]
        columns["gold"] = [gold[id_] for id_ in ids]
        columns["data_hash"] = [None if fingerprints is None else fingerprints.get(id_) for id_ in ids]
        constants = {"draw": draw, "fold": fold, "model_hash": model_hash, "guarantee": guarantee, "system": system}
        columns |= {name: pa.repeat(pa.scalar(value, COLUMNS[name]), len(ids)) for name, value in constants.items()}
        columns |= {f"p_{name}": rows_of[:, index] for index, name in enumerate(classes)}
        try:
            schema = pa.schema([(name, COLUMNS.get(name, pa.float64())) for name in columns])
            table = pa.table(columns, schema)
        except UnicodeEncodeError as error:
            raise PredictionsError(
                f"'{one_line(error.object)}' is not UTF-8, expected ids, speakers and classes that are: rename it."
            ) from None
        return cls(table, tuple(classes))

    @classmethod
    def concat(cls, parts: Iterable["Predictions"]) -> "Predictions":
        """Put the tables of several draws or systems under one another.

        Args:
            parts: at least one table, all with the same classes in the same order.

        Raises:
            PredictionsError: there is no part, classes differ, or as for the class itself.
        """
        parts = list(parts)
        if not parts:
            raise PredictionsError("0 tables found, expected at least one: predict first.")
        for part in parts:
            if part.classes != parts[0].classes:
                raise PredictionsError(
                    f"classes {', '.join(part.classes)} found beside {', '.join(parts[0].classes)}: "
                    "put together only tables of one label space."
                )
        return cls(pa.concat_tables([part.table for part in parts], promote_options="default"), parts[0].classes)

    def write(self, path: str | Path) -> None:
        """Write the table as Parquet, atomically; the order of the classes goes into the schema's metadata.

        Args:
            path: where the file shall lie; missing folders are made.
        """
        with replacing(path) as draft:
            pq.write_table(self.table, draft)

    @classmethod
    def read(cls, path: str | Path) -> "Predictions":
        """Read and check what :meth:`write` wrote.

        Raises:
            PredictionsError: the file is missing or not Parquet, or as for the class itself.
        """
        if not Path(path).is_file():
            raise PredictionsError(f"{path}: {absence(path, 'file')}: check the path.")
        try:
            table = pq.read_table(path, partitioning=None)
        except (pa.ArrowException, OSError) as reason:
            what = (
                "is not a Parquet file"
                if isinstance(reason, pa.ArrowInvalid)
                else f"is damaged ({str(reason).rstrip('.')})"
            )
            raise PredictionsError(f"{path}: {what}: write it with Predictions.write.") from None
        classes = (table.schema.metadata or {}).get(CLASSES_KEY)
        if classes is None:
            raise PredictionsError(
                f"{path}: the schema does not say the order of the classes: write it with Predictions.write."
            )
        try:
            names = json.loads(classes)
        except (ValueError, RecursionError):
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise PredictionsError(
                f"{path}: the schema's {CLASSES_KEY.decode()} is no JSON list of names: write it with "
                "Predictions.write."
            )
        try:
            return cls(table, tuple(names))
        except PredictionsError as error:
            raise PredictionsError(f"{path}: {error}") from None

    @property
    def gold(self) -> npt.NDArray[np.object_]:
        """True class of each row, shape (rows,)."""
        return self.values("gold")

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """Probabilities of shape (rows, classes)."""
        return np.stack([self.table[f"p_{name}"].to_numpy() for name in self.classes], axis=1)

    @property
    def predicted(self) -> npt.NDArray[np.object_]:
        """Most probable class of each row, the first of equals, shape (rows,)."""
        return np.array(self.classes, dtype=object)[self.probabilities.argmax(axis=1)]

    @property
    def speakers(self) -> list[str | None]:
        """Speaker of each row as ``corpus/speaker``, None where not known."""
        pairs = zip(self.values("corpus"), self.values("speaker"), strict=True)
        return [None if speaker is None else f"{corpus}/{speaker}" for corpus, speaker in pairs]

    def values(self, name: str) -> npt.NDArray[Any]:
        """Return one column as an array of shape (rows,).

        Args:
            name: the column.
        """
        found = self.table[name]
        if pa.types.is_string(found.type) and name not in _OF_THE_CLIP:
            # One string for all rows that share it, in place of one each.
            found = found.combine_chunks().dictionary_encode()
            names = np.array([*found.dictionary.to_pylist(), None], dtype=object)
            return np.asarray(names[found.indices.fill_null(len(names) - 1).to_numpy()])
        return np.asarray(found.to_numpy())

    def as_fold(self, system: str, fold: int) -> "Predictions":
        """Return the same predictions as those of one fold of a named system, to be put beside others.

        Args:
            system: the system.
            fold: number of the fold.
        """
        return self._with(system=system, fold=fold)

    def as_draw(self, draw: int) -> "Predictions":
        """Return the same predictions as those of another draw, to be put beside others.

        Args:
            draw: number of the draw.
        """
        return self._with(draw=draw)

    def over(self, classes: Sequence[str]) -> "Predictions":
        """Return the same predictions in a wider label space, whose further classes were never answered.

        Args:
            classes: class names in their new order, the table's own among them.
        """
        table = self.table
        for name in classes:
            if name not in self.classes:
                table = table.append_column(f"p_{name}", pa.array(np.zeros(table.num_rows)))
        return Predictions(table, tuple(classes))

    def of_system(self, name: str) -> "Predictions":
        """Return the rows of one system.

        Args:
            name: the system.

        Raises:
            PredictionsError: there is no such system.
        """
        systems = self.values("system")
        if name not in systems:
            known = ", ".join(dict.fromkeys(systems))
            raise PredictionsError(f"system '{name}' is unknown: choose one of {known}.")
        return Predictions(self.table.filter(pa.array(systems == name)), self.classes)

    def of_draw(self, draw: int) -> "Predictions":
        """Return the rows of one draw.

        Args:
            draw: number of the draw, one that the table has.
        """
        return Predictions(self.table.filter(pa.array(self.values("draw") == draw)), self.classes)

    def _with(self, **constants: Any) -> "Predictions":
        """Return the table with one value in all rows of some columns."""
        table = self.table
        for name, value in constants.items():
            values = pa.array([value] * table.num_rows, COLUMNS[name])
            table = table.set_column(table.column_names.index(name), name, values)
        return Predictions(table, self.classes)


def _require_ids(wanted: Mapping[str, Any], found: Mapping[str, Any], sentence: str) -> None:
    missing = sorted(id_ for id_ in wanted if id_ not in found)
    if missing:
        counted = sentence.format(len(missing), len(wanted), examples(missing))
        raise PredictionsError(f"{counted}: join by id, with the same clips on both sides.")


def _stacked(
    probabilities: Mapping[str, Sequence[float] | npt.NDArray[Any]], ids: Sequence[str], classes: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Return the probabilities of the clips, shape (clips, classes)."""
    wrong = [id_ for id_ in ids if len(probabilities[id_]) != len(classes)]
    if wrong:
        raise PredictionsError(
            f"probabilities of {examples(wrong)}: shape {np.shape(probabilities[wrong[0]])} found, expected "
            f"({len(classes)},), one for each of {', '.join(classes)}: predict again with these classes."
        )
    flat = chain.from_iterable(probabilities[id_] for id_ in ids)
    return np.fromiter(flat, dtype=np.float64, count=len(ids) * len(classes)).reshape(len(ids), len(classes))
