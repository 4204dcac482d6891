"""Properties that hold for every protocol over random corpora, however unbalanced."""

import random
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from humpcat.errors import LeakageError, ProtocolError
from humpcat.protocols import (
    Split,
    check_split,
    clip_folds,
    clip_share_split,
    cross_corpus_matrix,
    inductive_pairs,
    leave_one_out,
    sentence_overlap,
    shots_split,
    source_split,
    speaker_folds,
    speaker_share_split,
    transductive_pairs,
)

SEEDS = st.integers(0, 2**32 - 1)
FOLDS = {
    "leave-one-speaker-out": leave_one_out,
    "leave-one-session-out": partial(leave_one_out, by="session"),
    "leave-one-corpus-out": partial(leave_one_out, by="corpus", valid_share=0.3),
    "speaker-folds": partial(speaker_folds, k=3),
    "clip-folds": partial(clip_folds, k=3, valid_share=0.3),
    "no validation": partial(speaker_folds, k=2, valid_share=0),
}
APART = {
    "apart leave-one-out": partial(leave_one_out, sentence_disjoint=True),
    "apart corpora": partial(leave_one_out, by="corpus", sentence_disjoint=True),
    "apart folds": partial(speaker_folds, k=2, sentence_disjoint=True),
    "apart speakers": partial(speaker_share_split, share=0.4, sentence_disjoint=True),
    "apart shots": partial(shots_split, k=1, share=0.5, valid_shots=1, sentence_disjoint=True),
}
OTHERS = {
    "speakers": partial(speaker_share_split, share=0.4),
    "shots": partial(shots_split, k=1, share=0.5),
    "clips": clip_share_split,
    "matrix": cross_corpus_matrix,
    "matrix off its diagonal": partial(cross_corpus_matrix, diagonal=False),
    "source": lambda rows, classes, seed: source_split(rows, seed=seed, ids=classes),
    "transductive": partial(transductive_pairs, valid_share=0.2),
    "inductive": partial(inductive_pairs, share=0.4),
}
EVERY = FOLDS | APART | OTHERS


@st.composite
def corpora(draw, known=False):
    """Rows and classes; speakers, genders, sessions, sentences and whole classes may be missing."""
    rows = []
    for corpus in ["de", "it", "zh"][: draw(st.integers(1, 3))]:
        speakers = draw(st.integers(1, 6))
        hidden = not known and draw(st.integers(0, 3)) == 0
        rooms = draw(st.sampled_from([None, 2, 4]))
        scripted = known or draw(st.booleans())
        for speaker in range(speakers):
            gender = draw(st.sampled_from(["female", "male", None]))
            room = None if rooms is None else f"r{draw(st.integers(1, rooms))}"
            said = draw(st.lists(st.tuples(st.sampled_from("aafn"), st.integers(1, 4)), min_size=1, max_size=10))
            for number, (emotion, sentence) in enumerate(said):
                lone = hidden and number % 2 == 0
                row = {
                    "id": f"{corpus}/{speaker}-{number}",
                    "corpus": corpus,
                    "speaker": None if lone else f"s{speaker}",
                    "session": None if lone else room,
                    "gender": gender,
                    "sentence": f"t{sentence}" if scripted or number % 2 else None,
                }
                rows.append((row, emotion))
    return [row for row, _ in rows], {row["id"]: emotion for row, emotion in rows}


def splits_of(made):
    return [made] if isinstance(made, Split) else list(made.values()) if isinstance(made, dict) else made


def heard(rows, ids, column):
    return {(row["corpus"], row[column]) for row in rows if row["id"] in set(ids) and row[column] is not None}


def attempt(protocol, rows, classes, seed):
    """Return the splits, or None where the protocol refuses the corpus."""
    try:
        return splits_of(EVERY[protocol](rows, classes, seed=seed))
    except ProtocolError:
        return None


def shuffled(rows, classes, seed):
    rows, ids = list(rows), list(classes)
    random.Random(seed).shuffle(rows)
    random.Random(seed).shuffle(ids)
    return rows, {id_: classes[id_] for id_ in ids}


