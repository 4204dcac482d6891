"""A checkpoint from anywhere is loaded whole and safe, or refused in one sentence; nothing of it ever runs."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file as numpy_load
from safetensors.numpy import save_file as numpy_save
from safetensors.torch import load_file

from humpcat.errors import CheckpointError, EncoderError, HumpcatError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.inference.pipeline import pipeline
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

from ..training.making import vowel
from .making import CONFIG, INDEX, WEIGHTS, add_code, add_index, change_config, change_weight


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model and, in it, its encoder."""
    folder = tmp_path_factory.mktemp("good")
    encoder = make_toy_encoder(folder / "toy")
    loaded = SpeechEncoder.from_pretrained(encoder)
    config = HumpCatConfig(
        encoder=str(encoder),
        encoder_hash=loaded.weights_hash(),
        encoder_normalize=loaded.normalize,
        encoder_layers=[1, 2],
        encoder_width=loaded.width,
        label2id={"anger": 0, "sadness": 1},
    )
    HumpCatForAudioClassification(config).save_pretrained(folder / "model", with_encoder=True)
    HumpCatFeatureExtractor().save_pretrained(folder / "model")
    return folder / "model"


@pytest.fixture
def model(good: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good, tmp_path / "model")


def refusal(model: Path) -> str:
    with pytest.raises(HumpcatError) as caught:
        pipeline(model)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_good_one_is_loaded(good: Path) -> None:
    assert pipeline(good).model.config.id2label == {0: "anger", 1: "sadness"}


@pytest.mark.parametrize("part", ["", "encoder"])
def test_code_of_a_checkpoint_is_neither_run_nor_asked_about(
    part: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    # What would answer "y" to whoever asks.
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 9))
    add_code(model / part, mark)
    assert "names code of its own (auto_map), which humpcat never runs" in refusal(model)
    assert not mark.exists()


@pytest.mark.parametrize("part", ["", "encoder"])
@pytest.mark.parametrize("file", ["evil.bin", "../outside.bin", "../outside.safetensors", "sub/evil.safetensors"])
def test_an_index_opens_nothing_but_safetensors_of_its_folder(
    part: str, file: str, model: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    add_index(model / part, file, mark)
    assert f"names the file {file!r}, expected a .safetensors file of the same folder" in refusal(model)
    assert not mark.exists()


@pytest.mark.parametrize("content", ["[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": 1}}', "{", "\0"])
def test_an_index_that_is_none(content: str, model: Path) -> None:
    (model / INDEX).write_text(content)
    assert INDEX in refusal(model)


@pytest.mark.parametrize("content", ["[]", "null", "{", "\0", "[" * 100_000])
@pytest.mark.parametrize("file", [CONFIG, "preprocessor_config.json"])
def test_a_description_that_is_none(content: str, file: str, model: Path) -> None:
    (model / file).write_text(content)
    assert file in refusal(model)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("layers", 20_000),
        ("layers", None),
        ("heads", 0),
        ("heads", "four"),
        ("hidden_size", 0),
        ("hidden_size", 10**9),
        ("hidden_size", [128]),
        ("feed_forward", -1),
        ("dropout", 5),
        ("dropout", None),
        ("dropout", True),
        ("scale", 0),
        ("encoder_layers", [99_999]),
        ("encoder_layers", [1, -1]),
        ("encoder_layers", []),
        ("encoder_layers", None),
        ("encoder_layers", 2),
        ("encoder_layers", [1, 1]),
        ("encoder_width", 0),
        ("encoder", None),
        ("fusion", None),
        ("fusion", ["cross-attention"]),
        ("pooling", {}),
        ("stem", 3),
        ("streams", None),
        ("streams", [None]),
        ("summary_streams", 1),
        ("memory_rank", -1),
        ("statistics", "no"),
        ("encoder_config", []),
    ],
)
def test_a_setting_out_of_range_is_named(setting: str, value: Any, model: Path) -> None:
    change_config(model, **{setting: value})
    assert setting in refusal(model)


def test_a_hidden_state_that_the_encoder_does_not_have(model: Path) -> None:
    change_config(model, encoder_layers=[1, 99])
    assert "has 4 layers, and the model reads hidden state 99" in refusal(model)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_weight_that_is_not_finite_is_named(value: float, model: Path) -> None:
    change_weight(model, "classifier.bias", value)
    assert "weight classifier.bias holds NaN or infinity" in refusal(model)


def test_an_encoder_weight_that_is_not_finite_is_named(model: Path) -> None:
    name = sorted(load_file(model / "encoder" / WEIGHTS))[0]
    change_weight(model / "encoder", name, float("nan"))
    with pytest.raises(EncoderError, match=f"weight {name} holds NaN or infinity"):
        SpeechEncoder.from_pretrained(model / "encoder")


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_temperature_that_divides_by_nothing(value: float, model: Path) -> None:
    change_weight(model, "temperature", value)
    assert f"temperature {value:g}: expected more than 0" in refusal(model)


