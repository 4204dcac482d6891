"""A model that was saved is loaded in another place, on another machine, without a network."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from huggingface_hub import ModelCard
from transformers import HubertModel

from humpcat.errors import EncoderError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.trained_on import TrainedOn
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Ledger
from humpcat.protocols.seen import Seen

from ...hubs import Hub, serving
from ..conftest import ENCODER

LOADING = HumpCatForAudioClassification.from_pretrained


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Return an empty folder in place of the hub's cache."""
    monkeypatch.delenv("HUMPCAT_ENCODERS", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def model(tiny_model, saved_encoder):
    return tiny_model(
        encoder=str(saved_encoder), encoder_hash=SpeechEncoder.from_pretrained(saved_encoder).weights_hash()
    )


def snapshot(cache, name):
    """Return the folder of the only commit of a model in the hub's cache."""
    folder = cache / f"models--{name.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text("c0ffee")
    return folder / "snapshots/c0ffee"


def named(folder):
    config = json.loads((folder / "config.json").read_text())
    return config["encoder"], config["encoder_revision"]


def test_model_and_encoder_move_together(model, saved_encoder, tmp_path):
    model.save_pretrained(tmp_path / "here/model")
    assert named(tmp_path / "here/model") == (str(saved_encoder), None)
    shutil.copytree(saved_encoder, tmp_path / "here/encoder")
    model.config.encoder = str(tmp_path / "here/encoder")
    model.save_pretrained(tmp_path / "here/model")
    assert named(tmp_path / "here/model") == ("../encoder", None)
    assert model.config.encoder == str(tmp_path / "here/encoder")
    (tmp_path / "here").rename(tmp_path / "there")
    shutil.rmtree(saved_encoder)
    loaded = LOADING(tmp_path / "there/model")
    assert loaded.config.encoder == str(tmp_path / "there/encoder")
    assert loaded.load_encoder().weights_hash() == model.config.encoder_hash
    assert loaded.weights_hash() == model.weights_hash()


def test_an_encoder_is_saved_with_its_model(model, saved_encoder, tmp_path):
    model.save_pretrained(tmp_path / "here", with_encoder=True)
    assert named(tmp_path / "here") == ("./encoder", None)
    (tmp_path / "here").rename(tmp_path / "there")
    shutil.rmtree(saved_encoder)
    loaded = LOADING(tmp_path / "there")
    assert loaded.load_encoder().weights_hash() == model.config.encoder_hash
    assert loaded.config.encoder == str(tmp_path / "there/encoder")


def test_an_encoder_that_has_moved_is_found_by_its_hash(model, saved_encoder, tmp_path, monkeypatch):
    model.save_pretrained(tmp_path / "model")
    torch.manual_seed(8)
    HubertModel(ENCODER).save_pretrained(tmp_path / "encoders/another")
    (tmp_path / "encoders/nothing").mkdir()
    saved_encoder.rename(tmp_path / "encoders/moved")
    with pytest.raises(EncoderError) as caught:
        LOADING(tmp_path / "model").load_encoder()
    assert str(caught.value).startswith(f"encoder '{saved_encoder}' was not found: there is no such folder")
    monkeypatch.setenv("HUMPCAT_ENCODERS", str(tmp_path / "encoders"))
    loaded = LOADING(tmp_path / "model")
    assert loaded.load_encoder().weights_hash() == model.config.encoder_hash
    assert loaded.config.encoder == str(tmp_path / "encoders/moved")
    monkeypatch.setenv("HUMPCAT_ENCODERS", str(tmp_path / "none"))
    with pytest.raises(EncoderError) as caught:
        LOADING(tmp_path / "model").load_encoder()
    assert str(caught.value) == (
        f"HUMPCAT_ENCODERS names {tmp_path}/none: there is no such folder: check the variable."
    )


def test_another_encoder_in_the_old_place_is_passed_over(model, saved_encoder, tmp_path, monkeypatch):
    model.save_pretrained(tmp_path / "model")
    saved_encoder.rename(tmp_path / "moved")
    torch.manual_seed(8)
    HubertModel(ENCODER).save_pretrained(saved_encoder)
    with pytest.raises(EncoderError, match="its weights have the hash"):
        LOADING(tmp_path / "model").load_encoder()
    monkeypatch.setenv("HUMPCAT_ENCODERS", str(tmp_path))
    loaded = LOADING(tmp_path / "model")
    loaded.load_encoder()
    assert loaded.config.encoder == str(tmp_path / "moved")


def test_an_encoder_that_is_given_must_be_the_right_one(model, saved_encoder, tmp_path):
    model.save_pretrained(tmp_path / "model", with_encoder=True)
    torch.manual_seed(8)
    HubertModel(ENCODER).save_pretrained(tmp_path / "another")
    loaded = LOADING(tmp_path / "model")
    with pytest.raises(EncoderError, match=f"encoder {tmp_path}/another: its weights have the hash"):
        loaded.load_encoder(tmp_path / "another")
    loaded.load_encoder(saved_encoder)
    assert loaded.config.encoder == str(saved_encoder)
    # As recipes name it.
    loaded = LOADING(tmp_path / "model")
    loaded.config.encoder = str(tmp_path / "none")
    with pytest.raises(EncoderError, match="there is no such folder"):
        loaded.load_encoder()


@pytest.mark.parametrize("by", ["name", "folder"])
def test_an_encoder_of_the_hub_is_named_with_its_commit(by, model, saved_encoder, cache, tmp_path):
    folder = snapshot(cache, "someone/hubert")
    shutil.copytree(saved_encoder, folder)
    shutil.rmtree(saved_encoder)
    model.config.encoder = "someone/hubert" if by == "name" else str(folder)
    model.save_pretrained(tmp_path / "model")
    assert named(tmp_path / "model") == ("someone/hubert", "c0ffee")
    loaded = LOADING(tmp_path / "model")
    assert loaded.load_encoder().weights_hash() == model.config.encoder_hash
    assert (loaded.config.encoder, loaded.weights_hash()) == ("someone/hubert", model.weights_hash())


def test_an_encoder_is_found_in_the_hubs_cache_by_its_hash(model, saved_encoder, cache, tmp_path):
    model.save_pretrained(tmp_path / "model")
    shutil.copytree(saved_encoder, snapshot(cache, "someone/hubert"))
    shutil.rmtree(saved_encoder)
    loaded = LOADING(tmp_path / "model")
    loaded.load_encoder()
    assert (loaded.config.encoder, loaded.config.encoder_revision) == ("someone/hubert", "c0ffee")


def test_a_model_is_loaded_from_the_hub_with_its_encoder(model, saved_encoder, cache):
    model.save_pretrained(snapshot(cache, "me/mine"), with_encoder=True)
    shutil.rmtree(saved_encoder)
    loaded = LOADING("me/mine", local_files_only=True)
    assert loaded.load_encoder().weights_hash() == model.config.encoder_hash


def test_a_card_is_written_unless_there_is_one(model, tmp_path):
    (tmp_path / "model").mkdir()
    trained_on = TrainedOn("openai/whisper-base", "what | nobody knows")
    Ledger({"cremad": Seen(), "own-clips": Seen()}, trained_on).save(tmp_path / "model/ledger.json")
    model.config.encoder = "openai/whisper-base"
    model.save_pretrained(tmp_path / "model")
    card = ModelCard.load(tmp_path / "model/README.md")
    assert card.data.to_dict() == {
        "base_model": "openai/whisper-base",
        "datasets": ["cremad", "own-clips"],
        "language": ["en"],
        "library_name": "humpcat",
        "license": "other",
        "model_name": "model",
        "pipeline_tag": "audio-classification",
        "tags": ["speech-emotion-recognition", "humpcat"],
    }
    assert "Tells sadness, anger, neutral, happiness from speech." in card.text
    assert "ODbL 1.0 (database)" in card.text
    told = "The encoder was trained on: what \\| nobody knows."
    assert told in card.text
    # What the model was trained on stays known where it is saved again.
    LOADING(tmp_path / "model").save_pretrained(tmp_path / "again")
    assert told in (tmp_path / "again/README.md").read_text()
    assert ModelCard.load(tmp_path / "again/README.md").data.datasets == ["cremad", "own-clips"]
    Path(tmp_path / "again/README.md").write_text("mine")
    model.save_pretrained(tmp_path / "again")
    assert (tmp_path / "again/README.md").read_text() == "mine"


PUSH_AND_LOAD = """
import json
import shutil
import sys

import humpcat

folder, encoder, clip = sys.argv[1:]
model = humpcat.HumpCatForAudioClassification.from_pretrained(folder)
extractor = humpcat.HumpCatFeatureExtractor(model.config.extracted)
extractor.save_pretrained("pushed")
model.save_pretrained("pushed", with_encoder=True, push_to_hub=True, repo_id="me/mine", token="hf_x")
for place in (folder, encoder, "pushed"):
    shutil.rmtree(place)
loaded = humpcat.HumpCatForAudioClassification.from_pretrained("me/mine")
print(json.dumps([loaded.weights_hash() == model.weights_hash(), humpcat.pipeline("me/mine")(clip)]))
"""


def test_a_model_is_pushed_to_a_hub_and_loaded_from_it_on_another_machine(model, saved_encoder, tmp_path):
    model.save_pretrained(tmp_path / "model")
    soundfile.write(tmp_path / "clip.wav", np.sin(np.arange(16_000) / 20), 16_000)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    with serving(Hub({"me/mine": tmp_path / "hub-folder"})) as hub:
        environment |= {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            [sys.executable, "-c", PUSH_AND_LOAD, tmp_path / "model", saved_encoder, tmp_path / "clip.wav"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    same, answer = json.loads(done.stdout.splitlines()[-1])
    assert same
    assert len(answer) == 4
    files = {path.relative_to(tmp_path / "hub-folder").as_posix() for path in (tmp_path / "hub-folder").rglob("*.*")}
    assert {"README.md", "config.json", "model.safetensors", "encoder/config.json"} <= files
    card = ModelCard.load(tmp_path / "hub-folder/README.md")
    assert card.data.library_name == "humpcat"
