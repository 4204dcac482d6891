import json
import runpy
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from humpcat.errors import CheckpointError
from humpcat.features.encoder import SpeechEncoder
from humpcat.inference.pipeline import pipeline
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.ways import Way, Ways
from humpcat.pretrained import place_of, pretrained

from ..training.making import World, vowel, write

RECIPE = Path(__file__).parents[2] / "recipes" / "make_pretrained.py"
publish = runpy.run_path(str(RECIPE))["publish"]


def test_a_packed_model_answers_the_same_and_names_no_place(world: World, tmp_path: Path) -> None:
    publish(world.source, tmp_path / "packed", "owner/encoder")
    assert json.loads((tmp_path / "packed/config.json").read_text())["encoder"] == "owner/encoder"
    clips = [str(write(tmp_path / f"{name}.wav", vowel(name, speaker=7, take=1))) for name in ("anger", "sadness")]
    before = pipeline(world.source, device="cpu")(clips)
    after = pipeline(tmp_path / "packed", encoder=world.encoder, device="cpu")(clips)
    for one, other in zip(before, after, strict=True):
        scores = {row["label"]: row["score"] for row in one}
        assert {row["label"]: row["score"] for row in other} == pytest.approx(scores, abs=1e-3)
    assert 'humpcat.pipeline("packed")' in (tmp_path / "packed/README.md").read_text().replace("'", '"')
    size = [(folder / "model.safetensors").stat().st_size for folder in (world.source, tmp_path / "packed")]
    assert size[1] < 0.7 * size[0]
    for file in (tmp_path / "packed").iterdir():
        assert str(world.data.parent).encode() not in file.read_bytes(), file.name


def test_what_was_measured_of_other_weights_is_removed(world: World, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    publish(world.source, packed, "owner/encoder")
    ways = Ways("a corpus", 2, 8, 1, 4, "another", (Way("one clip", "humpcat predict CLIP", 0.5, None, None),))
    mine = replace(ways, model_hash=HumpCatForAudioClassification.from_pretrained(packed).weights_hash())
    for measured in (ways, mine):
        measured.write(packed)
        (packed / "robustness.json").write_text(json.dumps({"model_hash": "another"}))
        publish(world.source, packed, "owner/encoder")
        assert not (packed / "robustness.json").exists()
        kept = Ways.read(packed)
        assert kept == (mine if measured == mine else None)
        assert ("## What each way of use gives" in (packed / "README.md").read_text()) == (kept is not None)


def test_only_a_source_is_packed(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no settings"):
        publish(tmp_path, tmp_path / "packed", "owner/encoder")


def test_an_encoder_in_a_folder_is_packed_too(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(world.source, tmp_path / "packed", str(world.encoder))
    assert json.loads((tmp_path / "packed/config.json").read_text())["encoder"] == "./encoder"
    assert json.loads((tmp_path / "packed/settings.json").read_text())["encoder"] == "./encoder"
    moved = tmp_path / "elsewhere" / "packed"
    shutil.move(tmp_path / "packed", moved)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    clip = str(write(tmp_path / "clip.wav", vowel("anger", speaker=7, take=1)))
    assert pipeline(moved, device="cpu")(clip)


@pytest.mark.parametrize(
    ("name", "corpora", "encoder", "most"),
    [
        ("mini", ["cremad", "emodb", "mesd"], "./encoder", 12e6),
        ("cremad-whisper-base", ["cremad"], "openai/whisper-base", 7e6),
    ],
)
def test_a_model_that_comes_with_humpcat_is_whole(name: str, corpora: list[str], encoder: str, most: float) -> None:
    folder = pretrained(name)
    names = {file.name for file in folder.iterdir()}
    assert {"config.json", "model.safetensors", "preprocessor_config.json", "settings.json", "ledger.json"} <= names
    config = json.loads((folder / "config.json").read_text())
    assert config["encoder"] == encoder
    assert config["memory_rank"] > 0
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < most
    settings = json.loads((folder / "settings.json").read_text())
    assert (settings["corpus"], settings["data_dir"], settings["encoder"]) == (corpora, None, encoder)


def test_names_of_models_that_come_with_humpcat(tmp_path: Path) -> None:
    assert place_of(None) == place_of("mini") == place_of("humpcat/mini") == str(pretrained("mini"))
    assert place_of("cremad-whisper-base") == str(pretrained("cremad-whisper-base"))
    assert place_of(str(tmp_path / "mini")) == str(tmp_path / "mini")
    assert place_of("owner/mini") == "owner/mini"


def test_a_copy_of_the_encoder_in_half_precision_is_the_same_encoder(world: World, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(world.encoder, tmp_path / "half")
    weights = {name: value.half() for name, value in load_file(world.encoder / "model.safetensors").items()}
    save_file(weights, tmp_path / "half/model.safetensors", metadata={"format": "pt"})
    whole, half = (SpeechEncoder.from_pretrained(folder) for folder in (world.encoder, tmp_path / "half"))
    assert whole.weights_hash() != half.weights_hash()
    assert whole.weights_hash(rounded=True) == half.weights_hash() == half.weights_hash(rounded=True)
    shutil.copytree(world.source, tmp_path / "source")
    config = json.loads((tmp_path / "source/config.json").read_text())
    (tmp_path / "source/config.json").write_text(json.dumps(config | {"encoder_hash": half.weights_hash()}))
    clip = str(write(tmp_path / "clip.wav", vowel("anger", speaker=7, take=1)))
    assert pipeline(tmp_path / "source", encoder=world.encoder, device="cpu")(clip)


def test_whispers_hash_hangs_neither_on_its_decoder_nor_on_its_precision(tmp_path: Path) -> None:
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    config = WhisperConfig(
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        vocab_size=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )
    full = WhisperForConditionalGeneration(config)
    full.save_pretrained(tmp_path / "full")
    encoder = {
        name: value.half().contiguous()
        for name, value in full.state_dict().items()
        if name.startswith("model.encoder.")
    }
    from safetensors.torch import save_file

    (tmp_path / "part").mkdir()
    save_file(encoder, tmp_path / "part/model.safetensors", metadata={"format": "pt"})
    shutil.copy(tmp_path / "full/config.json", tmp_path / "part/config.json")
    whole, part = (SpeechEncoder.from_pretrained(tmp_path / name) for name in ("full", "part"))
    assert whole.weights_hash(rounded=True) == part.weights_hash()
