"""Two predictions tables joined by clip and draw."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from humpcat.errors import SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols.guarantee import Guarantee, side_by_side
from humpcat.protocols.rows import examples


@dataclass(frozen=True)
class Pair:
    """What two systems answered to the same clips in the same draws.

    Attributes:
        names: names of the two systems.
        classes: class names, in the order of the first.
        gold: true class of each prediction, shape (predictions,).
        predicted: for each of the two systems the predicted class of each prediction.
        speakers: speaker of each prediction, None where neither table knows.
        draws: draw of each prediction.
        ids: id of the clip of each prediction.
        guarantee: guarantee of the splits; if the two differ, each is named.
        dependent: names of the systems that are SPEAKER-DEPENDENT.
        notes: what was left out.
    """

    names: tuple[str, str]
    classes: tuple[str, ...]
    gold: npt.NDArray[np.object_]
    predicted: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]
    speakers: list[str | None]
    draws: list[int]
    ids: list[str]
    guarantee: str
    dependent: tuple[str, ...]
    notes: tuple[str, ...]


def only_system(predictions: Predictions) -> str:
    """Return the name of the only system.

    Args:
        predictions: a predictions table.

    Raises:
        SettingsError: there are several.
    """
    systems = list(dict.fromkeys(predictions.values("system")))
    if len(systems) > 1:
        raise SettingsError(
            f"systems {', '.join(systems)} found, expected one on each side: choose with Predictions.of_system."
        )
    return str(systems[0])


def pair(first: Predictions, second: Predictions, names: tuple[str, str] | None = None) -> Pair:
    """Join two systems by id and draw; what only one of them has is left out and said.

    Args:
        first: predictions of one system.
        second: predictions of the other, of the same classes in any order.
        names: names of the two in what is printed; their systems' names if None.

    Raises:
        SettingsError: a table holds several systems, the classes differ, nothing is common, or a common clip has
            two gold classes or two speakers.

    Example:
        >>> rows = [{"id": i, "corpus": "toy", "language": "de", "speaker": i, "gender": None, "duration": 1.0}
        ...     for i in "ab"]
        >>> def made(ids):
        ...     return Predictions.build(rows, {i: "sad" for i in ids}, {i: [0.3, 0.7] for i in ids},
        ...         ["happy", "sad"], system="zero-shot", draw=0, model_hash="0", guarantee="speaker-disjoint")
        >>> found = pair(made("ab"), made("b"), ("A", "B"))
        >>> found.ids, found.notes
        (['b'], ('1 of 2 predictions of A have no counterpart in B and are left out.',))
    """
    systems = only_system(first), only_system(second)
    names = names or systems
    if set(first.classes) != set(second.classes):
        raise SettingsError(
            f"{names[0]} has the classes {', '.join(first.classes)}, {names[1]} has {', '.join(second.classes)}: "
            "compare systems of one label space."
        )
    mine, other = _common(first, second)
    if not len(mine):
        raise SettingsError(
            f"{names[0]} and {names[1]} have no clip of the same draw in common ({_keys(first)} beside "
            f"{_keys(second)}): compare systems that were tested on the same split."
        )
    notes = tuple(
        f"{table.table.num_rows - len(mine)} of {table.table.num_rows} predictions of {name} have no counterpart in "
        f"{rival} and are left out."
        for table, name, rival in ((first, *names), (second, *names[::-1]))
        if table.table.num_rows > len(mine)
    )
    ids = first.values("id")[mine]
    gold = first.gold[mine]
    torn = gold != second.gold[other]
    if torn.any():
        raise SettingsError(
            f"gold classes of {names[0]} and {names[1]} differ in {len(set(ids[torn]))} clips "
            f"({examples(sorted(set(ids[torn])))}): compare systems that were tested on one labelling."
        )
    all_speakers = first.speakers, second.speakers
    speakers = [all_speakers[0][i] or all_speakers[1][j] for i, j in zip(mine, other, strict=True)]
    apart = [
        id_ for id_, speaker, j in zip(ids, speakers, other, strict=True) if speaker != (all_speakers[1][j] or speaker)
    ]
    if apart:
        found = sorted(set(apart))
        raise SettingsError(
            f"speakers of {names[0]} and {names[1]} differ in {len(found)} clips ({examples(found)}): compare tables "
            "made from one manifest."
        )
    guarantees = [Guarantee.together(table.values("guarantee")) for table in (first, second)]
    return Pair(
        names,
        first.classes,
        gold,
        (first.predicted[mine], second.predicted[other]),
        speakers,
        first.values("draw")[mine].tolist(),
        ids.tolist(),
        # One name for both (the same run twice) is no reason to lose a guarantee.
        side_by_side([(name, str(guarantee)) for name, guarantee in zip(names, guarantees, strict=True)]),
        tuple(name for name, guarantee in zip(names, guarantees, strict=True) if guarantee.speaker_dependent),
        notes,
    )


def _common(first: Predictions, second: Predictions) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the rows of both tables that have the same id and draw, in the first table's order."""
    sides = [
        part.table.select(["id", "draw"]).append_column(name, pa.array(np.arange(part.table.num_rows)))
        for part, name in ((first, "mine"), (second, "other"))
    ]
    joined = sides[0].join(sides[1], ["id", "draw"], join_type="inner").sort_by("mine")
    return joined["mine"].to_numpy(), joined["other"].to_numpy()


def _keys(part: Predictions) -> str:
    draws = sorted(set(part.values("draw").tolist()))
    ids = sorted(set(part.values("id").tolist()))
    return f"draws {examples([str(draw) for draw in draws])} of {examples(ids)}"
