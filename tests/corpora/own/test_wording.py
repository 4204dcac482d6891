"""What labels mean, and names that do not depend on where the data lie."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humpcat.corpora import CORPORA
from humpcat.corpora.labels import EMOTIONS
from humpcat.corpora.own.clips import relative_names
from humpcat.corpora.own.wording import emotion_of, suggestion, word_list

WORDS = [(word, emotion) for _, emotion, words in word_list() for word in words]
PART = st.text("abcäö 01.-", min_size=1, max_size=6).map(lambda text: f"x{text}x")


@pytest.mark.parametrize(
    ("label", "emotion"),
    [
        ("ANG", "anger"),
        ("Wütend", "anger"),
        ("felicita'", "happiness"),
        ("felicità", "happiness"),
        ("Enojo", "anger"),
        ("dégoût", "disgust"),
        ("tristeza", "sadness"),
        ("złość", "anger"),
        ("zlosc", "anger"),
        ("gāoxìng", "happiness"),
        ("悲伤", "sadness"),
        ("pleasant_surprise", "surprise"),
        ("05Angry", "anger"),
        ("01_angry", "anger"),
        ("angry_05", "anger"),
        ("(3) sad", "sadness"),
        ("happySpeech", "happiness"),
        ("Angry_clips", "anger"),
        ("F_angry", "anger"),
        ("angers", "anger"),
        ("angrily", "anger"),
        ("happies", "happiness"),
        ("traurige", "sadness"),
        ("enojadas", "anger"),
        ("fâchées", "anger"),
        ("wuetend", "anger"),
        ("怒り", "anger"),
        ("悲しみ", "sadness"),
        ("злая", "anger"),
        ("грустные", "sadness"),
        ("KIZGIN", "anger"),
        ("Üzgün", "sadness"),
        ("boos", "anger"),
        ("verdrietig", "sadness"),
        ("الغضب", "anger"),
        ("गुस्सा", "anger"),
        ("슬픔", "sadness"),
        ("not_angry", None),
        ("OAF_angry", None),
        ("maria", None),
        ("A", None),
        ("", None),
        ("01", None),
    ],
)
def test_wordings(label, emotion):
    assert emotion_of(label) == emotion


def test_no_word_means_two_emotions():
    assert {emotion for _, emotion in WORDS} == set(EMOTIONS)
    assert [word for word, emotion in WORDS if emotion_of(word) != emotion] == []


@pytest.mark.parametrize(
    ("label", "near"),
    [
        ("angy", ("angry", "anger")),
        ("nuetral", ("neutral", "neutral")),
        ("OAF_angry", ("angry", "anger")),
        ("怒りの声", ("怒り", "anger")),
        ("service", None),
        ("not_angry", None),
    ],
)
def test_suggestions(label, near):
    assert emotion_of(label) is None
    assert suggestion(label) == near


def test_words_agree_with_the_owners_of_corpora():
    for corpus in CORPORA:
        for label, emotion in corpus.labels.items():
            assert emotion_of(label) in (None, emotion), f"{corpus.name}: {label}"


@given(st.sampled_from(WORDS), st.sampled_from([str.upper, str.title, str.casefold]), st.sampled_from("_-. '"))
def test_case_and_punctuation_do_not_matter(word, change, mark):
    assert emotion_of(f"{mark}{change(word[0])}{mark}") == word[1]


@given(st.lists(st.lists(PART, min_size=1, max_size=3).map("/".join), min_size=1, max_size=5), PART, PART)
def test_names_do_not_tell_where_the_data_lie(names, first, second):
    roots = [Path("/", first), Path("/", second, first)]
    absolute = [relative_names([f"{root}/{name}" for name in names], root) for root in roots]
    assert absolute[0] == absolute[1] == relative_names(names, roots[0]) == names
    elsewhere = [relative_names([f"{root}/{name}" for name in names], Path("/elsewhere")) for root in roots]
    assert elsewhere[0] == elsewhere[1]


@pytest.mark.parametrize("wording", ["angry_sad", "sad or happy", "not_angry"])
def test_what_nobody_can_tell_is_not_guessed(wording):
    assert emotion_of(wording) is None
    assert suggestion(wording) is None


@pytest.mark.parametrize(
    ("wording", "emotion"), [("madness", "anger"), ("かなしい", "sadness"), ("화났다", "anger"), ("슬프다", "sadness")]
)
def test_words_as_they_are_spoken(wording, emotion):
    assert emotion_of(wording) == emotion
