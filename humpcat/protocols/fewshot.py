"""Target protocols: a few speakers, a share of the clips, or k clips a class adapt; the rest tests."""

from collections.abc import Mapping, Sequence

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.rows import Clip, Rows, clips, require_speakers
from humpcat.protocols.split import SPEAKER_DEPENDENT, Split


def speaker_share_split(
    rows: Rows,
    classes: Mapping[str, str],
    *,
    share: float = 0.2,
    seed: int = 0,
    valid_share: float = 0.2,
) -> Split:
    """Adapt on a share of the speakers and test on all others.

    Speakers are balanced by gender as far as genders are known and there are speakers of each. Validation takes
    clips, not speakers, of those who adapt: with two speakers, none can be spared.

    Args:
        rows: rows of the target corpus; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        share: share of the speakers that adapt; at least one does.
        seed: the draw.
        valid_share: share of the adaptation clips of each class that validate.

    Raises:
        ProtocolError: a speaker is not known, there are fewer than two, a share is out of range, or no speaker is
            left to test on.

    Example:
        >>> rows = [{"id": f"toy/{i:02}", "corpus": "toy", "speaker": f"s{i % 5}"} for i in range(40)]
        >>> split = speaker_share_split(rows, {row["id"]: "anger" for row in rows})
        >>> len(split.adapt), len(split.valid), len(split.test)
        (6, 2, 32)
    """
    protocol = f"speaker-share={share:g} valid={valid_share:g}"
    _require_share("valid_share", valid_share, lowest=0)
    rng = np.random.default_rng(seed)
    pool, test = _pool_and_test(rows, classes, share, rng, protocol)
    adapt: list[str] = []
    valid: list[str] = []
    for ids in _shuffled_by_class(pool, classes, rng).values():
        n_valid = min(round(valid_share * len(ids)), len(ids) - 1) if ids else 0
        valid += ids[:n_valid]
        adapt += ids[n_valid:]
    return Split(
        name=protocol,
        seed=seed,
        guarantee=_speaker_disjoint(valid),
        adapt=tuple(adapt),
        valid=tuple(valid),
        test=tuple(clip.id for clip in test),
    )


def shots_split(
    rows: Rows,
    classes: Mapping[str, str],
    k: int,
    *,
    seed: int = 0,
    share: float = 0.2,
    valid_shots: int = 0,
) -> Split:
    """Adapt on exactly k clips a class; test on the same clips whatever k is.

    The clips come from the speakers who adapt in :func:`speaker_share_split` of the same seed and share, so that
    its test set and those of every k are one, and the clips of a smaller k are among those of a larger one.

    Args:
        rows: rows of the target corpus; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        k: clips a class.
        seed: the draw.
        share: share of the speakers that the clips may come from; at least one does.
        valid_shots: further clips a class that validate, the same ones for every k.

    Raises:
        ProtocolError: as for :func:`speaker_share_split`, or a class has fewer clips than asked for.

    Example:
        >>> rows = [{"id": f"toy/{i:02}", "corpus": "toy", "speaker": f"s{i % 5}"} for i in range(40)]
        >>> classes = {row["id"]: "anger" if int(row["id"][4:]) < 20 else "neutral" for row in rows}
        >>> one, two = (shots_split(rows, classes, k) for k in (1, 2))
        >>> len(one.adapt), len(two.adapt), set(one.adapt) < set(two.adapt), one.test == two.test
        (2, 4, True, True)
    """
    if k < 1 or valid_shots < 0:
        raise ProtocolError(
            f"shots_split: k={k} and valid_shots={valid_shots} found, expected k of 1 or more and valid_shots of 0 or "
            "more: ask for such numbers."
        )
    protocol = f"shots={k} valid-shots={valid_shots} speaker-share={share:g}"
    rng = np.random.default_rng(seed)
    pool, test = _pool_and_test(rows, classes, share, rng, protocol)
    drawn = _shuffled_by_class(pool, classes, rng)
    lacking = [f"{name} {len(ids)}" for name, ids in drawn.items() if len(ids) < k + valid_shots]
    if lacking:
        speakers = sorted({str(clip.speaker) for clip in pool})
        raise ProtocolError(
            f"shots_split: {k + valid_shots} clips a class were asked for (k={k}, valid_shots={valid_shots}), but the "
            f"adaptation speakers ({', '.join(speakers)}) have only: {', '.join(lacking)}; lower k, raise share or "
            "choose another seed."
        )
    # Validation takes the far end of each class, so that it neither moves with k nor meets a larger k.
    valid = [id_ for ids in drawn.values() for id_ in ids[len(ids) - valid_shots :]]
    return Split(
        name=protocol,
        seed=seed,
        guarantee=_speaker_disjoint(valid),
        adapt=tuple(id_ for ids in drawn.values() for id_ in ids[:k]),
        valid=tuple(valid),
        test=tuple(clip.id for clip in test),
    )


