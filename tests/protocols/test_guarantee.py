"""A guarantee is a value: what was written is read as it stands, and changed by what it speaks of."""

import json

import pytest

from humpcat.pretrained import NAMES, pretrained
from humpcat.protocols import SPEAKER_DEPENDENT, TRANSDUCTIVE, Guarantee, Split
from humpcat.protocols.guarantee import standardised_by

WRITTEN = [
    "speaker-disjoint test; validation shares speakers with adaptation",
    "speaker-disjoint and sentence-disjoint test; no validation; standardised by each speaker's clips without labels, "
    "test clips included",
    "SPEAKER-DEPENDENT: test and validation may share speakers with training",
    "SPEAKER-DEPENDENT: 1 of 1 test speakers was seen (toy/f1) by the source; speaker-disjoint test",
    "SPEAKER-DEPENDENT, TRANSDUCTIVE: who speaks is not known",
    "TRANSDUCTIVE: cross-corpus; the test clips are seen without their labels; no validation",
    "cross-corpus: no clip of the target is learnt from; validation takes whole sessions",
    "SPEAKER-DEPENDENT",
    "speaker-disjoint",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_written_is_read_and_said_again(text):
    assert str(Guarantee.parse(text)) == text


@pytest.mark.parametrize("name", NAMES)
def test_the_splits_that_came_with_results_are_read(name):
    file = pretrained(name) / "split.json"
    split = Split.load(file)
    assert split.to_json() == json.loads(file.read_text(encoding="utf-8"))
    assert str(Guarantee.parse(split.guarantee)) == split.guarantee
    assert not split.speaker_dependent


def test_stamps():
    assert Guarantee.parse(WRITTEN[4]).stamps == (SPEAKER_DEPENDENT, TRANSDUCTIVE)
    plain = Guarantee.parse(WRITTEN[0])
    assert not plain.speaker_dependent
    assert not plain.transductive
    stamped = plain.stamped(TRANSDUCTIVE).stamped(SPEAKER_DEPENDENT).stamped(TRANSDUCTIVE)
    assert str(stamped) == f"SPEAKER-DEPENDENT, TRANSDUCTIVE: {WRITTEN[0]}"
    # A word within a clause is no stamp.
    assert not Guarantee.parse("speaker-disjoint; not SPEAKER-DEPENDENT: so it is").speaker_dependent


def test_clauses_are_replaced_by_what_they_speak_of():
    first = Guarantee.parse(WRITTEN[0]).standardised("standardised by the clips that were learnt from and no others")
    assert first.clauses[-1] == "standardised by the clips that were learnt from and no others"
    assert str(first.standardised("standardised by nobody")) == f"{WRITTEN[0]}; standardised by nobody"
    assert str(first.standardised(None)) == WRITTEN[0]
    assert str(first.standardised(None).without_validation()) == "speaker-disjoint test"
    assert str(first.adding("a copy").adding("a copy").standardised(None)) == f"{WRITTEN[0]}; a copy"


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (("source", False, False), "standardised by the clips that were learnt from and no others"),
        (("corpus", False, False), "standardised by all target clips"),
        (("speaker", False, False), "standardised by each speaker's clips"),
        (("corpus", True, False), "standardised by and aligned to all target clips"),
        (("speaker", True, False), "standardised by each speaker's clips and aligned to all target clips"),
        (("speaker", False, True), "standardised by each speaker's clips and self-trained on all target clips"),
        (("corpus", True, True), "standardised by, aligned to and self-trained on all target clips"),
        (
            ("speaker", True, True),
            "standardised by each speaker's clips, aligned to and self-trained on all target clips",
        ),
    ],
)
def test_how_clips_are_heard_is_put_into_words_in_one_place(heard, said):
    normalization, aligned, self_trained = heard
    ending = "" if normalization == "source" else " of these classes without labels, test clips included"
    if normalization == "speaker" and self_trained:
        ending += ", classes balanced within each speaker's clips"
    found = standardised_by(normalization, aligned=aligned, self_trained=self_trained)
    assert found == said + ending
    # One clause, which a split that is standardised anew gives up whole.
    guarantee = Guarantee.parse("speaker-disjoint test").standardised(found)
    assert len(Guarantee.parse(str(guarantee)).clauses) == 2
    assert str(Guarantee.parse(str(guarantee)).standardised(None)) == "speaker-disjoint test"
    others = standardised_by(normalization, aligned=aligned, self_trained=self_trained, other_classes=True)
    assert others == found.replace(" of these classes without labels,", " without labels, those of other classes and")
