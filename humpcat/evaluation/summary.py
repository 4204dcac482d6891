"""From a predictions table alone to the result table."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from humpcat.errors import SettingsError
from humpcat.evaluation.intervals import speaker_bootstraps
from humpcat.evaluation.metrics import SCORE_FUNCTIONS, Names, Scores, scores
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.table import Figure, Summary, SystemScores, count
from humpcat.protocols.guarantee import Guarantee, side_by_side


def chance_scores(gold: Names, classes: Sequence[str], adaptation: Names | None = None) -> Scores:
    """Score whoever always answers the majority class.

    Args:
        gold: true class of each test clip.
        classes: all class names; of equally frequent ones the first is the majority.
        adaptation: true class of each adaptation clip, whose majority is answered; the test's own if None, which
            is the best that a constant answer can do.

    Raises:
        SettingsError: a name is not among the classes, or there is no clip.

    Example:
        >>> chance_scores(["a", "a", "b", "c"], ["a", "b", "c", "d"]).wa
        0.5
    """
    counts = Counter(gold if adaptation is None else adaptation)
    majority = max(classes, key=lambda name: counts[name])
    return scores(gold, [majority] * len(gold), classes)


def summarise(
    predictions: Predictions,
    *,
    adaptation: Mapping[int, Sequence[str]] | None = None,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Summary:
    """Compute the result table.

    Args:
        predictions: predictions of all systems and draws.
        adaptation: true classes of the adaptation clips by draw, for the chance row; without it the chance row
            answers the test's own majority class.
        seed: seed of the resampling.
        resamples: number of resamples of the intervals.
        level: probability that the intervals aim at.

    Raises:
        SettingsError: resamples or level are out of range, or a draw has no adaptation classes.

    Example:
        >>> rows = [{"id": i, "corpus": "toy", "language": "de", "speaker": i, "gender": None, "duration": 1.0}
        ...     for i in "abcd"]
        >>> gold = {"a": "happy", "b": "sad", "c": "happy", "d": "sad"}
        >>> made = Predictions.build(rows, gold, {i: [0.3, 0.7] for i in "abcd"}, ["happy", "sad"],
        ...     system="zero-shot", draw=0, model_hash="0", guarantee="speaker-disjoint")
        >>> str(summarise(made).systems[1].figures["wa"])
        '50.0 [2.5, 97.5]'
    """
    names = list(dict.fromkeys(predictions.values("system")))
    parts = {name: predictions.of_system(name) for name in names}
    guarantees = {name: Guarantee.together(part.values("guarantee")) for name, part in parts.items()}
    systems = [_chance(predictions, adaptation)]
    for name, part in parts.items():
        systems.append(SystemScores(name, str(guarantees[name]), _figures(part, seed, resamples, level)))
    speakers = {speaker for speaker in predictions.speakers if speaker is not None}
    return Summary(
        # Where self-training was not believed a note says: one guarantee of all systems is read, two are not.
        guarantee=side_by_side([(name, str(one.of_the_splits)) for name, one in guarantees.items()]),
        speakers=len(speakers),
        clips=len(set(predictions.values("id"))),
        draws=len(set(predictions.values("draw"))),
        folds=len(set(predictions.values("fold"))),
        classes=predictions.classes,
        level=level,
        resamples=resamples,
        systems=tuple(systems),
        notes=tuple(_notes(predictions, parts, len(speakers), adaptation is not None, level, resamples)),
    )


def _figures(part: Predictions, seed: int, resamples: int, level: float) -> dict[str, Figure]:
    gold, predicted, draws = part.gold, part.predicted, part.values("draw")
    # Folds are parts of one test, which is scored as a whole; draws are tests of their own.
    parts = draws if len(set(draws)) > 1 else part.values("fold")
    by_part = [scores(gold[parts == one], predicted[parts == one], part.classes) for one in np.unique(parts)]
    intervals = speaker_bootstraps(
        gold,
        predicted,
        part.speakers,
        classes=part.classes,
        draws=draws.tolist(),
        ids=part.values("id").tolist(),
        seed=seed,
        resamples=resamples,
        level=level,
    )
    figures = {}
    for name, interval in intervals.items():
        low, high = (None, None) if math.isnan(interval.low) else (interval.low, interval.high)
        figures[name] = Figure(interval.estimate, _sd([getattr(score, name) for score in by_part]), low, high)
    return figures


def _chance(predictions: Predictions, adaptation: Mapping[int, Sequence[str]] | None) -> SystemScores:
    # Each clip once a draw, however many systems predicted it.
    keys = zip(predictions.values("draw").tolist(), predictions.values("id"), strict=True)
    gold = dict(zip(keys, predictions.gold, strict=True))
    by_draw = []
    for draw in sorted({draw for draw, _ in gold}):
        own = [label for (other, _), label in gold.items() if other == draw]
        if adaptation is not None and draw not in adaptation:
            raise SettingsError(
                f"adaptation: draw {draw} is missing (found {', '.join(map(str, sorted(adaptation))) or 'none'}): "
                "give the classes of the adaptation clips of every draw."
            )
        by_draw.append(chance_scores(own, predictions.classes, None if adaptation is None else adaptation[draw]))
    figures = {}
    for name in SCORE_FUNCTIONS:
        values = [getattr(score, name) for score in by_draw]
        figures[name] = Figure(float(np.mean(values)), _sd(values))
    return SystemScores("chance", "", figures)


def _notes(
    predictions: Predictions,
    parts: Mapping[str, Predictions],
    n_speakers: int,
    adaptation_known: bool,
    level: float,
    resamples: int,
) -> Iterator[str]:
    several = len(set(predictions.values("draw"))) > 1
    if several:
        what = "Mean ± standard deviation over draws; in"
    elif len(set(predictions.values("fold"))) > 1:
        what = "All folds together ± standard deviation over folds; in"
    else:
        what = "In"
    n_unknown = sum(speaker is None for speaker in predictions.speakers)
    unit = "clips" if not n_speakers else "speakers" if not n_unknown else "speakers, and clips of unknown speakers"
    yield (f"{what} brackets the {100 * level:g} % interval that resamples {unit} ({resamples} resamples).")
    yield f"Chance always answers the majority class of {'adaptation' if adaptation_known else 'the test itself'}."
    if n_unknown:
        yield (
            f"The speaker of {n_unknown} of {predictions.table.num_rows} predictions is not known: the intervals take "
            "those clips for independent and are too narrow."
        )
    elif n_speakers == 1:
        yield "There is one test speaker: no interval can be given."
    elif n_speakers < 5:
        yield f"The intervals rest on {n_speakers} speakers only and are rough."
    draws, gold = predictions.values("draw"), predictions.gold
    absent = [
        name for name in predictions.classes if any(name not in set(gold[draws == draw]) for draw in np.unique(draws))
    ]
    if absent:
        yield (
            f"No test clip{' of some draw' if several else ''} is labelled {', '.join(absent)}: UAR and macro-F1 are "
            "means over the other classes there."
        )
    elif not several and any(_lacks_a_class(part) for part in parts.values()):
        yield "Some folds hold clips of some classes only: ± is over what each fold's UAR and macro-F1 are means of."
    doubts = [_doubted(name, part) for name, part in parts.items() if _is_doubted(part).any()]
    if doubts:
        yield (
            f"Self-training was not believed ({'; '.join(doubts)}): soft labels of the clips without labels came to "
            "follow something that is not the emotion, such as the voices, or labelled speakers who were left out "
            "were answered better without. These clips are not learnt from there: label more clips, or take a source "
            "of more like recordings."
        )
    first, *others = parts
    for name in others:
        if _keys(parts[name]) != _keys(parts[first]):
            yield f"'{name}' was tested on other clips or draws than '{first}': the two are not comparable."


def _is_doubted(part: Predictions) -> npt.NDArray[np.bool_]:
    """Return whether each answer is of a model whose self-training was not believed."""
    guarantees = part.values("guarantee")
    doubted = {text for text in set(guarantees) if Guarantee.parse(text).doubted}
    return np.array([text in doubted for text in guarantees], dtype=bool)


def _doubted(system: str, part: Predictions) -> str:
    """Say in how many draws, or folds of one draw, self-training of a system was not believed."""
    folds = len(set(part.values("draw"))) == 1 and len(set(part.values("fold"))) > 1
    what = "fold" if folds else "draw"
    of = part.values(what)
    return f"{system}: {len(set(of[_is_doubted(part)]))} of {count(len(set(of)), what)}"


def _lacks_a_class(part: Predictions) -> bool:
    """Say whether a class that the test has is absent from one of its folds."""
    gold, folds = part.gold, part.values("fold")
    return any(len(set(gold[folds == fold])) < len(set(gold)) for fold in np.unique(folds))


def _keys(part: Predictions) -> set[tuple[int, str]]:
    return set(zip(part.values("draw").tolist(), part.values("id").tolist(), strict=True))


def _sd(values: Sequence[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None
