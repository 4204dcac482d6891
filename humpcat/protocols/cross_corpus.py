"""Protocols across corpora: train on one and test on another, with or without its clips as unlabelled material."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

from humpcat.errors import ProtocolError
from humpcat.protocols.base import Protocol
from humpcat.protocols.draws import draw_pool, generator, sessions_of, spare_groups
from humpcat.protocols.notes import balance_notes, class_notes
from humpcat.protocols.rows import ClipRow, Rows, clips
from humpcat.protocols.source import source_split
from humpcat.protocols.split import TRANSDUCTIVE, Split

Pair = tuple[str, str]
"""Source and target corpus."""

_SESSIONS = {"sessions": sessions_of}


def cross_corpus_matrix(
    rows: Rows, classes: Mapping[str, str], *, seed: int = 0, valid_share: float = 0.1, diagonal: bool = True
) -> dict[Pair, Split]:
    """Train on each corpus and test on each: all of another one, or unseen sessions of its own.

    Validation takes whole sessions of the source; where it has one only, or speakers are not known, clips of each
    class, and the guarantee says so. The diagonal is :func:`source_split` within the corpus.

    Args:
        rows: rows of two corpora or more; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        seed: the draw.
        valid_share: share of the source's sessions that validate; 0 for no validation (off the diagonal).
        diagonal: whether to train and test within a corpus too, which takes three sessions or more in each.

    Returns:
        The split of each (source, target); ``notes`` name classes that the source or the target lacks.

    Raises:
        ProtocolError: there are fewer than two corpora, the share is out of range, or the diagonal lacks sessions.

    Example:
        >>> rows = [{"id": f"{c}/{i}", "corpus": c, "speaker": f"s{i}"} for c in ("de", "it") for i in range(3)]
        >>> matrix = cross_corpus_matrix(rows, {row["id"]: "anger" for row in rows})
        >>> sorted(matrix)
        [('de', 'de'), ('de', 'it'), ('it', 'de'), ('it', 'it')]
        >>> matrix["de", "it"].test
        ('it/0', 'it/1', 'it/2')
        >>> matrix["de", "it"].guarantee
        'cross-corpus: no clip of the target is learnt from; validation takes whole speakers'
    """
    corpora = _corpora(rows, classes)
    matrix = {}
    for source, target in permutations(corpora, 2):
        own, other = corpora[source], corpora[target]
        rng = generator(seed)
        train, valid, validation = spare_groups(own, classes, valid_share, rng, _SESSIONS)
        parts = {"train": train, "valid": valid, "test": [clip.id for clip in other]}
        matrix[source, target] = Split(
            name=f"cross-corpus {source} to {target} valid={valid_share:g}",
            seed=seed,
            guarantee=f"cross-corpus: no clip of the target is learnt from; {validation}",
            notes=class_notes((*own, *other), classes, parts),
            **{part: tuple(ids) for part, ids in parts.items()},
        )
    for corpus, own in corpora.items() if diagonal else ():
        split = source_split(rows, seed=seed, valid_share=valid_share, ids=[clip.id for clip in own])
        parts = {"train": list(split.train), "valid": list(split.valid), "test": list(split.test)}
        notes = balance_notes(own, classes, parts)
        matrix[corpus, corpus] = replace(split, name=f"within {corpus} {split.name}", notes=notes)
    return dict(sorted(matrix.items()))


def transductive_pairs(
    rows: Rows,
    classes: Mapping[str, str],
    pairs: Iterable[Pair] | None = None,
    *,
    seed: int = 0,
    valid_share: float = 0.0,
) -> dict[Pair, Split]:
    """Train on one corpus and adapt without labels to the very clips of another that test; stamped TRANSDUCTIVE.

    The protocol of AFSR (Information 2025, 16, 945). Each pair takes the classes that both corpora have: with the
    canonical emotions of EmoDB, eNTERFACE and CASIA as classes, those are the paper's five.

    Args:
        rows: rows of two corpora or more; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        pairs: source and target of each; every ordered pair of corpora if None.
        seed: the draw of validation.
        valid_share: share of the source's sessions that validate; the paper names no validation, hence 0.

    Returns:
        The split of each pair; its ``unlabelled`` clips are its ``test`` clips.

    Raises:
        ProtocolError: a corpus of a pair has no clips, a pair shares fewer than two classes, or the share is out of
            range.

    Example:
        >>> rows = [{"id": f"{c}/{i}", "corpus": c, "speaker": f"s{i}"} for c in ("de", "it") for i in range(4)]
        >>> classes = {row["id"]: "anger" if row["id"][-1] in "02" else "fear" for row in rows}
        >>> split = transductive_pairs(rows, classes, [("de", "it")])["de", "it"]
        >>> split.test == split.unlabelled, split.transductive, len(split.train)
        (True, True, 4)
    """

    return _unsupervised(rows, classes, pairs, None, seed, valid_share)


def inductive_pairs(
    rows: Rows,
    classes: Mapping[str, str],
    pairs: Iterable[Pair] | None = None,
    *,
    share: float = 0.5,
    seed: int = 0,
    valid_share: float = 0.0,
) -> dict[Pair, Split]:
    """Train on one corpus, adapt without labels to some speakers of another and test on its other speakers.

    What :func:`transductive_pairs` says of a system, without any test clip or test speaker seen before the test.

    Args:
        rows: rows of two corpora or more; those that are not in ``classes`` are left out.
        classes: the class of each clip by id, as :func:`labelled` gives.
        pairs: source and target of each; every ordered pair of corpora if None.
        share: share of the target's speakers whose clips are unlabelled, balanced by gender as far as known.
        seed: the draw of speakers and validation.
        valid_share: share of the source's sessions that validate; 0 for no validation.

    Returns:
        The split of each pair.

    Raises:
        ProtocolError: as for :func:`transductive_pairs`, or a speaker of the target is not known, or none is left.

    Example:
        >>> rows = [{"id": f"{c}/{i}", "corpus": c, "speaker": f"s{i}"} for c in ("de", "it") for i in range(4)]
        >>> classes = {row["id"]: "anger" if row["id"][-1] in "02" else "fear" for row in rows}
        >>> split = inductive_pairs(rows, classes, [("de", "it")])["de", "it"]
        >>> len(split.train), len(split.unlabelled), len(split.test), split.transductive
        (4, 2, 2, False)
    """
    return _unsupervised(rows, classes, pairs, share, seed, valid_share)


def _unsupervised(
    rows: Rows,
    classes: Mapping[str, str],
    pairs: Iterable[Pair] | None,
    share: float | None,
    seed: int,
    valid_share: float,
) -> dict[Pair, Split]:
    """Return the split of each pair; a share of the speakers is unlabelled, or the test clips if it is None."""
    corpora = _corpora(rows, classes)
    splits = {}
    for source, target in permutations(corpora, 2) if pairs is None else pairs:
        own, other = _shared(corpora, classes, source, target)
        rng = generator(seed)
        train, valid, validation = spare_groups(own, classes, valid_share, rng, _SESSIONS)
        if share is None:
            pool, test = other, other
            protocol = f"transductive {source} to {target} valid={valid_share:g}"
            guarantee = f"{TRANSDUCTIVE}: cross-corpus; the test clips are seen without their labels; {validation}"
        else:
            protocol = f"inductive {source} to {target} unlabelled-speaker-share={share:g} valid={valid_share:g}"
            pool, test = draw_pool(
                other, share, rng, protocol, "use transductive_pairs, which stamps its numbers TRANSDUCTIVE"
            )
            guarantee = (
                f"cross-corpus: unlabelled clips of the target are of other speakers than the test; {validation}"
            )
        parts = {"train": train, "valid": valid, "test": [clip.id for clip in test]}
        splits[source, target] = Split(
            name=protocol,
            seed=seed,
            guarantee=guarantee,
            unlabelled=tuple(clip.id for clip in pool),
            notes=class_notes((*own, *other), classes, parts),
            **{part: tuple(ids) for part, ids in parts.items()},
        )
    return splits


def _corpora(rows: Rows, classes: Mapping[str, str]) -> dict[str, list[ClipRow]]:
    corpora: dict[str, list[ClipRow]] = {}
    for clip in clips(rows, classes):
        corpora.setdefault(clip.corpus, []).append(clip)
    if len(corpora) < 2:
        raise ProtocolError(
            f"cross-corpus: clips of {', '.join(corpora) or 'no corpus'} found, expected two corpora or more: add one."
        )
    return dict(sorted(corpora.items()))


def _shared(
    corpora: Mapping[str, Sequence[ClipRow]], classes: Mapping[str, str], source: str, target: str
) -> tuple[list[ClipRow], list[ClipRow]]:
    """Return the source's and the target's clips of the classes that both have."""
    if source == target or not {source, target} <= set(corpora):
        raise ProtocolError(
            f"pair ({source}, {target}) found, expected two different ones of {', '.join(corpora)}: name such a pair."
        )
    own, other = ({classes[clip.id] for clip in corpora[name]} for name in (source, target))
    if len(own & other) < 2:
        raise ProtocolError(
            f"pair ({source}, {target}): classes of both found: {', '.join(sorted(own & other)) or 'none'}, expected "
            "two or more: choose another pair or label space."
        )
    kept = [[clip for clip in corpora[name] if classes[clip.id] in own & other] for name in (source, target)]
    return kept[0], kept[1]


EXPORT = (
    Protocol("cross-corpus", cross_corpus_matrix),
    Protocol("transductive", transductive_pairs),
    Protocol("inductive", inductive_pairs),
)