def clip_share_split(
    rows: Rows,
    classes: Mapping[str, str],
    *,
    share: float = 0.2,
    seed: int = 0,
    valid_share: float = 0.2,
) -> Split:
    """Adapt on a share of the clips of each class, whoever speaks them; stamped SPEAKER-DEPENDENT.

    The protocol of many papers, for comparison with them: the test has speakers that adapted, which flatters.

    Args:
        rows: rows of the target corpus; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        share: share of the clips of each class that adapt or validate; at least one clip does.
        seed: the draw.
        valid_share: share of those that validate.

    Raises:
        ProtocolError: a share is out of range, or no clip is left to test on.

    Example:
        >>> rows = [{"id": f"toy/{i:02}", "corpus": "toy", "speaker": None} for i in range(40)]
        >>> split = clip_share_split(rows, {row["id"]: "anger" for row in rows})
        >>> len(split.adapt), len(split.valid), len(split.test), split.speaker_dependent
        (6, 2, 32, True)
    """
    protocol = f"clip-share={share:g} valid={valid_share:g}"
    _require_share("share", share)
    _require_share("valid_share", valid_share, lowest=0)
    rng = np.random.default_rng(seed)
    adapt: list[str] = []
    valid: list[str] = []
    test: list[str] = []
    for ids in _shuffled_by_class(clips(rows, classes), classes, rng).values():
        n_drawn = max(1, round(share * len(ids)))
        n_valid = min(round(valid_share * n_drawn), n_drawn - 1)
        valid += ids[:n_valid]
        adapt += ids[n_valid:n_drawn]
        test += ids[n_drawn:]
    if not test:
        raise ProtocolError(
            f"{protocol}: {len(classes)} clips leave none to test on, expected two or more in a class: "
            "add clips or lower share."
        )
    return Split(
        name=protocol,
        seed=seed,
        guarantee=f"{SPEAKER_DEPENDENT}: test and validation may share speakers with adaptation",
        adapt=tuple(adapt),
        valid=tuple(valid),
        test=tuple(test),
    )


def _pool_and_test(
    rows: Rows, classes: Mapping[str, str], share: float, rng: np.random.Generator, protocol: str
) -> tuple[list[Clip], list[Clip]]:
    """Return the clips of the speakers drawn to adapt, and those of all others."""
    _require_share("share", share)
    found = clips(rows, classes)
    require_speakers(
        found, protocol, "fill the speaker column, or use clip_share_split, which stamps its numbers SPEAKER-DEPENDENT"
    )
    genders = {str(clip.speaker): clip.gender for clip in found}
    if len(genders) < 2:
        raise ProtocolError(
            f"{protocol}: speakers with clips of these classes: {len(genders)} found, expected at least 2 (one to "
            "adapt, one to test): add speakers, or use clip_share_split, which stamps its numbers SPEAKER-DEPENDENT."
        )
    n_adapt = max(1, round(share * len(genders)))
    if n_adapt >= len(genders):
        raise ProtocolError(
            f"{protocol}: {n_adapt} of {len(genders)} speakers would adapt and none test: lower share."
        )
    chosen = _draw_speakers(genders, n_adapt, rng)
    return [clip for clip in found if clip.speaker in chosen], [clip for clip in found if clip.speaker not in chosen]


def _draw_speakers(genders: Mapping[str, str | None], n: int, rng: np.random.Generator) -> set[str]:
    """Draw n speakers; one whose gender is ahead waits while the other gender still has speakers."""
    names = sorted(genders)
    waiting = [names[index] for index in rng.permutation(len(names))]
    taken: dict[str, int] = {gender: 0 for gender in genders.values() if gender is not None}
    chosen: set[str] = set()
    while len(chosen) < n:
        fewest = min((taken[gender] for name in waiting if (gender := genders[name]) is not None), default=0)
        speaker = next(name for name in waiting if (gender := genders[name]) is None or taken[gender] == fewest)
        gender = genders[speaker]
        if gender is not None:
            taken[gender] += 1
        waiting.remove(speaker)
        chosen.add(speaker)
    return chosen


def _shuffled_by_class(
    pool: Sequence[Clip], classes: Mapping[str, str], rng: np.random.Generator
) -> dict[str, list[str]]:
    """Return the ids of the pool by class in a drawn order; a class without clips has an empty list."""
    by_class: dict[str, list[str]] = {name: [] for name in sorted(set(classes.values()))}
    for clip in pool:
        by_class[classes[clip.id]].append(clip.id)
    return {name: [ids[index] for index in rng.permutation(len(ids))] for name, ids in by_class.items()}


def _speaker_disjoint(valid: Sequence[str]) -> str:
    shared = "validation shares speakers with adaptation" if valid else "no validation"
    return f"speaker-disjoint test; {shared}"


def _require_share(name: str, share: float, lowest: float | None = None) -> None:
    if not (0 < share < 1 or share == lowest):
        bound = "more than 0" if lowest is None else "0 or more"
        raise ProtocolError(f"{name}={share:g} found, expected {bound} and less than 1: choose such a share.")
