"""Folds: every clip tests once, by speaker, session or corpus left out, by k groups of speakers, or by clip."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.base import Protocol
from humpcat.protocols.draws import (
    corpora_of,
    genders_of,
    generator,
    require_share,
    sessions_of,
    shuffled_by_class,
    spare_clips,
    spare_groups,
    speakers_of,
)
from humpcat.protocols.fewshot import speaker_dependent
from humpcat.protocols.notes import balance_notes
from humpcat.protocols.rows import ClipRow, Rows, clips, require_speakers
from humpcat.protocols.sentences import SENTENCE_DISJOINT, keep_apart
from humpcat.protocols.split import Split

_Rooms = Mapping[str, Callable[[Sequence[ClipRow]], list[list[ClipRow]]]]
_SPEAKERS: _Rooms = {"speakers": speakers_of}
_SESSIONS: _Rooms = {"sessions": sessions_of}
# One corpus that is left to train on still has sessions to spare.
_ROOMS: Mapping[str, _Rooms] = {
    "speaker": _SPEAKERS,
    "session": _SESSIONS,
    "corpus": {"corpora": corpora_of, **_SESSIONS},
}
_MEND = "fill the speaker column, or use clip_folds, which stamps its numbers SPEAKER-DEPENDENT"


def leave_one_out(
    rows: Rows,
    classes: Mapping[str, str],
    by: Literal["speaker", "session", "corpus"] = "speaker",
    *,
    seed: int = 0,
    valid_share: float = 0.1,
    sentence_disjoint: bool = False,
) -> list[Split]:
    """Make one fold for each speaker, session or corpus, which tests what all others trained.

    Validation takes other whole speakers, sessions or corpora of those that train; where only one is left, clips
    of each class, and the guarantee says so. Sessions that share a speaker are left out together.

    Args:
        rows: rows of one or several corpora; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        by: what is left out.
        seed: the draw of validation.
        valid_share: share of the speakers, sessions or corpora left to train that validate; 0 for no validation.
        sentence_disjoint: leave out clips until no test clip says a sentence that training or validation says; the
            folds then no longer test every clip.

    Returns:
        The folds in the order of their first clips.

    Raises:
        ProtocolError: there are fewer than two to leave out, ``by`` or the share is out of range, a speaker is not
            known (other than by corpus), or the sentences cannot be kept apart.

    Example:
        >>> rows = [{"id": f"toy/{i}", "corpus": "toy", "speaker": f"s{i % 4}"} for i in range(8)]
        >>> folds = leave_one_out(rows, {row["id"]: "anger" for row in rows})
        >>> len(folds), folds[0].name, folds[0].test
        (4, 'leave-one-speaker-out valid=0.1 fold=1', ('toy/0', 'toy/4'))
        >>> folds[0].guarantee
        'speaker-disjoint test; validation takes whole speakers'
    """
    if by not in _ROOMS:
        raise ProtocolError(f"leave_one_out: by='{by}' found, expected one of {', '.join(_ROOMS)}: choose one.")
    found = clips(rows, classes)
    protocol = f"leave-one-{by}-out valid={valid_share:g}"
    if by != "corpus":
        require_speakers(found, protocol, _MEND)
    groups = next(iter(_ROOMS[by].values()))(found)
    _require_groups(groups, 2, protocol, f"{'corpora' if by == 'corpus' else f'{by}s'} with clips")
    return _group_folds(found, classes, groups, protocol, seed, valid_share, sentence_disjoint, _ROOMS[by], by)


def speaker_folds(
    rows: Rows,
    classes: Mapping[str, str],
    k: int = 5,
    *,
    seed: int = 0,
    valid_share: float = 0.1,
    sentence_disjoint: bool = False,
) -> list[Split]:
    """Make k folds of whole speakers, each of which tests what the others trained.

    Sessions that share speakers, and speakers that share a session, stay together. They are taken in a drawn
    order, those of most speakers first, and each goes to the fold that has fewest speakers of its gender, then fewest
    speakers, then fewest clips of its classes. scikit-learn's ``StratifiedGroupKFold`` does not serve: it knows no
    gender, and compares floating-point sums, so that ties are broken by the machine's rounding.

    Args:
        rows: rows of one or several corpora; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        k: folds.
        seed: the draw of folds and validation.
        valid_share: share of the groups left to train that validate, at least one; 0 for no validation.
        sentence_disjoint: leave out clips until no test clip says a sentence that training or validation says; the
            folds then no longer test every clip.

    Returns:
        The folds; ``notes`` say where they are not balanced.

    Raises:
        ProtocolError: a speaker is not known, there are fewer groups than folds, k is less than 2, the share is
            out of range, or the sentences cannot be kept apart.

    Example:
        >>> rows = [{"id": f"toy/{i:02}", "corpus": "toy", "speaker": f"s{i % 10}"} for i in range(40)]
        >>> folds = speaker_folds(rows, {row["id"]: "anger" for row in rows})
        >>> [len(fold.test) for fold in folds], folds[1].name
        ([8, 8, 8, 8, 8], 'speaker-folds=5 valid=0.1 fold=2')
    """
    found = clips(rows, classes)
    protocol = f"speaker-folds={k} valid={valid_share:g}"
    _require_folds(k, protocol)
    require_speakers(found, protocol, _MEND)
    groups = sessions_of(found)
    _require_groups(groups, k, protocol, "speakers, or sessions that share some")
    folds = _balanced(groups, classes, k, generator(seed))
    return _group_folds(found, classes, folds, protocol, seed, valid_share, sentence_disjoint, _SESSIONS, "speaker")


def clip_folds(
    rows: Rows, classes: Mapping[str, str], k: int = 5, *, seed: int = 0, valid_share: float = 0.1
) -> list[Split]:
    """Make k folds of clips with equal shares of each class, whoever speaks them; stamped SPEAKER-DEPENDENT.

    The protocol of VACNN + BOVW (Sensors 2020, 20, 5559) and of many papers, for comparison with them: with k=5 each
    fold tests 20 % of the clips. The clips of each class are dealt in a drawn order.

    Args:
        rows: rows of one or several corpora; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        k: folds.
        seed: the draw of folds and validation.
        valid_share: share of the training clips of each class that validate.

    Returns:
        The folds; where no speaker is known at all, the guarantee says that.

    Raises:
        ProtocolError: there are fewer clips than folds, k is less than 2, or the share is out of range.

    Example:
        >>> rows = [{"id": f"toy/{i:02}", "corpus": "toy", "speaker": None} for i in range(40)]
        >>> fold = clip_folds(rows, {row["id"]: "anger" for row in rows})[0]
        >>> len(fold.train), len(fold.valid), len(fold.test), fold.guarantee
        (29, 3, 8, 'SPEAKER-DEPENDENT: who speaks is not known')
    """
    found = clips(rows, classes)
    protocol = f"clip-folds={k} valid={valid_share:g}"
    _require_folds(k, protocol)
    require_share("valid_share", valid_share, lowest=0)
    _require_groups(found, k, protocol, "clips")
    drawn = shuffled_by_class(found, classes, generator(seed))
    # One class is dealt on where the one before stopped, so that the folds differ by one clip at most.
    fold_of = {id_: number % k for number, id_ in enumerate(id_ for ids in drawn.values() for id_ in ids)}
    folds = []
    for fold in range(k):
        rest = [clip for clip in found if fold_of[clip.id] != fold]
        train, valid = spare_clips(rest, classes, valid_share, generator(seed, fold))
        parts = {"train": train, "valid": valid, "test": [id_ for id_ in fold_of if fold_of[id_] == fold]}
        folds.append(
            Split(
                name=f"{protocol} fold={fold + 1}",
                seed=seed,
                guarantee=speaker_dependent(found, "training"),
                notes=balance_notes(found, classes, parts),
                **{part: tuple(ids) for part, ids in parts.items()},
            )
        )
    return folds


def _group_folds(
    found: Sequence[ClipRow],
    classes: Mapping[str, str],
    groups: Sequence[Sequence[ClipRow]],
    protocol: str,
    seed: int,
    valid_share: float,
    sentence_disjoint: bool,
    rooms: _Rooms,
    by: str,
) -> list[Split]:
    """Return one fold for each group, which tests it."""
    folds = []
    for fold, group in enumerate(groups):
        rng = generator(seed, fold)
        own = {clip.id for clip in group}
        rest: list[ClipRow] = [clip for clip in found if clip.id not in own]
        test, notes = list(group), []
        if sentence_disjoint:
            rest, test, note = keep_apart(rest, test, rng, protocol)
            notes.append(note)
        train, valid, validation = spare_groups(rest, classes, valid_share, rng, rooms)
        parts = {"train": train, "valid": valid, "test": [clip.id for clip in test]}
        apart = f" and {SENTENCE_DISJOINT}" if sentence_disjoint else ""
        folds.append(
            Split(
                name=f"{protocol}{f' {SENTENCE_DISJOINT}' if sentence_disjoint else ''} fold={fold + 1}",
                seed=seed,
                guarantee=f"{by}-disjoint{apart} test; {validation}",
                notes=(*notes, *balance_notes(found, classes, parts)),
                **{part: tuple(ids) for part, ids in parts.items()},
            )
        )
    return folds


def _balanced(
    groups: Sequence[Sequence[ClipRow]], classes: Mapping[str, str], k: int, rng: np.random.Generator
) -> list[list[ClipRow]]:
    """Deal groups over k folds; none is empty, since an empty one has least of everything."""
    total = Counter(classes[clip.id] for group in groups for clip in group)
    drawn = [groups[index] for index in rng.permutation(len(groups))]
    folds: list[list[ClipRow]] = [[] for _ in range(k)]
    voices: list[Counter[str | None]] = [Counter() for _ in range(k)]
    counts: list[Counter[str]] = [Counter() for _ in range(k)]
    for group in sorted(drawn, key=lambda group: -len(genders_of(group))):
        genders = Counter(genders_of(group).values())
        own = Counter(classes[clip.id] for clip in group)

        def crowding(fold: int, genders: Counter[str | None] = genders, own: Counter[str] = own) -> tuple[object, ...]:
            # Exact fractions: a sum of floats could break a tie differently on another machine.
            alike = sum(n * voices[fold][gender] for gender, n in genders.items() if gender is not None)
            clip_share = sum(Fraction(n * counts[fold][name], total[name] ** 2) for name, n in own.items())
            return alike, voices[fold].total(), clip_share, counts[fold].total(), fold

        best = min(range(k), key=crowding)
        folds[best] += group
        voices[best] += genders
        counts[best] += own
    return folds


def _require_folds(k: int, protocol: str) -> None:
    if k < 2:
        raise ProtocolError(f"{protocol}: k={k} found, expected 2 folds or more: ask for such a number.")


def _require_groups(groups: Sequence[object], least: int, protocol: str, what: str) -> None:
    if len(groups) < least:
        raise ProtocolError(
            f"{protocol}: {what}: {len(groups)} found, expected at least {least}: add some"
            f"{' or lower k' if least > 2 else ''}."
        )


EXPORT = (
    Protocol("leave-one-out", leave_one_out),
    Protocol("speaker-folds", speaker_folds),
    Protocol("clip-folds", clip_folds),
)
