import subprocess
import sys

import pytest

from humpcat.corpora import FOUR
from humpcat.errors import ProtocolError
from humpcat.protocols import clip_share_split, labelled, shots_split, source_split, speaker_share_split


def make(n_speakers, clips_each=8, corpus="toy", gender=("female", "male"), **columns):
    emotions = ("anger", "happiness", "neutral", "sadness")
    return [
        {
            "id": f"{corpus}/{speaker:02}-{clip}",
            "corpus": corpus,
            "speaker": f"{speaker:02}",
            "session": f"{speaker:02}",
            "gender": gender[speaker % len(gender)],
            "emotion": emotions[clip % 4],
        }
        | columns
        for speaker in range(n_speakers)
        for clip in range(clips_each)
    ]


def speakers(rows, ids):
    return {row["speaker"] for row in rows if row["id"] in set(ids)}


@pytest.mark.parametrize(("n_speakers", "n_adapt"), [(3, 1), (4, 1), (10, 2), (24, 5)])
def test_speakers_that_adapt(n_speakers, n_adapt):
    rows = make(n_speakers, clips_each=16)
    classes, _ = labelled(rows, FOUR)
    split = speaker_share_split(rows, classes)
    assert len(speakers(rows, split.adapt)) == n_adapt
    assert len(speakers(rows, split.test)) == n_speakers - n_adapt
    assert split.guarantee == "speaker-disjoint test; validation shares speakers with adaptation"
    assert speaker_share_split(rows, classes, valid_share=0).guarantee == "speaker-disjoint test; no validation"


def test_genders_are_balanced_where_known():
    rows = make(10)
    classes, _ = labelled(rows, FOUR)
    drawn = [speakers(rows, speaker_share_split(rows, classes, seed=seed).adapt) for seed in range(20)]
    assert all(sorted(int(speaker) % 2 for speaker in pair) == [0, 1] for pair in drawn)
    assert len({frozenset(pair) for pair in drawn}) > 5


def test_every_voice_of_three_is_drawn_some_time():
    rows = make(3, gender=("female", "male", None))
    classes, _ = labelled(rows, FOUR)
    drawn = {
        speaker
        for seed in range(20)
        for speaker in speakers(rows, speaker_share_split(rows, classes, seed=seed).adapt)
    }
    assert drawn == {"00", "01", "02"}


def test_iemocap_sessions():
    rows = [row | {"session": f"{int(row['speaker']) // 2}"} for row in make(10)]
    split = source_split(rows, seed=2)
    assert [len(speakers(rows, ids)) for ids in (split.train, split.valid, split.test)] == [6, 2, 2]
    assert split.guarantee == "session-disjoint"


def test_a_speaker_of_two_sessions_joins_them():
    rows = make(5)
    rows += [row | {"id": row["id"] + "x", "session": "01"} for row in rows if row["speaker"] == "00"]
    for seed in range(10):
        split = source_split(rows, seed=seed)
        parts = [speakers(rows, ids) for ids in (split.train, split.valid, split.test)]
        assert sum(len(part) for part in parts) == 5
        assert sum({"00", "01"} <= part for part in parts) == 1


def test_speakers_of_two_corpora_are_two_people():
    rows = make(3) + make(4, corpus="other")
    split = source_split(rows)
    assert len(split.train) + len(split.valid) + len(split.test) == 56


def test_each_corpus_is_split_as_it_would_be_alone():
    toy, other = make(3), make(8, corpus="other")
    split, alone = source_split(other + toy, seed=4), [source_split(rows, seed=4) for rows in (toy, other)]
    for part in ("train", "valid", "test"):
        assert sorted(getattr(split, part)) == sorted(id_ for own in alone for id_ in getattr(own, part))
        assert all(getattr(own, part) for own in alone)


def test_source_takes_only_the_ids_wanted():
    rows = make(4)
    classes, left_out = labelled(
        [row | {"emotion": "boredom"} if row["id"].endswith("7") else row for row in rows], FOUR
    )
    assert left_out == {"boredom": 4}
    split = source_split(rows, ids=classes)
    assert {*split.train, *split.valid, *split.test} == set(classes)


