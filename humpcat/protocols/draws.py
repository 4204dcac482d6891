"""Draws that several protocols share: of speakers, of whole groups, of clips by class."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.rows import ClipRow, require_speakers
from humpcat.setting_ranges import SEEDS


def generator(seed: int, *further: int) -> np.random.Generator:
    """Return the generator of a draw.

    Args:
        seed: the seed.
        further: what tells several generators of one seed apart, such as the number of the fold.

    Raises:
        SettingsError: the seed is out of range.

    Example:
        >>> int(generator(0).integers(100)), int(generator(0, 1).integers(100))
        (85, 52)
    """
    SEEDS.require("seed", seed)
    return np.random.default_rng((seed, *further) if further else seed)


def require_share(name: str, share: float, lowest: float | None = None) -> None:
    """Refuse a share that is no share.

    Args:
        name: the argument, for the message.
        share: its value.
        lowest: 0 if that is allowed; else it must be more than 0.

    Raises:
        ProtocolError: the share is out of range.
    """
    if not (0 < share < 1 or share == lowest):
        bound = "more than 0" if lowest is None else "0 or more"
        raise ProtocolError(f"{name}={share:g} found, expected {bound} and less than 1: choose such a share.")


def draw_pool(
    found: Sequence[ClipRow], share: float, rng: np.random.Generator, protocol: str, mend: str
) -> tuple[list[ClipRow], list[ClipRow]]:
    """Draw a share of the speakers, balanced by gender as far as genders are known.

    Args:
        found: all clips.
        share: share of the speakers; at least one is drawn.
        rng: the draw.
        protocol: its name, for the message.
        mend: what else could be used where speakers lack, for the message.

    Returns:
        The clips of the speakers drawn, and those of all others.

    Raises:
        ProtocolError: the share is out of range, a speaker is not known, there are fewer than two, or none is left.
    """
    require_share("share", share)
    require_speakers(found, protocol, f"fill the speaker column, or {mend}")
    genders = genders_of(found)
    if len(genders) < 2:
        raise ProtocolError(
            f"{protocol}: speakers with clips of these classes: {len(genders)} found, expected at least 2 (one to "
            f"adapt, one to test): add speakers, or {mend}."
        )
    n_drawn = max(1, round(share * len(genders)))
    if n_drawn >= len(genders):
        raise ProtocolError(
            f"{protocol}: {n_drawn} of {len(genders)} speakers would adapt and none test: lower share."
        )
    chosen = _draw_speakers(genders, n_drawn, rng)
    return [clip for clip in found if clip.speaker in chosen], [clip for clip in found if clip.speaker not in chosen]


def genders_of(found: Sequence[ClipRow]) -> dict[str, str | None]:
    """Return the gender of each known speaker.

    Args:
        found: clips.
    """
    return {clip.speaker: clip.gender for clip in found if clip.speaker is not None}


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


def shuffled_by_class(
    pool: Sequence[ClipRow], classes: Mapping[str, str], rng: np.random.Generator
) -> dict[str, list[str]]:
    """Return the ids of the pool by class in a drawn order; a class without clips has an empty list.

    Args:
        pool: clips.
        classes: the class of each clip by id, of further ones too.
        rng: the draw.
    """
    by_class: dict[str, list[str]] = {name: [] for name in sorted(set(classes.values()))}
    for clip in pool:
        by_class[classes[clip.id]].append(clip.id)
    return {name: [ids[index] for index in rng.permutation(len(ids))] for name, ids in by_class.items()}


def spare_clips(
    pool: Sequence[ClipRow], classes: Mapping[str, str], valid_share: float, rng: np.random.Generator
) -> tuple[list[str], list[str]]:
    """Take a share of the clips of each class for validation, never the last one.

    Args:
        pool: clips.
        classes: the class of each clip by id.
        valid_share: share of each class.
        rng: the draw.

    Returns:
        Ids that stay, and ids that validate.
    """
    stay: list[str] = []
    valid: list[str] = []
    for ids in shuffled_by_class(pool, classes, rng).values():
        n_valid = min(round(valid_share * len(ids)), len(ids) - 1) if ids else 0
        valid += ids[:n_valid]
        stay += ids[n_valid:]
    return stay, valid


def spare_groups(
    pool: Sequence[ClipRow],
    classes: Mapping[str, str],
    valid_share: float,
    rng: np.random.Generator,
    rooms: Mapping[str, Callable[[Sequence[ClipRow]], list[list[ClipRow]]]],
) -> tuple[list[str], list[str], str]:
    """Take whole groups for validation where there are two or more, else clips of each class.

    Args:
        pool: clips that learn or validate.
        classes: the class of each clip by id.
        valid_share: share of the groups, at least one of them; 0 for no validation.
        rng: the draw.
        rooms: ways to group the pool by what the groups are called, the preferred one first.

    Returns:
        Ids that train, ids that validate, and what the guarantee says of it.

    Raises:
        ProtocolError: the share is out of range.
    """
    require_share("valid_share", valid_share, lowest=0)
    if valid_share == 0:
        return [clip.id for clip in pool], [], "no validation"
    for name, grouped in rooms.items():
        groups = grouped(pool)
        if len(groups) < 2:
            continue
        order = rng.permutation(len(groups))
        n_valid = min(max(1, round(valid_share * len(groups))), len(groups) - 1)
        parts = [[clip.id for group in part for clip in groups[group]] for part in (order[n_valid:], order[:n_valid])]
        alone = name == "sessions" and all(clip.session == clip.speaker for clip in pool)
        return parts[0], parts[1], f"validation takes whole {'speakers' if alone else name}"
    train, valid = spare_clips(pool, classes, valid_share, rng)
    return train, valid, "validation shares speakers with training" if valid else "no validation"


def speakers_of(found: Sequence[ClipRow]) -> list[list[ClipRow]]:
    """Return the clips of each speaker, none at all where a speaker is not known.

    Args:
        found: clips.
    """
    return _grouped(found, lambda clip: clip.speaker)


def corpora_of(found: Sequence[ClipRow]) -> list[list[ClipRow]]:
    """Return the clips of each corpus.

    Args:
        found: clips.
    """
    return _grouped(found, lambda clip: clip.corpus)


def sessions_of(found: Sequence[ClipRow]) -> list[list[ClipRow]]:
    """Return clips by session, sessions with a common speaker together, in the order of their first clip.

    Args:
        found: clips; there are no groups where one has neither session nor speaker.
    """
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while leader.setdefault(name, name) != name:
            # Halved as it is walked: a chain of sessions would be walked anew for every clip.
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    # Sessions and speakers are nodes of one graph, clips its edges; a group is a connected component.
    for clip in found:
        if clip.speaker is not None:
            leader[first(f"speaker {clip.speaker}")] = first(f"session {clip.session}")
    return _grouped(found, lambda clip: None if clip.session is None else first(f"session {clip.session}"))


def _grouped(found: Sequence[ClipRow], key: Callable[[ClipRow], str | None]) -> list[list[ClipRow]]:
    groups: dict[str, list[ClipRow]] = {}
    for clip in found:
        name = key(clip)
        if name is None:
            return []
        groups.setdefault(name, []).append(clip)
    return list(groups.values())
