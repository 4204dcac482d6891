import pytest

from humpcat.errors import ProtocolError
from humpcat.protocols import (
    check_split,
    cross_corpus_matrix,
    inductive_pairs,
    sentence_overlap,
    transductive_pairs,
)
from humpcat.protocols.split import Split

EMOTIONS = {
    "casia": ("anger", "fear", "happiness", "neutral", "sadness", "surprise"),
    "emodb": ("anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"),
    "enterface": ("anger", "disgust", "fear", "happiness", "sadness", "surprise"),
}
ROWS = [
    {
        "id": f"{corpus}/{speaker}-{emotion}",
        "corpus": corpus,
        "speaker": str(speaker),
        "session": f"r{speaker // 2}" if corpus == "casia" else None,
        "gender": ("female", "male")[speaker % 2],
        "sentence": f"t{(speaker + number) % 3}",
    }
    for corpus, emotions in EMOTIONS.items()
    for speaker in range(6)
    for number, emotion in enumerate(emotions)
]
CLASSES = {row["id"]: row["id"].split("-")[1] for row in ROWS}
EMODB = {id_: name for id_, name in CLASSES.items() if id_.startswith("emodb")}


def test_the_shared_classes_of_the_paper():
    splits = transductive_pairs(ROWS, CLASSES)
    assert len(splits) == 6
    shared = {
        ("emodb", "enterface"): {"anger", "disgust", "fear", "happiness", "sadness"},
        ("emodb", "casia"): {"anger", "fear", "happiness", "neutral", "sadness"},
        ("enterface", "casia"): {"anger", "fear", "happiness", "sadness", "surprise"},
    }
    for pair, wanted in shared.items():
        for source, target in (pair, pair[::-1]):
            split = splits[source, target]
            assert split.train == tuple(sorted(i for i in CLASSES if i.startswith(source) and CLASSES[i] in wanted))
            assert split.test == tuple(sorted(i for i in CLASSES if i.startswith(target) and CLASSES[i] in wanted))
            assert split.unlabelled == split.test
            assert split.guarantee == (
                "TRANSDUCTIVE: cross-corpus; the test clips are seen without their labels; no validation"
            )
            assert split.notes == ()


def test_inductive_pairs_test_other_speakers_than_those_unlabelled():
    both = transductive_pairs(ROWS, CLASSES)
    for pair, split in inductive_pairs(ROWS, CLASSES, share=0.3).items():
        assert sorted(split.unlabelled + split.test) == list(both[pair].test)
        assert len({id_.split("-")[0] for id_ in split.unlabelled}) == 2
        assert not split.transductive
        assert check_split(ROWS, split) is split


def test_the_matrix_tests_all_of_each_target():
    matrix = cross_corpus_matrix(ROWS, CLASSES)
    assert len(matrix) == 9
    for (source, target), split in matrix.items():
        if source == target:
            assert split.guarantee == ("session-disjoint" if source == "casia" else "speaker-disjoint")
            continue
        assert split.test == tuple(sorted(id_ for id_ in CLASSES if id_.startswith(target)))
        assert {id_.split("/")[0] for id_ in split.learnt} == {source}
        assert split.guarantee.startswith("cross-corpus: no clip of the target is learnt from; validation takes whole")
    assert matrix["enterface", "emodb"].notes == (
        "No training clip of: boredom, neutral.",
        "No validation clip of: boredom, neutral.",
        "No test clip of: surprise.",
    )
    assert sentence_overlap(ROWS, matrix["enterface", "emodb"]).sentence() == (
        "No clip of the test's corpora was seen, and sentences are not compared across corpora."
    )


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (
            lambda: cross_corpus_matrix(ROWS, EMODB),
            "cross-corpus: clips of emodb found, expected two corpora or more: add one.",
        ),
        (
            lambda: transductive_pairs(ROWS, CLASSES, [("emodb", "tess")]),
            "pair (emodb, tess) found, expected two different ones of casia, emodb, enterface: name such a pair.",
        ),
        (
            lambda: inductive_pairs(ROWS, dict.fromkeys(CLASSES, "anger")),
            "pair (casia, emodb): classes of both found: anger, expected two or more: choose another pair or label "
            "space.",
        ),
    ],
)
def test_refusals_say_what_to_do(attempt, message):
    with pytest.raises(ProtocolError) as error:
        attempt()
    assert str(error.value) == message


def test_the_overlap_of_sentences_in_words():
    def overlap(rows, **parts):
        return sentence_overlap(rows, Split("by hand", 0, "speaker-disjoint", **parts))

    emodb = {row["id"]: row for row in ROWS}
    adapt, test = ("emodb/0-anger", "emodb/0-boredom"), ("emodb/1-anger", "emodb/1-boredom", "emodb/1-disgust")
    found = overlap(ROWS, adapt=adapt, test=test)
    assert (found.repeated, found.sentences, found.unknown, found.unknown_seen) == (2, 2, 0, 0)
    assert found.sentence() == "66.7 % of the test clips say one of 2 sentences that adaptation said too."
    gaps = [row | {"sentence": None} if row["id"] in (adapt[0], test[0]) else row for row in emodb.values()]
    assert overlap(gaps, train=adapt[:1], test=test).sentence() == (
        "No test clip says a sentence that training said; what 1 test clips and 1 clips of training say is not known."
    )
    assert overlap([row | {"sentence": None} for row in ROWS], train=adapt, test=test).share is None