def test_deviations_that_divide_by_nothing(model: Path) -> None:
    change_weight(model, "standardizer.mfcc", 0.0)
    assert "the standard deviations of mfcc are not all above 0" in refusal(model)


def test_damaged_weights(model: Path) -> None:
    content = (model / WEIGHTS).read_bytes()
    (model / WEIGHTS).write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="its weights are damaged"):
        pipeline(model)


def test_labels_that_are_none(model: Path) -> None:
    config = json.loads((model / CONFIG).read_text())
    (model / CONFIG).write_text(json.dumps(config | {"label2id": {"anger": "zero", "sadness": 1}}))
    assert "label2id" in refusal(model)


@pytest.mark.parametrize(
    ("part", "file", "setting", "value"),
    [
        ("", CONFIG, "dtype", "float99"),
        ("", CONFIG, "use_return_dict", False),
        ("", CONFIG, "base_model_tp_plan", 1),
        ("", CONFIG, "heads", 0),
        ("", CONFIG, "label2id", {"anger": [0]}),
        ("", "preprocessor_config.json", "streams", None),
        ("", "preprocessor_config.json", "streams", ["mfcc", True]),
        ("", "preprocessor_config.json", "streams", ["mfcc"]),
        ("", "preprocessor_config.json", "sampling_rate", 8000),
        ("", "preprocessor_config.json", "sampling_rate", {}),
        ("encoder", "preprocessor_config.json", "do_normalize", "no"),
        ("encoder", CONFIG, "num_hidden_layers", 100_000),
        ("encoder", CONFIG, "num_hidden_layers", 100),
        ("encoder", CONFIG, "num_hidden_layers", -1),
        ("encoder", CONFIG, "intermediate_size", 10**6),
        ("encoder", CONFIG, "num_conv_pos_embeddings", 10**6),
        ("encoder", CONFIG, "conv_stride", [5, 2, 2, 2, 2, 2, 1]),
        ("encoder", CONFIG, "conv_stride", [5, 2, 2, 2, 2, 2, "2"]),
        ("encoder", CONFIG, "conv_dim", [64] * 6 + [-64]),
        ("encoder", CONFIG, "layer_norm_eps", -1.0),
        ("encoder", CONFIG, "layer_norm_eps", float("nan")),
        ("encoder", CONFIG, "hidden_act", "nothing"),
        ("encoder", CONFIG, "model_type", "bert"),
        ("encoder", CONFIG, "__class__", True),
    ],
)
def test_what_no_setting_can_be_is_told_with_the_place(
    part: str, file: str, setting: str, value: Any, model: Path
) -> None:
    path = model / part / file
    path.write_text(json.dumps(json.loads(path.read_text()) | {setting: value}))
    assert model.name in refusal(model)


def test_an_encoder_that_would_answer_in_another_form(model: Path) -> None:
    change_config(model / "encoder", return_dict=False)
    clip = {"array": vowel("sadness", speaker=1, take=1), "sampling_rate": 16_000}
    assert sum(row["score"] for row in pipeline(model)(clip)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("clips", "change"),
    [
        ("many", {}),
        ("-1", {}),
        ("1", {}),
        ("0", {"extra": np.zeros(3)}),
        ("1", {"mean": np.nan}),
        ("1", {"deviations": -1.0}),
        ("1", {"mean": 1e300}),
        ("1", {"cut": True}),
    ],
)
def test_a_profile_that_holds_no_speaker(clips: str, change: dict[str, Any], good: Path, tmp_path: Path) -> None:
    listener = pipeline(good).listener()
    clip = {"array": vowel("sadness", speaker=1, take=1), "sampling_rate": 16_000}
    listener(clip)
    listener.save(tmp_path / "profile")
    arrays = numpy_load(tmp_path / "profile")
    first = sorted(arrays)[0].rpartition(".")[0]
    for part in ("mean", "deviations"):
        if part in change:
            arrays[f"{first}.{part}"] = np.full_like(arrays[f"{first}.{part}"], change[part])
    if "extra" in change:
        arrays["extra"] = change["extra"]
    if "cut" in change or (clips == "1" and not change):
        arrays[f"{first}.mean"] = arrays[f"{first}.mean"][..., :1].astype(np.float64 if change else np.float16)
    numpy_save(arrays, tmp_path / "profile", metadata={"model": pipeline(good).model.weights_hash(), "clips": clips})
    with pytest.raises(CheckpointError, match="profile"):
        pipeline(good).listener(tmp_path / "profile")
