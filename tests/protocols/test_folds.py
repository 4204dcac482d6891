from collections import Counter

import pytest

from humpcat.errors import ProtocolError
from humpcat.protocols import clip_folds, leave_one_out, shots_split, speaker_folds, speaker_share_split

CLASSES = ("anger", "fear", "neutral", "sadness")


def make(n_speakers=10, clips_each=8, corpus="toy", **columns):
    return [
        {
            "id": f"{corpus}/{speaker:02}-{clip}",
            "corpus": corpus,
            "speaker": f"{speaker:02}",
            "session": f"{speaker:02}",
            "gender": ("female", "male")[speaker % 2],
            "sentence": f"t{clip // 4}",
        }
        | columns
        for speaker in range(n_speakers)
        for clip in range(clips_each)
    ]


def classes_of(rows):
    return {row["id"]: CLASSES[int(row["id"][-1]) % 4] for row in rows}


def speakers(rows, ids):
    return {(row["corpus"], row["speaker"]) for row in rows if row["id"] in set(ids)}


def test_speaker_folds_balance_genders_and_clips():
    rows = [row for row in make() if int(row["speaker"]) < 5 or int(row["id"][-1]) < 4]
    gender = {(row["corpus"], row["speaker"]): row["gender"] for row in rows}
    for seed in range(10):
        folds = speaker_folds(rows, classes_of(rows), seed=seed)
        for fold in folds:
            assert Counter(gender[name] for name in speakers(rows, fold.test)) == {"female": 1, "male": 1}
            assert fold.guarantee == "speaker-disjoint test; validation takes whole speakers"
        assert {len(fold.test) for fold in folds} <= {8, 12, 16}
    tests = {tuple(sorted(fold.test for fold in speaker_folds(rows, classes_of(rows), seed=s))) for s in range(10)}
    assert len(tests) > 5


