"""Source protocols: whole sessions of each corpus train, validate and test."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.base import Protocol
from humpcat.protocols.draws import generator, sessions_of
from humpcat.protocols.rows import ClipRow, Rows, clips, examples
from humpcat.protocols.split import Split


def source_split(
    rows: Rows,
    *,
    seed: int = 0,
    valid_share: float = 0.1,
    test_share: float = 0.1,
    ids: Iterable[str] | None = None,
) -> Split:
    """Draw whole sessions of each corpus for training, validation and test.

    A session is the ``session`` column: IEMOCAP's recording session, the speaker itself elsewhere. Sessions that
    share a speaker are drawn as one, so that a speaker is never in two parts. A corpus is drawn as it would be alone.

    Args:
        rows: rows of one or several source corpora.
        seed: the draw.
        valid_share: share of each corpus' sessions that validate; at least one session does, with 0 none.
        test_share: share of each corpus' sessions that test; at least one session does, with 0 none.
        ids: the clips to split, such as those that :func:`labelled` kept; all rows if None.

    Raises:
        ProtocolError: a clip has neither session nor speaker, or a corpus has too few sessions for all parts.

    Example:
        >>> rows = [{"id": f"toy/{i}", "corpus": "toy", "speaker": f"s{i % 5}"} for i in range(20)]
        >>> split = source_split(rows, seed=1)
        >>> len(split.train), len(split.valid), len(split.test), split.guarantee
        (12, 4, 4, 'speaker-disjoint')
    """
    for name, share in (("valid_share", valid_share), ("test_share", test_share)):
        if not 0 <= share < 1:
            raise ProtocolError(f"{name}={share:g} found, expected 0 or more and less than 1: choose such a share.")
    found = clips(rows, ids)
    nowhere = [clip.id for clip in found if clip.session is None]
    if nowhere:
        raise ProtocolError(
            f"source_split: {len(nowhere)} of {len(found)} clips have neither session nor speaker "
            f"({examples(nowhere)}), expected one of them for each: fill the speaker column or leave these clips out."
        )
    if not found:
        raise ProtocolError("source_split: no clip found, expected those of one corpus or more: add some.")
    corpora: dict[str, list[ClipRow]] = {clip.corpus: [] for clip in found}
    for clip in found:
        corpora[clip.corpus].append(clip)
    drawn = [_drawn(corpora[name], seed, valid_share, test_share) for name in sorted(corpora)]
    test, valid, train = (tuple(chain.from_iterable(parts)) for parts in zip(*drawn, strict=True))
    by_session = any(clip.session != clip.speaker for clip in found)
    return Split(
        name=f"source valid={valid_share:g} test={test_share:g}",
        seed=seed,
        guarantee="session-disjoint" if by_session else "speaker-disjoint",
        test=test,
        valid=valid,
        train=train,
    )


def _drawn(found: Sequence[ClipRow], seed: int, valid_share: float, test_share: float) -> list[list[str]]:
    """Return one corpus' clips that test, validate and train."""
    groups = sessions_of(found)
    where = f"source_split: corpus '{found[0].corpus}'"
    n_valid, n_test = (max(1, round(share * len(groups))) if share else 0 for share in (valid_share, test_share))
    least = 1 + (valid_share > 0) + (test_share > 0)
    if len(groups) < least:
        parts = ", ".join(["train", *["validate"] * (valid_share > 0), *["test"] * (test_share > 0)])
        raise ProtocolError(
            f"{where}: {len(groups)} {'session' if len(groups) == 1 else 'sessions'} without a common speaker "
            f"found, expected at least {least} (one each to {' and '.join(parts.rsplit(', ', 1))}): add speakers."
        )
    if n_valid + n_test >= len(groups):
        raise ProtocolError(
            f"{where}: valid_share={valid_share:g} and test_share={test_share:g} take {n_valid} and {n_test} of "
            f"{len(groups)} sessions and leave none to train on: lower them."
        )
    order = generator(seed).permutation(len(groups))
    return [
        [clip.id for group in part for clip in groups[group]] for part in np.split(order, [n_test, n_test + n_valid])
    ]


def _of_labelled(rows: Rows, classes: Mapping[str, str], **settings: Any) -> Split:
    return source_split(rows, ids=classes, **settings)


EXPORT = (Protocol("source", _of_labelled),)
