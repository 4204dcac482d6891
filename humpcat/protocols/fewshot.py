"""Target protocols: a few speakers, a share of the clips, or k clips a class adapt; the rest tests."""

from collections.abc import Mapping, Sequence

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.base import Protocol
from humpcat.protocols.draws import draw_pool, generator, require_share, shuffled_by_class, spare_clips
from humpcat.protocols.notes import balance_notes
from humpcat.protocols.rows import ClipRow, Rows, clips
from humpcat.protocols.sentences import SENTENCE_DISJOINT, keep_apart
from humpcat.protocols.split import SPEAKER_DEPENDENT, Split

SPEAKERS_UNKNOWN = f"{SPEAKER_DEPENDENT}: who speaks is not known"
"""Guarantee of a split of clips none of which has a speaker."""

_MEND = "use clip_share_split, which stamps its numbers SPEAKER-DEPENDENT"


def speaker_share_split(
    rows: Rows,
    classes: Mapping[str, str],
    *,
    share: float = 0.2,
    seed: int = 0,
    valid_share: float = 0.2,
    sentence_disjoint: bool = False,
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
        sentence_disjoint: leave out clips until no test clip says a sentence that adaptation or validation says.

    Raises:
        ProtocolError: a speaker is not known, there are fewer than two, a share is out of range, no speaker is
            left to test on, or the sentences cannot be kept apart.

    Example:
        >>> rows = [{"id": f"toy/{i:02}", "corpus": "toy", "speaker": f"s{i % 5}"} for i in range(40)]
        >>> split = speaker_share_split(rows, {row["id"]: "anger" for row in rows})
        >>> len(split.adapt), len(split.valid), len(split.test)
        (6, 2, 32)
    """
    require_share("valid_share", valid_share, lowest=0)
    protocol = _named(f"speaker-share={share:g} valid={valid_share:g}", sentence_disjoint)
    rng = generator(seed)
    found = clips(rows, classes)
    pool, test, notes = _pool_and_test(found, share, rng, protocol, sentence_disjoint)
    adapt, valid = spare_clips(pool, classes, valid_share, rng)
    parts = {"adapt": adapt, "valid": valid, "test": [clip.id for clip in test]}
    return Split(
        name=protocol,
        seed=seed,
        guarantee=_speaker_disjoint(valid, sentence_disjoint),
        notes=(*notes, *balance_notes(found, classes, parts)),
        **{part: tuple(ids) for part, ids in parts.items()},
    )


def shots_split(
    rows: Rows,
    classes: Mapping[str, str],
    k: int,
    *,
    seed: int = 0,
    share: float = 0.2,
    valid_shots: int = 0,
    sentence_disjoint: bool = False,
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
        sentence_disjoint: as for :func:`speaker_share_split`; the clips are of the sentences that do not test.

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
    protocol = _named(f"shots={k} valid-shots={valid_shots} speaker-share={share:g}", sentence_disjoint)
    rng = generator(seed)
    found = clips(rows, classes)
    pool, test, notes = _pool_and_test(found, share, rng, protocol, sentence_disjoint)
    drawn = shuffled_by_class(pool, classes, rng)
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
    adapt = [id_ for ids in drawn.values() for id_ in ids[:k]]
    parts = {"adapt": adapt, "valid": valid, "test": [clip.id for clip in test]}
    return Split(
        name=protocol,
        seed=seed,
        guarantee=_speaker_disjoint(valid, sentence_disjoint),
        notes=(*notes, *balance_notes(found, classes, parts)),
        **{part: tuple(ids) for part, ids in parts.items()},
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
    Where no speaker is known at all, the guarantee says that instead.

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
    require_share("share", share)
    require_share("valid_share", valid_share, lowest=0)
    rng = generator(seed)
    found = clips(rows, classes)
    adapt: list[str] = []
    valid: list[str] = []
    test: list[str] = []
    for ids in shuffled_by_class(found, classes, rng).values():
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
        guarantee=speaker_dependent(found, "adaptation"),
        adapt=tuple(adapt),
        valid=tuple(valid),
        test=tuple(test),
    )


def speaker_dependent(found: Sequence[ClipRow], learner: str) -> str:
    """Return the guarantee of a split by clips.

    Args:
        found: all clips.
        learner: "adaptation" or "training".
    """
    if all(clip.speaker is None for clip in found):
        return SPEAKERS_UNKNOWN
    return f"{SPEAKER_DEPENDENT}: test and validation may share speakers with {learner}"


def _pool_and_test(
    found: Sequence[ClipRow], share: float, rng: np.random.Generator, protocol: str, sentence_disjoint: bool
) -> tuple[list[ClipRow], list[ClipRow], list[str]]:
    """Return the clips of the speakers drawn to adapt, those of all others, and notes."""
    pool, test = draw_pool(found, share, rng, protocol, _MEND)
    if not sentence_disjoint:
        return pool, test, []
    pool, test, note = keep_apart(pool, test, rng, protocol)
    return pool, test, [note]


def _named(protocol: str, sentence_disjoint: bool) -> str:
    return f"{protocol} {SENTENCE_DISJOINT}" if sentence_disjoint else protocol


def _speaker_disjoint(valid: Sequence[str], sentence_disjoint: bool) -> str:
    shared = "validation shares speakers with adaptation" if valid else "no validation"
    return f"speaker-disjoint{f' and {SENTENCE_DISJOINT}' if sentence_disjoint else ''} test; {shared}"


EXPORT = (
    Protocol("speaker-share", speaker_share_split),
    Protocol("shots", shots_split),
    Protocol("clip-share", clip_share_split),
)
