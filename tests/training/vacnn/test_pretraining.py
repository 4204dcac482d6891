from collections import Counter
from collections.abc import Collection

import pytest

from humpcat.benchmarks.vacnn.systems import systems_named
from humpcat.corpora import label_space
from humpcat.features.extraction import StoredFeatures
from humpcat.protocols import Split, pretraining
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.vacnn.pretraining import pretraining_name
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings

CLASSES = ("anger", "sadness")


def corpus(name: str, speakers: int, clips: int = 10) -> PreparedCorpus:
    """Return so many clips of each speaker, without audio."""
    rows = {
        f"{name}/{speaker}-{clip}": {
            "id": f"{name}/{speaker}-{clip}",
            "corpus": name,
            "speaker": f"s{speaker}",
            "gender": None,
            "duration": 1.0,
        }
        for speaker in range(speakers)
        for clip in range(clips)
    }
    classes = {clip_id: CLASSES[index % 2] for index, clip_id in enumerate(rows)}
    prints = {clip_id: f"{index:032x}{name}" for index, clip_id in enumerate(rows)}
    features = StoredFeatures(prints, dict.fromkeys(rows, ()))
    return PreparedCorpus(rows, classes, features, Counter({"boredom": 1}))


def pretraining_split(clips: PreparedCorpus, kept_out: Collection[str], *, seed: int) -> Split:
    rows, fingerprints = list(clips.rows.values()), clips.features.fingerprints
    return pretraining.pretraining_split(rows, clips.classes, fingerprints, kept_out, seed=seed)


@pytest.fixture(scope="module")
def prepared() -> PreparedCorpus:
    return corpus("one", 6).merge(corpus("two", 4))


def test_corpora_are_put_together(prepared: PreparedCorpus) -> None:
    assert len(prepared.rows) == len(prepared.classes) == len(prepared.features.entries) == 100
    assert prepared.left_out == {"boredom": 2}


def test_the_papers_pretraining_takes_clips_and_is_stamped(prepared: PreparedCorpus) -> None:
    split = pretraining_split(prepared, (), seed=0)
    assert len(split.test) == 20
    assert split.speaker_dependent


def test_ours_hears_nothing_of_who_is_kept_out(prepared: PreparedCorpus) -> None:
    kept_out = {"one/s0", "one/s3"}
    split = pretraining_split(prepared, kept_out, seed=0)
    heard = {prepared.speaker_of(clip_id) for part in (split.seen, split.test) for clip_id in part}
    assert len(heard) == 8
    assert not heard & kept_out
    assert "speaker-disjoint" in split.guarantee


def test_a_corpus_of_two_speakers_is_pretrained_on_too() -> None:
    # As TESS, beside which RAVDESS keeps its test speakers out.
    both = corpus("two", 2).merge(corpus("one", 6))
    split = pretraining_split(both, {"one/s1"}, seed=0)
    heard = {
        part: {both.speaker_of(clip_id) for clip_id in getattr(split, part)} for part in ("train", "valid", "test")
    }
    assert {"two/s0", "two/s1"} < heard["train"]
    assert set().union(*heard.values()) == {"two/s0", "two/s1", *(f"one/s{number}" for number in (0, 2, 3, 4, 5))}
    assert not heard["test"] & (heard["train"] | heard["valid"])
    assert "speaker-disjoint" in split.guarantee


def test_what_keeps_out_nobody_of_the_source_shares_its_pretraining_with_the_papers(prepared: PreparedCorpus) -> None:
    kept_out = [(), *({f"other/s{fold}"} for fold in range(3))]
    hashes = {pretraining_split(prepared, speakers, seed=0).hash for speakers in kept_out}
    assert len(hashes) == 1
    assert pretraining_split(prepared, {"one/s0"}, seed=0).hash not in hashes


def test_a_pretraining_is_shared_by_what_it_does_not_depend_on_and_by_nothing_else(prepared: PreparedCorpus) -> None:
    split, space = pretraining_split(prepared, (), seed=0), label_space("seven")
    fused, other, vacnn = systems_named(["VACNN", "VACNN + BOVW", "VACNN (CBAM) + BOVW"])
    plain = PictureSettings()

    def name(system=vacnn, settings=plain, **optimization):
        return pretraining_name(system, space, split, settings, PictureOptimization(**optimization))

    assert name() == name(fused) == name(settings=PictureSettings(words=[64], pooling="flatten")) == name(workers=2)
    others = [name(other), name(settings=PictureSettings(spec_augment=2)), name(epochs=3), name(learning_rate=0.01)]
    assert len({name(), *others}) == 5


def test_the_seven_classes_take_calm_for_neutral() -> None:
    space = label_space("seven")
    assert len(space.classes) == 7
    assert (space.class_of("calm"), space.class_of("boredom")) == ("neutral", None)
