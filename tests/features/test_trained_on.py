"""What an encoder was trained on: by its name, by its weights, by its card, or unknown."""

from pathlib import Path

import pytest

from humpcat.errors import ProtocolError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.trained_on import DATASETS, HASHES, WORDS, TrainedOn, trained_on


def card(folder, head):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(f"---\n{head}\n---\n# An encoder\n")
    return folder


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("facebook/hubert-base-ls960", "LibriSpeech"),
        ("microsoft/wavlm-large", "Libri-Light, GigaSpeech, VoxPopuli"),
        ("facebook/data2vec-audio-large-960h", "Libri-Light, LibriSpeech"),
        ("openai/whisper-base", "680,000 hours of audio of the web, which of it was not published"),
        ("openai/whisper-large-v3", "5,000,000 hours of audio of the web, which of it was not published"),
        ("somebody/something", "unknown"),
    ],
)
def test_by_its_name_in_the_hub(name, said):
    found = trained_on(name)
    assert (found.encoder, found.said) == (name, said)
    assert found.sentence == f"The encoder was trained on: {said}."
    assert TrainedOn.from_json(found.to_json()) == found


def test_each_encoder_stands_in_the_table_once():
    names = [name for encoders in (*DATASETS.values(), *WORDS.values()) for name in encoders]
    assert len(names) == len(set(names))
    assert set(HASHES.values()) <= set(names)
    assert all("," not in name for datasets in DATASETS for name in datasets)


def test_by_the_hash_of_its_weights_where_the_folder_has_another_name(tmp_path):
    (tmp_path / "copy").mkdir()
    (known,) = HASHES
    assert trained_on(str(tmp_path / "copy"), hashes=[None, known]) == trained_on("openai/whisper-base")
    assert trained_on(str(tmp_path / "copy"), hashes=["0" * 16]).said == "unknown"


def test_a_folder_called_as_an_encoder_of_the_hub_is_not_taken_for_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("openai/whisper-base").mkdir(parents=True)
    assert trained_on("openai/whisper-base") == TrainedOn("whisper-base", "unknown")


def test_by_the_hubs_cache(tmp_path):
    folder = card(tmp_path / "models--facebook--hubert-base-ls960/snapshots/abc", "datasets: [other]")
    assert trained_on(str(folder)) == trained_on("facebook/hubert-base-ls960")
    folder = card(tmp_path / "models--me--mine/snapshots/abc", "datasets: [other]")
    assert trained_on(str(folder)) == TrainedOn("me/mine", "other", ("other",))


@pytest.mark.parametrize(
    ("head", "said", "datasets"),
    [
        ("datasets: librispeech_asr", "librispeech_asr", ("librispeech_asr",)),
        ("datasets:\n- me/crema-d\n- emodb", "me/crema-d, emodb", ("me/crema-d", "emodb")),
        (
            "datasets: [emodb]\nbase_model: facebook/hubert-base-ls960",
            "emodb, LibriSpeech",
            ("emodb", "LibriSpeech"),
        ),
        ("datasets: [emodb]\nbase_model: [a/b]", "emodb, whatever a/b was trained on", ("emodb",)),
        ('datasets: ["one\\n| name"]', "one | name", ("one | name",)),
        # No data is named, or nothing can be read.
        ("datasets:", "unknown", ()),
        ("datasets: []", "unknown", ()),
        ("datasets: [1, 2]", "unknown", ()),
        ("language: de", "unknown", ()),
        ("base_model: facebook/hubert-base-ls960", "unknown", ()),
        ("datasets: [", "unknown", ()),
        ("- a list", "unknown", ()),
        ("!!python/object/apply:os.system ['false']", "unknown", ()),
    ],
)
def test_by_the_card_in_its_folder(head, said, datasets, tmp_path):
    assert trained_on(str(card(tmp_path / "mine", head))) == TrainedOn("mine", said, datasets)


def test_a_card_that_is_no_card(tmp_path):
    (tmp_path / "README.md").write_bytes(b"\xff\xfe\x00")
    assert trained_on(str(tmp_path)).said == "unknown"
    (tmp_path / "README.md").write_text("# No head")
    assert trained_on(str(tmp_path)).said == "unknown"
    endless = "datasets:\n" + "\n".join(f"- {'x' * 10_000}{number}" for number in range(1000))
    assert len(trained_on(str(card(tmp_path, endless))).said) < 10_000


def test_only_the_folders_own_name_is_told(tmp_path):
    assert trained_on(str(tmp_path / "secret/place")).encoder == "place"
    assert trained_on("../elsewhere").encoder == "elsewhere"


@pytest.mark.parametrize(
    ("dataset", "corpus", "same"),
    [
        ("MSP-Podcast", "msp_podcast", True),
        ("me/crema-d", "cremad", True),
        ("RAVDESS", "ravdess", True),
        ("narad/ravdess-emotional-speech-audio", "ravdess", True),
        ("Emo-DB", "emodb", True),
        ("LibriSpeech", "emodb", False),
        ("ravdess/other", "ravdess", False),
        ("My clips", "my_clips", True),
        ("My clips", "clips", False),
        ("\u97f3\u58f0", "\u8a9e\u6599", False),
    ],
)
def test_a_test_corpus_is_known_by_its_names(dataset, corpus, same):
    assert TrainedOn("me/mine", dataset, (dataset,)).holds(corpus) is same


@pytest.mark.parametrize(
    "content", [None, [], {"encoder": "a"}, {"encoder": "a", "said": "b", "datasets": "c"}, {"encoder": 1}]
)
def test_what_is_no_such_thing_is_refused(content):
    with pytest.raises(ProtocolError, match="ledger: encoder is "):
        TrainedOn.from_json(content)


@pytest.mark.real_data
def test_the_hash_is_that_of_whisper_base(whisper_base):
    encoder = SpeechEncoder.from_pretrained(whisper_base)
    assert HASHES[encoder.weights_hash(rounded=True)] == "openai/whisper-base"
