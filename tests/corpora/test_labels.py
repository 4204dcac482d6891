"""Label spaces: what becomes of every label of every corpus, and what is left out."""

import json
from collections import Counter

import pytest
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.corpora import CORPORA, FOUR, QUADRANTS, label_space
from humpcat.corpora.labels import EMOTIONS, account, name_of_space, own_space, owner_space, shared_space
from humpcat.errors import CorpusError, SettingsError
from humpcat.protocols import labelled


@pytest.mark.parametrize("corpus", list(CORPORA), ids=lambda corpus: corpus.name)
def test_corpora_use_canonical_emotions_only(corpus):
    assert {emotion for emotion in corpus.labels.values() if emotion is not None} <= set(EMOTIONS)


@pytest.mark.parametrize(
    "name", ["four", "four-strict", "quadrants", "seven", "shared:emodb+ravdess", "owner:iemocap"]
)
def test_a_space_is_found_by_the_name_it_carries(name):
    space = label_space(name)
    assert space.name == name
    assert set(space.mapping.values()) == set(space.classes)


def test_four_classes_of_iemocap_merge_excitement():
    corpus = CORPORA["iemocap"]
    kept = Counter()
    for row in account(FOUR, corpus.labels, corpus.expected):
        if row.class_ is not None:
            kept[row.class_] += row.clips
    assert kept == {"anger": 1103, "happiness": 1636, "neutral": 1708, "sadness": 1084}


def test_account_names_what_is_left_out_with_counts():
    corpus = CORPORA["emodb"]
    left_out = {row.label: row.clips for row in account(FOUR, corpus.labels, corpus.expected) if row.class_ is None}
    assert left_out == {"L": 81, "E": 46, "A": 69}


def test_quadrants_take_in_every_emotion_but_contempt():
    assert QUADRANTS.left_out(EMOTIONS) == {"contempt": 1}
    assert [QUADRANTS.class_of(emotion) for emotion in ("anger", "sadness", "happiness", "neutral")] == [
        "negative-high",
        "negative-low",
        "positive-high",
        "positive-low",
    ]


def test_shared_classes_do_not_depend_on_the_order_of_corpora():
    one, two = (shared_space([CORPORA[name] for name in names]) for names in (("emodb", "emovo"), ("emovo", "emodb")))
    assert one.classes == two.classes == ("anger", "disgust", "fear", "happiness", "neutral", "sadness")


def test_an_owners_set_keeps_labels_without_an_emotion():
    space = owner_space(CORPORA["iemocap"])
    rows = [{"id": "a", "label": "oth", "emotion": None}, {"id": "b", "label": "ang", "emotion": "anger"}]
    assert labelled(rows, space) == ({"a": "oth", "b": "ang"}, Counter())


def test_unknown_space():
    with pytest.raises(SettingsError) as caught:
        label_space("five")
    assert str(caught.value) == (
        "label space 'five' is unknown: choose one of four, four-strict, quadrants, seven, "
        "shared:CORPUS+CORPUS (emotions that they share), owner:CORPUS (all labels of its owner), "
        "own (the labels of your own data as they are)."
    )


def test_space_of_an_unknown_corpus():
    with pytest.raises(CorpusError, match="corpus 'nowhere' is unknown"):
        label_space("shared:emodb+nowhere")


def test_nothing_shared():
    class Other:
        name = "other"
        labels = {"x": "contempt"}

    with pytest.raises(SettingsError, match="0 shared emotions found, expected at least 2"):
        shared_space([CORPORA["emodb"], Other()])


def test_labels_as_they_are_are_a_space_that_its_name_tells():
    space = own_space(["stressed", "a+b", "50 %", "stressed"])
    assert space.classes == ("50 %", "a+b", "stressed")
    assert label_space(space.name) == space
    assert space.class_of("a+b") == "a+b"
    assert name_of_space("own", [CORPORA["urdu"]]) == "own:Angry+Happy+Neutral+Sad"
    assert name_of_space("four", []) == "four"
    with pytest.raises(SettingsError, match="label space 'own': is that of the labels of one's own data"):
        label_space("own")
    with pytest.raises(SettingsError, match="label space 'own': the labels sad found, expected two or more"):
        own_space(["sad"])


def test_the_words_for_emotions_are_documented():
    done = CliRunner().invoke(app, ["labels", "--lang", "ja"])
    assert "ja anger: 怒り" in done.stdout
    every = json.loads(CliRunner().invoke(app, ["labels", "--json"]).stdout)
    assert {"en", "de", "ja", "ru", "tr", "nl", "ar", "hi", "ko"} <= set(every)
    assert every["tr"]["sadness"][0] == "üzgün"
    assert CliRunner().invoke(app, ["labels", "--lang", "xx"]).stderr.startswith("error: --lang xx: no words of it")
    assert json.loads(CliRunner().invoke(app, ["labels", "emodb", "--json"]).stdout)[0]["label"] == "W"
