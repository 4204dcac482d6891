"""What labels mean, and names that do not depend on where the data lie."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humpcat.corpora import CORPORA
from humpcat.corpora.labels import EMOTIONS
from humpcat.corpora.own import wording
from humpcat.corpora.own.clips import relative_names
from humpcat.corpora.own.wording import emotion_of

WORDS = [(word.strip(), emotion) for emotion, words in wording._WORDS.items()
         for language in words.split(";") for word in language.split(",")]  # fmt: skip
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
        ("A", None),
        ("", None),
        ("01", None),
    ],
)
def test_wordings(label, emotion):
    assert emotion_of(label) == emotion


def test_no_word_means_two_emotions():
    assert set(wording._WORDS) == set(EMOTIONS)
    assert [word for word, emotion in WORDS if emotion_of(word) != emotion] == []


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