@pytest.mark.parametrize("protocol", EVERY)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpus=st.one_of(corpora(), corpora(known=True)), seed=SEEDS)
def test_every_protocol(protocol, corpus, seed):
    rows, classes = corpus
    splits = attempt(protocol, rows, classes, seed)
    assert attempt(protocol, *shuffled(rows, classes, seed), seed) == splits
    for split in splits or ():
        assert split.learnt
        assert split.test
        assert {*split.seen, *split.test} <= set(classes)
        before = split.learnt if split.transductive else split.seen
        if not split.speaker_dependent:
            assert not heard(rows, before, "speaker") & heard(rows, split.test, "speaker")
        if protocol in APART:
            assert "sentence-disjoint" in split.guarantee
            assert "sentence-disjoint" in split.name
            assert not heard(rows, split.learnt, "sentence") & heard(rows, split.test, "sentence")
            assert sentence_overlap(rows, split).share == 0
        assert check_split(rows, split, allow_leakage=split.speaker_dependent) == split
        again = Split.from_json(split.to_json())
        assert again == split
        assert again.hash == split.hash
        assert all(note.endswith(".") for note in split.notes)
    assert len({split.hash for split in splits or ()}) == len(splits or ())
    if splits and protocol in FOLDS:
        assert sorted(id_ for split in splits for id_ in split.test) == sorted(classes)
        assert all(sorted((*split.learnt, *split.test)) == sorted(classes) for split in splits)


@pytest.mark.parametrize("protocol", sorted(set(EVERY) - {"clips", "clip-folds"}))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpus=corpora(known=True), seed=SEEDS, data=st.data())
def test_the_guard_refuses_a_tampered_split(protocol, corpus, seed, data):
    rows, classes = corpus
    for split in attempt(protocol, rows, classes, seed) or ():
        id_ = data.draw(st.sampled_from(split.test))
        row = next(row for row in rows if row["id"] == id_)
        part = data.draw(st.sampled_from(["train", "adapt", "valid"]))
        tampered = replace(split, **{part: (*getattr(split, part), "added")})
        with pytest.raises(LeakageError):
            check_split([*rows, row | {"id": "added"}], tampered)
        # The same recording under a new name and another speaker.
        prints = {other["id"]: other["id"] for other in rows} | {"added": id_}
        with pytest.raises(LeakageError, match="identical audio"):
            check_split([*rows, row | {"id": "added", "speaker": "new", "sentence": "new"}], tampered, prints)


@settings(max_examples=60, deadline=None)
@given(corpora(known=True), SEEDS, st.integers(1, 4), st.integers(0, 2), st.booleans())
def test_shots_are_exact_nested_and_test_the_same(corpus, seed, k, valid_shots, apart):
    rows, classes = corpus
    try:
        split = shots_split(rows, classes, k, seed=seed, share=0.6, valid_shots=valid_shots, sentence_disjoint=apart)
    except ProtocolError as error:
        if "have only: " in str(error):
            lacking = str(error).split("have only: ")[1].split(";")[0]
            assert all(int(part.split()[1]) < k + valid_shots for part in lacking.split(", "))
        return
    names = set(classes.values())
    assert Counter(classes[id_] for id_ in split.adapt) == dict.fromkeys(names, k)
    assert Counter(classes[id_] for id_ in split.valid) == Counter(dict.fromkeys(names, valid_shots))
    whole = speaker_share_split(rows, classes, seed=seed, share=0.6, sentence_disjoint=apart)
    assert split.test == whole.test
    assert set(split.learnt) <= set(whole.learnt)
    for fewer in range(1, k):
        less = shots_split(
            rows, classes, fewer, seed=seed, share=0.6, valid_shots=valid_shots, sentence_disjoint=apart
        )
        assert set(less.adapt) < set(split.adapt)
        assert (less.valid, less.test) == (split.valid, split.test)


def test_a_share_of_nothing_keeps_no_session_back() -> None:
    rows = [{"id": f"toy/{n}", "corpus": "toy", "speaker": f"s{n % 2}"} for n in range(8)]
    split = source_split(rows, valid_share=0, test_share=0)
    assert (len(split.train), split.valid, split.test) == (8, (), ())
    with pytest.raises(
        ProtocolError, match=r"2 sessions .* expected at least 3 \(one each to train, validate and test\)"
    ):
        source_split(rows)