def test_a_dataset_gives_what_mappings_give():
    from datasets import Dataset

    rows = make(5)
    classes, _ = labelled(rows, FOUR)
    dataset = Dataset.from_list(rows)
    assert labelled(dataset, FOUR) == labelled(rows, FOUR)
    assert speaker_share_split(dataset, classes) == speaker_share_split(rows, classes)
    assert source_split(dataset.remove_columns("session")) == source_split(rows)


NO_SPEAKER = (
    "speaker-share=0.2 valid=0.2: 16 of 16 clips have no speaker (toy/00-0, toy/00-1, toy/00-2 and 13 more), "
    "expected one for each: fill the speaker column, or use clip_share_split, which stamps its numbers "
    "SPEAKER-DEPENDENT."
)


def share(rows, **settings):
    return speaker_share_split(rows, labelled(rows, FOUR)[0], **settings)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: share(make(2, speaker=None)), NO_SPEAKER),
        (
            lambda: share(make(1)),
            "speaker-share=0.2 valid=0.2: speakers with clips of these classes: 1 found, expected at least 2 (one to "
            "adapt, one to test): add speakers, or use clip_share_split, which stamps its numbers SPEAKER-DEPENDENT.",
        ),
        (
            lambda: share(make(3), share=0.9),
            "speaker-share=0.9 valid=0.2: 3 of 3 speakers would adapt and none test: lower share.",
        ),
        (
            lambda: share(make(3), share=1.2),
            "share=1.2 found, expected more than 0 and less than 1: choose such a share.",
        ),
        (
            lambda: share(make(3), valid_share=-1),
            "valid_share=-1 found, expected 0 or more and less than 1: choose such a share.",
        ),
        (
            lambda: shots_split(make(5), labelled(make(5), FOUR)[0], 0),
            "shots_split: k=0 and valid_shots=0 found, expected k of 1 or more and valid_shots of 0 or more: ask for "
            "such numbers.",
        ),
        (
            lambda: shots_split(make(5, clips_each=7), labelled(make(5, clips_each=7), FOUR)[0], 2, seed=1),
            "shots_split: 2 clips a class were asked for (k=2, valid_shots=0), but the adaptation speakers (toy/04) "
            "have only: sadness 1; lower k, raise share or choose another seed.",
        ),
        (
            lambda: clip_share_split(make(1, clips_each=4), labelled(make(1, clips_each=4), FOUR)[0]),
            "clip-share=0.2 valid=0.2: 4 clips leave none to test on, expected two or more in a class: add clips or "
            "lower share.",
        ),
        (
            lambda: source_split(make(4) + make(2, corpus="other")),
            "source_split: corpus 'other': 2 sessions without a common speaker found, expected at least 3 (one each "
            "to train, validate and test): add speakers.",
        ),
        (
            lambda: source_split(make(4), ids=[]),
            "source_split: no clip found, expected those of one corpus or more: add some.",
        ),
        (
            lambda: source_split(make(3, speaker=None, session=None)),
            "source_split: 24 of 24 clips have neither session nor speaker (toy/00-0, toy/00-1, toy/00-2 and "
            "21 more), expected one of them for each: fill the speaker column or leave these clips out.",
        ),
        (
            lambda: source_split(make(4), valid_share=0.5, test_share=0.5),
            "source_split: corpus 'toy': valid_share=0.5 and test_share=0.5 take 2 and 2 of 4 sessions and leave none "
            "to train on: lower them.",
        ),
        (
            lambda: source_split(make(4), valid_share=1.0),
            "valid_share=1 found, expected 0 or more and less than 1: choose such a share.",
        ),
        (
            lambda: source_split(make(4), ids=["toy/99"]),
            "rows: 1 of 1 ids have no row (toy/99): pass the rows that the ids came from.",
        ),
        (
            lambda: source_split(make(4) + make(1)),
            "rows: id toy/00-0 stands twice: give each clip an id of its own.",
        ),
        (
            lambda: source_split([{"id": "a", "corpus": "toy"}]),
            "rows: column 'speaker' is missing (found corpus, id): add it.",
        ),
    ],
)
def test_refusals_say_what_to_do(attempt, message):
    with pytest.raises(ProtocolError) as error:
        attempt()
    assert str(error.value) == message


def test_no_torch_comes_along():
    script = (
        "import sys, humpcat.protocols, humpcat.evaluation; "
        "print([name for name in ('torch', 'transformers', 'torchaudio', 'accelerate', 'evaluate') "
        "if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
