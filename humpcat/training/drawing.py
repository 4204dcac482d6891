"""The split of a draw, guarded, and the clips of the target as they come in it."""

from dataclasses import replace

from humpcat.protocols import (
    Split,
    check_split,
    check_unseen,
    clip_share_split,
    shots_split,
    speaker_share_split,
)
from humpcat.protocols.guarantee import standardised_by
from humpcat.protocols.guard import require_usable
from humpcat.protocols.situations import load_tidy
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.data.situated import Pool
from humpcat.training.settings import TargetSettings
from humpcat.training.task import Task


def draw_split(task: Task, draw: int) -> Split:
    """Return the split of one draw, see :func:`in_draw`."""
    return in_draw(task, draw)[1]


def in_draw(task: Task, draw: int, *, labels: bool = True) -> tuple[Task, Split]:
    """Return a task with the target's clips as they come in a draw, and the draw's split.

    The split is read or made, and guarded by who really speaks; what it says of standardisation and of the situation
    goes with every number. In the tidy situation the task is the one that was given.

    Args:
        task: the target; in whatever draw it is, all clips that lie there count.
        draw: number of the draw.
        labels: whether the labels of the clips that adapt are known; without them these clips are like all others.

    Raises:
        ProtocolError: there are too few speakers or clips.
        LeakageError: test material was seen by the source model or stands in the adaptation clips too.
        AudioError: too many clips cannot be used as they were recorded.
    """
    prepared, settings = task.every or task.prepared, task.settings
    rows = list(prepared.rows.values())
    split = load_tidy(settings.splits[draw]) if settings.splits else _drawn(settings, prepared, draw)
    require_usable(split, prepared.classes, prepared.features.bad, "adapt")
    known = split if labels else replace(split, adapt=(), valid=())
    pool = Pool.of(prepared, task.situation.rows(rows, prepared.classes, known))
    if pool.hash and pool.hash not in task.pools:
        task.pools[pool.hash] = pool.prepared(prepared, task.origin.extractors, task.data, task.accelerator)
    lying = task.pools[pool.hash] if pool.hash else prepared
    split = _guarded(task, prepared, task.situation.split(split, list(lying.classes)))
    how = standardised_by(
        settings.normalization,
        aligned=task.aligned,
        self_trained=task.self_training,
        other_classes=task.situation.other_classes,
    )
    split = task.situation.said_of(split)
    here = replace(task, prepared=lying, every=prepared if pool.hash else None, pool=pool.hash)
    return here, split.standardised(how)


def _guarded(task: Task, prepared: PreparedCorpus, split: Split) -> Split:
    """Return the split, stamped if it leaks and may; the clips are those that lie there, as they are."""
    rows, fingerprints = list(prepared.rows.values()), prepared.features.fingerprints
    # A split that says of itself that it is SPEAKER-DEPENDENT stamps its numbers already.
    allowed = task.data.allow_leakage or split.speaker_dependent
    split = check_split(rows, split, fingerprints, allow_leakage=allowed)
    seen = task.origin.seen()
    stamp = check_unseen(seen, rows, split.test, fingerprints, allow_leakage=task.data.allow_leakage)
    if stamp and split.speaker_dependent:
        what = f"by the source: {stamp.partition(': ')[2]}"
        stamp = split.guarantee if what in split.guarantee else f"{split.guarantee}; {what}"
    return split.stamped(stamp) if stamp else split


def _drawn(settings: TargetSettings, prepared: PreparedCorpus, draw: int) -> Split:
    rows, classes = list(prepared.rows.values()), prepared.classes
    anonymous = all(row["speaker"] is None for row in rows)
    if settings.protocol == "clips" or (settings.protocol == "speakers" and anonymous):
        return clip_share_split(rows, classes, share=settings.share, seed=draw)
    if settings.protocol == "speakers":
        return speaker_share_split(rows, classes, share=settings.share, seed=draw)
    return shots_split(rows, classes, settings.shots, seed=draw, share=settings.share)
