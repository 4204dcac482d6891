"""Properties that hold for every small corpus: never a shared speaker, exactly k shots, one seed one split."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humpcat.corpora import FOUR
from humpcat.errors import ProtocolError
from humpcat.protocols import (
    Split,
    check_split,
    clip_share_split,
    labelled,
    shots_split,
    source_split,
    speaker_share_split,
)

EMOTIONS = ("anger", "happiness", "excitement", "neutral", "sadness", "boredom", None)
SEEDS = st.integers(0, 2**31)


@st.composite
def corpora(draw, min_speakers=2):
    """Rows of a corpus in which every speaker has at least one clip of a class."""
    n_speakers = draw(st.integers(min_speakers, 8))
    genders = draw(st.lists(st.sampled_from(["female", "male", None]), min_size=n_speakers, max_size=n_speakers))
    rows = []
    for speaker in range(n_speakers):
        emotions = draw(st.lists(st.sampled_from(EMOTIONS), max_size=8))
        for number, emotion in enumerate(["anger", *emotions]):
            rows.append(
                {
                    "id": f"toy/{speaker}-{number}",
                    "corpus": "toy",
                    "speaker": f"s{speaker}",
                    "gender": genders[speaker],
                    "session": f"s{speaker}",
                    "emotion": emotion,
                }
            )
    return rows


def speakers_of(rows, ids):
    ids = set(ids)
    return {(row["corpus"], row["speaker"]) for row in rows if row["id"] in ids}


def shuffled(rows, seed):
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return rows


@settings(max_examples=60, deadline=None)
@given(corpora(), SEEDS, st.floats(0.05, 0.6), st.floats(0, 0.9))
def test_speaker_share_never_shares_a_speaker(rows, seed, share, valid_share):
    classes, _ = labelled(rows, FOUR)
    n_speakers = len(speakers_of(rows, classes))
    n_adapt = max(1, round(share * n_speakers))
    if n_adapt >= n_speakers:
        with pytest.raises(ProtocolError, match="none test"):
            speaker_share_split(rows, classes, share=share, seed=seed, valid_share=valid_share)
        return
    split = speaker_share_split(rows, classes, share=share, seed=seed, valid_share=valid_share)
    adapted = speakers_of(rows, split.adapt + split.valid)
    assert len(speakers_of(rows, split.adapt)) <= len(adapted) == n_adapt
    assert not adapted & speakers_of(rows, split.test)
    assert {*split.adapt, *split.valid, *split.test} == set(classes)
    assert check_split(rows, split) == split
    again = speaker_share_split(shuffled(rows, seed), classes, share=share, seed=seed, valid_share=valid_share)
    assert again == split
    assert again.hash == split.hash


@settings(max_examples=60, deadline=None)
@given(corpora(), SEEDS, st.integers(1, 4), st.integers(0, 2))
def test_shots_are_exact_or_say_who_lacks(rows, seed, k, valid_shots):
    classes, _ = labelled(rows, FOUR)
    whole = speaker_share_split(rows, classes, seed=seed)
    pool = Counter(classes[id_] for id_ in whole.adapt + whole.valid)
    names = sorted(set(classes.values()))
    lacking = [f"{name} {pool[name]}" for name in names if pool[name] < k + valid_shots]
    if lacking:
        with pytest.raises(ProtocolError) as error:
            shots_split(rows, classes, k, seed=seed, valid_shots=valid_shots)
        assert f"have only: {', '.join(lacking)};" in str(error.value)
        return
    split = shots_split(rows, classes, k, seed=seed, valid_shots=valid_shots)
    assert Counter(classes[id_] for id_ in split.adapt) == dict.fromkeys(names, k)
    assert Counter(classes[id_] for id_ in split.valid) == Counter(dict.fromkeys(names, valid_shots))
    assert split.test == whole.test
    assert shots_split(shuffled(rows, seed), classes, k, seed=seed, valid_shots=valid_shots) == split
    if k > 1:
        fewer = shots_split(rows, classes, k - 1, seed=seed, valid_shots=valid_shots)
        assert set(fewer.adapt) < set(split.adapt)
        assert fewer.valid == split.valid


@settings(max_examples=40, deadline=None)
@given(corpora(), SEEDS, st.floats(0.05, 0.6))
def test_clip_share_keeps_every_class_and_is_stamped(rows, seed, share):
    classes, _ = labelled(rows, FOUR)
    split = clip_share_split(rows, classes, share=share, seed=seed)
    assert {classes[id_] for id_ in split.adapt} == set(classes.values())
    assert {*split.adapt, *split.valid, *split.test} == set(classes)
    assert split.guarantee.startswith("SPEAKER-DEPENDENT")
    assert clip_share_split(shuffled(rows, seed), classes, share=share, seed=seed) == split


@settings(max_examples=40, deadline=None)
@given(corpora(min_speakers=3), SEEDS, st.data())
def test_source_sessions_stay_whole(rows, seed, data):
    names = sorted({row["speaker"] for row in rows})
    sessions = {name: data.draw(st.sampled_from(["1", "2", "3", "4"])) for name in names}
    rows = [row | {"session": sessions[row["speaker"]]} for row in rows]
    if len(set(sessions.values())) < 3:
        with pytest.raises(ProtocolError, match="expected at least 3"):
            source_split(rows, seed=seed)
        return
    split = source_split(rows, seed=seed)
    parts = [
        {row["session"] for row in rows if row["id"] in set(ids)} for ids in (split.train, split.valid, split.test)
    ]
    assert all(parts)
    assert sum(len(part) for part in parts) == len(set(sessions.values()))
    assert split.guarantee == "session-disjoint"
    assert check_split(rows, split) == split
    assert source_split(shuffled(rows, seed), seed=seed) == split


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1), unique=True), SEEDS, st.text(), st.data())
def test_json_round_trip(ids, seed, name, data):
    parts = {part: [] for part in ("train", "adapt", "valid", "test")}
    for id_ in ids:
        parts[data.draw(st.sampled_from(sorted(parts)))].append(id_)
    split = Split(name, seed, "speaker-disjoint", **{part: tuple(members) for part, members in parts.items()})
    again = Split.from_json(split.to_json())
    assert again == split
    assert again.hash == split.hash