def test_sessions_that_share_speakers_stay_together():
    rows = [row | {"session": str(int(row["speaker"]) // 2)} for row in make()]
    for folds in (speaker_folds(rows, classes_of(rows)), leave_one_out(rows, classes_of(rows), "session")):
        assert len(folds) == 5
        for fold in folds:
            assert {int(name) // 2 for _, name in speakers(rows, fold.test)} == {
                int(sorted(speakers(rows, fold.test))[0][1]) // 2
            }
            assert len(speakers(rows, fold.valid)) == 2
            assert fold.guarantee.endswith("validation takes whole sessions")
    by_speaker = leave_one_out(rows, classes_of(rows))
    assert len(by_speaker) == 10
    assert by_speaker[3].test == tuple(row["id"] for row in rows if row["speaker"] == "03")


def test_validation_of_clips_is_said_where_no_group_can_be_spared():
    rows = make(2)
    for fold in leave_one_out(rows, classes_of(rows), valid_share=0.5):
        assert fold.guarantee == "speaker-disjoint test; validation shares speakers with training"
        assert len(fold.valid) == 4
    rows = make(3) + make(3, corpus="other")
    for fold in leave_one_out(rows, classes_of(rows), "corpus"):
        assert fold.guarantee == "corpus-disjoint test; validation takes whole speakers"
    rows += make(3, corpus="third")
    for fold in leave_one_out(rows, classes_of(rows), "corpus"):
        assert fold.guarantee == "corpus-disjoint test; validation takes whole corpora"
        assert len(fold.valid) == 24


def test_clip_folds_are_the_80_20_of_the_paper():
    rows = make(9, clips_each=7)
    classes = classes_of(rows)
    folds = clip_folds(rows, classes)
    assert [len(fold.test) for fold in folds] == [13, 13, 13, 12, 12]
    for name in CLASSES:
        counts = [sum(classes[id_] == name for id_ in fold.test) for fold in folds]
        assert max(counts) - min(counts) <= 1
    assert {fold.guarantee for fold in folds} == {
        "SPEAKER-DEPENDENT: test and validation may share speakers with training"
    }
    assert [fold.name for fold in folds][4] == "clip-folds=5 valid=0.1 fold=5"


def test_what_is_not_balanced_is_said():
    rows = [row for row in make(5) if row["id"] not in ("toy/00-1", "toy/00-5")]
    fold = leave_one_out(rows, classes_of(rows))[0]
    assert fold.notes == ("No test clip of: fear.",)
    rows = make(5, gender="female") + make(1, clips_each=3, corpus="other", gender=None)
    split = speaker_share_split(rows, classes_of(rows), share=0.5, seed=1)
    assert split.notes == (
        "The gender of 1 of 6 speakers is not known, so it could not be balanced throughout.",
        "Adapts on 2 female and 0 male speakers; there are 5 and 0.",
        "Tests on 3 female and 0 male speakers; there are 5 and 0.",
        "Speakers differ in clips: 3 to 8 each.",
    )
    assert speaker_share_split(make(), classes_of(make())).notes == ()


def test_shots_of_a_few_sentences():
    rows = make(10)
    split = shots_split(rows, classes_of(rows), 2, sentence_disjoint=True)
    assert split.name == "shots=2 valid-shots=0 speaker-share=0.2 sentence-disjoint"
    assert split.guarantee == "speaker-disjoint and sentence-disjoint test; no validation"
    assert split.notes == (
        "To keep the sentences apart (2 in common), 8 of 16 clips to learn from and 32 of 64 test clips are left out.",
    )
    with pytest.raises(ProtocolError, match="have only: anger 2, fear 2, neutral 2, sadness 2;"):
        shots_split(rows, classes_of(rows), 3, sentence_disjoint=True)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda: leave_one_out(make(), classes_of(make()), "room"),
            "leave_one_out: by='room' found, expected one of speaker, session, corpus: choose one.",
        ),
        (
            lambda: leave_one_out(make(), classes_of(make()), "corpus"),
            "leave-one-corpus-out valid=0.1: corpora with clips: 1 found, expected at least 2: add some.",
        ),
        (
            lambda: speaker_folds(make(3), classes_of(make(3))),
            "speaker-folds=5 valid=0.1: speakers, or sessions that share some: 3 found, expected at least 5: add some "
            "or lower k.",
        ),
        (
            lambda: speaker_folds(make(), classes_of(make()), 1),
            "speaker-folds=1 valid=0.1: k=1 found, expected 2 folds or more: ask for such a number.",
        ),
        (
            lambda: clip_folds(make(1, 1), classes_of(make(1, 1)), 2),
            "clip-folds=2 valid=0.1: clips: 1 found, expected at least 2: add some.",
        ),
        (
            lambda: clip_folds(make(), classes_of(make()), valid_share=1),
            "valid_share=1 found, expected 0 or more and less than 1: choose such a share.",
        ),
        (
            lambda: speaker_folds(make(2, 1, speaker=None), classes_of(make(2, 1)), 2),
            "speaker-folds=2 valid=0.1: 2 of 2 clips have no speaker (toy/00-0, toy/01-0), expected one for each: "
            "fill the speaker column, or use clip_folds, which stamps its numbers SPEAKER-DEPENDENT.",
        ),
        (
            lambda: speaker_folds(make(2, 1, sentence=None), classes_of(make(2, 1)), 2, sentence_disjoint=True),
            "speaker-folds=2 valid=0.1: sentence_disjoint needs the sentence of every clip, 2 of 2 have none "
            "(toy/01-0, toy/00-0): fill the sentence column or leave out sentence_disjoint.",
        ),
        (
            lambda: leave_one_out(make(2, 1), classes_of(make(2, 1)), sentence_disjoint=True),
            "leave-one-speaker-out valid=0.1: sentence_disjoint needs two sentences or more, all clips say toy/t0: "
            "leave out sentence_disjoint.",
        ),
    ],
)
def test_refusals_say_what_to_do(attempt, message):
    with pytest.raises(ProtocolError) as error:
        attempt()
    assert str(error.value) == message


def test_sentences_of_different_corpora_are_not_said_to_differ():
    rows = make(3) + make(3, corpus="other")
    for fold in leave_one_out(rows, classes_of(rows), "corpus", sentence_disjoint=True):
        assert fold.notes[0] == "Test and rest are of different corpora, across which sentences are not compared."
