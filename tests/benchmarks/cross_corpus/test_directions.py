from pathlib import Path

import pytest

from humpcat.benchmarks.cross_corpus.directions import directions, emotions_of, pair_space
from humpcat.benchmarks.cross_corpus.paper import PAIRS
from humpcat.benchmarks.cross_corpus.settings import CrossCorpusData
from humpcat.corpora import CORPORA
from humpcat.errors import CorpusError, SettingsError

from ...training.making import vowel, write


def found(folder: Path, *names: str) -> CrossCorpusData:
    for name in names:
        (folder / name).mkdir()
    return CrossCorpusData(data_dir=str(folder))


def named(pairs: list[str], data: CrossCorpusData) -> tuple[list[tuple[str, str]], list[str]]:
    told: list[str] = []
    return [one.pair for one in directions(pairs, data, told.append)], told


def test_the_papers_six_are_the_default_where_its_corpora_are_found(tmp_path: Path) -> None:
    assert named([], found(tmp_path, "EmoDB", "eNTERFACE", "CASIA", "mesd")) == (list(PAIRS), [])


def test_otherwise_every_corpus_that_is_found_is_source_and_target(tmp_path: Path) -> None:
    made, told = named([], found(tmp_path, "emodb", "casia", "mesd"))
    assert sorted(made) == sorted(
        (a, b) for a in ("casia", "emodb", "mesd") for b in ("casia", "emodb", "mesd") if a != b
    )
    assert told == []


def test_a_corpus_that_is_not_found_is_told_once_and_the_rest_goes_on(tmp_path: Path) -> None:
    made, told = named(["emodb:casia", "casia:emodb", "emodb:mesd"], found(tmp_path, "emodb", "mesd"))
    assert made == [("emodb", "mesd")]
    assert told == ["casia is not found in the data folder: its pairs are left out."]


@pytest.mark.parametrize(
    ("pair", "emotions"),
    [
        (("emodb", "enterface"), {"anger", "disgust", "fear", "happiness", "sadness"}),
        (("emodb", "casia"), {"anger", "fear", "happiness", "neutral", "sadness"}),
        (("enterface", "casia"), {"anger", "fear", "happiness", "sadness", "surprise"}),
    ],
)
def test_shared_classes_are_those_of_the_paper(pair: tuple[str, str], emotions: set[str]) -> None:
    source, target = (CORPORA[name] for name in pair)
    assert set(pair_space(source, target, "shared").classes) == emotions
    assert pair_space(target, source, "shared").classes == pair_space(source, target, "shared").classes


def test_features_are_made_of_what_some_pair_looks_at_only(tmp_path: Path) -> None:
    data = found(tmp_path, "emodb", "enterface", "casia")
    made = directions(["emodb:casia", "enterface:emodb"], data, lambda _: None)
    whole = {"anger", "disgust", "fear", "happiness", "neutral", "sadness"}
    assert set(emotions_of(CORPORA["emodb"], made).classes) == whole
    assert set(emotions_of(CORPORA["casia"], made).classes) == whole - {"disgust"}
    four = directions(["emodb:casia"], CrossCorpusData(data_dir=str(tmp_path), label_space="four"), lambda _: None)
    assert "excitement" in emotions_of(CORPORA["casia"], four).classes


def test_a_pair_without_shared_classes_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    own = tmp_path / "my own"
    for number, label in enumerate(("boredom", "calm")):
        write(own / label / "a.wav", vowel("neutral", speaker=number, take=0))
    made, told = named([f"emodb:{own}", "emodb:mesd"], found(tmp_path, "emodb", "mesd"))
    assert made == [("emodb", "mesd")]
    assert told == [
        "emodb → my-own is left out: label space 'shared:emodb+my-own': 1 shared emotions found, expected at least 2: "
        "choose other corpora."
    ]


@pytest.mark.parametrize(
    ("pairs", "space", "error", "sentence"),
    [
        (["emodb"], "shared", SettingsError, "pair 'emodb': expected two different corpora as SOURCE:TARGET"),
        (["emodb:emodb"], "shared", SettingsError, "pair 'emodb:emodb': expected two different corpora"),
        (["emodb:klingon"], "shared", CorpusError, "'klingon' is neither a corpus nor a file or folder here"),
        (["emodb:casia"], "shared", SettingsError, "pairs emodb:casia: none can be measured, expected one or more"),
        (["emodb:mesd"], "owner:emodb", SettingsError, "pairs emodb:mesd: none can be measured"),
        ([], "shared", CorpusError, None),
    ],
)
def test_refusals_are_one_sentence(
    pairs: list[str], space: str, error: type[Exception], sentence: str | None, tmp_path: Path
) -> None:
    data = found(tmp_path, "emodb", "mesd") if pairs else found(tmp_path, "emodb")
    data.label_space = space
    with pytest.raises(error) as caught:
        directions(pairs, data, lambda _: None)
    assert str(caught.value).startswith(
        sentence or "data folder: corpora emodb found, expected two or more: check --data-dir"
    )
