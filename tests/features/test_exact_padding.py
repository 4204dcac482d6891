"""Models of transformers whose padding was made exact, beside the same models as they are."""

import copy
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForAudioClassification,
    AutoModelForCTC,
    Data2VecAudioConfig,
    HubertConfig,
    PreTrainedConfig,
    PreTrainedModel,
    UniSpeechConfig,
    UniSpeechSatConfig,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    WavLMConfig,
    WhisperModel,
)

from humpcat import make_padding_exact
from humpcat.errors import EncoderError
from humpcat.features.encoder_settings import WAVEFORM_MODELS

from .conftest import CONFIGS as ENCODERS
from .conftest import SIZES

PLAIN = SIZES | {
    "apply_spec_augment": False,
    "layerdrop": 0.0,
    "vocab_size": 10,
    **dict.fromkeys(("hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout"), 0.0),
}
GROUP = {"feat_extract_norm": "group"}
LAYER = {"feat_extract_norm": "layer", "conv_bias": True}
CONFIGS: dict[str, PreTrainedConfig] = {
    f"{kind.model_type}-{stem['feat_extract_norm']}{'-stable' if stable else ''}": kind(
        **PLAIN, **stem, do_stable_layer_norm=stable
    )
    for kind in (HubertConfig, Wav2Vec2Config, WavLMConfig, UniSpeechConfig, UniSpeechSatConfig)
    for stem in (GROUP, LAYER)
    for stable in (False, True)
}
CONFIGS["data2vec-audio"] = Data2VecAudioConfig(**PLAIN, conv_pos_kernel_size=5)
CONFIGS["hubert-batch-norm"] = HubertConfig(**PLAIN, **LAYER, conv_pos_batch_norm=True)
CONFIGS["wav2vec2-adapter"] = Wav2Vec2Config(**PLAIN, **GROUP, add_adapter=True, num_adapter_layers=2)
CONFIGS["data2vec-adapter"] = Data2VecAudioConfig(
    **PLAIN, conv_pos_kernel_size=5, add_adapter=True, num_adapter_layers=2, output_hidden_size=16
)
INEXACT = [kind for kind in CONFIGS if "layer" not in kind]
SHORTENED = [kind for kind in CONFIGS if "adapter" in kind]
# No whole numbers of frames, the shortest that has one, and one that is far longer than the rest.
LENGTHS = (7_999, 400, 16_000, 3_201, 24_007)
TOLERANCE = 1e-5

every_kind = pytest.mark.parametrize("kind", CONFIGS)
every_mend = pytest.mark.parametrize(
    "kind", ["hubert-group", "data2vec-audio", "hubert-batch-norm", "wav2vec2-adapter"]
)


def made(kind: str, auto: type = AutoModel) -> PreTrainedModel:
    """Return a model with random weights, the same for the same kind, none of them so small that mistakes hide."""
    torch.manual_seed(0)
    model = auto.from_config(CONFIGS[kind])
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
        for name, value in model.named_buffers():
            if "running" in name:
                value.uniform_(0.5, 1.5)
    return model.eval()


def exact(kind: str, auto: type = AutoModel) -> PreTrainedModel:
    model = made(kind, auto)
    make_padding_exact(model)
    return model


@pytest.fixture
def clips(clip) -> list[Tensor]:
    return [torch.from_numpy(clip(length, seed)) for seed, length in enumerate(LENGTHS)]


def padded(clips: list[Tensor], width: int = 0, value: float = 0.0) -> tuple[Tensor, Tensor]:
    """Return clips as one batch, and its mask."""
    width = max(width, *map(len, clips))
    rows = [torch.nn.functional.pad(clip, (0, width - len(clip)), value=value) for clip in clips]
    return torch.stack(rows), torch.stack([torch.arange(width) < len(clip) for clip in clips]).long()


def states(model: PreTrainedModel, values: Tensor, mask: Tensor | None = None) -> list[Tensor]:
    """Return for each clip its hidden states and what comes last, shape (batch, frames, width) each."""
    with torch.no_grad():
        found = model(values, attention_mask=mask, output_hidden_states=True)
    return [*found.hidden_states, found.last_hidden_state]


def furthest(model: PreTrainedModel, plain: PreTrainedModel, clips: list[Tensor], **padding: float) -> float:
    """Return how far what a padded batch gives is from what a model as it is gives for each clip alone.

    In shares of the largest value that it gives for the clip.
    """
    together = states(model, *padded(clips, **padding))
    distances = []
    for index, waveform in enumerate(clips):
        for found, alone in zip(together, states(plain, waveform[None]), strict=True):
            assert alone.abs().max() > 0.1
            distances.append(float((found[index, : alone.shape[1]] - alone[0]).abs().max() / alone.abs().max()))
    return float(np.max(distances))


def test_every_kind_of_model_is_tested() -> None:
    assert {config.model_type for config in CONFIGS.values()} == set(WAVEFORM_MODELS)


@every_kind
def test_a_clip_has_in_a_padded_batch_what_it_has_alone(kind: str, clips: list[Tensor]) -> None:
    model, plain = exact(kind), made(kind)
    assert furthest(model, plain, clips) < TOLERANCE
    assert furthest(model, plain, [clips[index] for index in (3, 0, 4, 2, 1)]) < TOLERANCE
    assert furthest(model, plain, clips, value=3.0) < TOLERANCE
    assert furthest(model, plain, clips[:1], width=20_000) < TOLERANCE


@every_kind
def test_transformers_alone_is_not_exact_where_something_is_mended(kind: str, clips: list[Tensor]) -> None:
    distance = furthest(made(kind), made(kind), clips)
    assert (distance > 1e-2) if kind in INEXACT else (distance < TOLERANCE)


@every_mend
def test_padding_that_is_not_finite_is_not_seen(kind: str, clips: list[Tensor]) -> None:
    assert furthest(exact(kind), made(kind), clips, value=float("nan")) < TOLERANCE


@every_kind
def test_without_padding_nothing_changes(kind: str, clips: list[Tensor]) -> None:
    model, plain = exact(kind), made(kind)
    values, mask = padded(clips)
    for given in (None, torch.ones_like(mask)):
        for found, expected in zip(states(model, values, given), states(plain, values, given), strict=True):
            assert torch.equal(found, expected)


@pytest.mark.parametrize("kind", [kind for kind in CONFIGS if kind not in SHORTENED])
def test_heads_answer_a_clip_as_they_do_alone(kind: str, clips: list[Tensor]) -> None:
    values, mask = padded(clips)
    for auto in (AutoModelForAudioClassification, AutoModelForCTC):
        model, plain = exact(kind, auto), made(kind, auto)
        with torch.no_grad():
            # The mask by its place, and as booleans.
            together = model(values, mask.bool()).logits
            for found, waveform in zip(together, clips, strict=True):
                alone = plain(waveform[None]).logits[0]
                found = found[: len(alone)]
                assert (found - alone).abs().max() < TOLERANCE


@pytest.mark.parametrize("kind", ["hubert-group", "data2vec-audio", "wav2vec2-adapter"])
def test_threads_that_call_one_model_at_once_keep_to_their_own_batches(kind: str, clips: list[Tensor]) -> None:
    model = exact(kind)
    parts = [clips[:2], clips[2:4]]
    expected = [states(model, *padded(part)) for part in parts]
    together = Barrier(2, timeout=30)

    def wait_for_the_other(*_: object) -> None:
        together.wait()

    # Both calls are under way before either comes to a layer that asks what is real.
    for part in (model.feature_extractor, model.encoder):
        part.register_forward_pre_hook(wait_for_the_other)
    with ThreadPoolExecutor(2) as threads:
        for _ in range(5):
            found = threads.map(lambda part: states(model, *padded(part)), parts)
            for mine, others in zip(found, expected, strict=True):
                assert all(torch.equal(one, other) for one, other in zip(mine, others, strict=True))


def test_no_call_leaves_anything_on_a_module(clips: list[Tensor]) -> None:
    model = exact("hubert-group")
    # transformers itself leaves hooks of its own in the first call.
    states(model, *padded(clips))
    before = {name: dict(vars(module)) for name, module in model.named_modules()}
    states(model, *padded(clips[:2]))
    assert {name: dict(vars(module)) for name, module in model.named_modules()} == before


@pytest.mark.parametrize("kind", ["hubert-group", "data2vec-audio"])
def test_an_error_within_a_call_leaves_nothing_behind(kind: str, clips: list[Tensor]) -> None:
    model, plain = exact(kind), made(kind)
    values, mask = padded(clips)

    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    for part in (model.feature_projection, model.feature_extractor.conv_layers[0].conv):
        failing = part.register_forward_pre_hook(fail)
        with pytest.raises(OSError, match="the disk is gone"):
            model(values, attention_mask=mask)
        failing.remove()
        with torch.no_grad():
            # Called by themselves, the parts know of no batch.
            assert torch.equal(model.feature_extractor(values), plain.feature_extractor(values))
            hidden = torch.randn(len(values), 74, 32)
            assert torch.equal(model.encoder.pos_conv_embed(hidden), plain.encoder.pos_conv_embed(hidden))
    assert furthest(model, plain, clips) < TOLERANCE


@every_mend
def test_weights_that_are_loaded_afterwards_count_and_have_the_same_names(kind: str, clips: list[Tensor]) -> None:
    model, plain = exact(kind), made(kind)
    assert list(model.state_dict()) == list(plain.state_dict())
    assert [name for name, _ in model.named_parameters()] == [name for name, _ in plain.named_parameters()]
    plain.load_state_dict(model.state_dict())
    other = AutoModel.from_config(CONFIGS[kind]).eval()
    model.load_state_dict(other.state_dict())
    assert furthest(model.double(), other.double(), [clip.double() for clip in clips]) < 1e-12


def test_a_saved_model_is_loaded_as_one_of_transformers(tmp_path, clips: list[Tensor]) -> None:
    exact("hubert-group").save_pretrained(tmp_path)
    loaded = AutoModel.from_pretrained(tmp_path)
    assert torch.equal(states(loaded, clips[0][None])[-1], states(made("hubert-group"), clips[0][None])[-1])
    assert furthest(loaded, loaded, clips) > 1e-2
    make_padding_exact(loaded)
    assert furthest(loaded, made("hubert-group"), clips) < TOLERANCE


@every_mend
def test_doing_it_twice_is_as_good_as_once_and_copies_are_exact_too(kind: str, clips: list[Tensor]) -> None:
    model, plain = exact(kind, AutoModelForCTC), made(kind, AutoModelForCTC).base_model
    hooks = [len(module._forward_pre_hooks) for module in model.modules()]
    make_padding_exact(model)
    make_padding_exact(model.base_model)
    assert [len(module._forward_pre_hooks) for module in model.modules()] == hooks
    for copied in (model, copy.deepcopy(model)):
        assert furthest(copied.base_model, plain, clips) < TOLERANCE


def groups_are_right(dtype: torch.dtype) -> bool:
    """Return whether torch convolves small groups of channels rightly on this processor.

    oneDNN does not in bfloat16 on processors with AMX (torch 2.14): groups of 4 or 8 channels come out wrong by as
    much as they are large. The groups of real encoders are larger, and right.
    """
    torch.manual_seed(0)
    convolution, values = torch.nn.Conv1d(16, 16, 8, padding=4, groups=2), torch.randn(1, 16, 24)
    with torch.no_grad():
        wanted = convolution(values)
        found = convolution.to(dtype)(values.to(dtype)).float()
    return bool((found - wanted).abs().max() < 0.05 * wanted.abs().max())


@pytest.mark.parametrize("kind", ["hubert-group", "wavlm-group", "data2vec-audio", "wav2vec2-adapter"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("autocast", [True, False], ids=["autocast", "cast"])
def test_half_precision_is_as_near_as_it_is_alone(kind: str, dtype: torch.dtype, autocast: bool, clips) -> None:
    model, plain = exact(kind), made(kind)
    if not autocast:
        model, plain = model.to(dtype), plain.to(dtype)
        clips = [clip.to(dtype) for clip in clips]
    right = groups_are_right(dtype)
    with torch.autocast("cpu", dtype, enabled=autocast), torch.backends.mkldnn.flags(enabled=right):
        together = states(model, *padded(clips))
        for index, waveform in enumerate(clips):
            for found, alone in zip(together, states(plain, waveform[None]), strict=True):
                distance = (found[index, : alone.shape[1]] - alone[0]).float().abs().max()
                assert distance / alone.float().abs().max() < (0.05 if dtype == torch.bfloat16 else 0.01)


@every_kind
def test_what_differs_is_rounding(kind: str, clips: list[Tensor]) -> None:
    assert furthest(exact(kind).double(), made(kind).double(), [clip.double() for clip in clips]) < 1e-12


def gradients(model: PreTrainedModel, batches: list[tuple[Tensor, Tensor | None]]) -> dict[str, Tensor]:
    """Return the gradients of a sum over real frames alone, after a pass for each batch."""
    model.train()
    for values, mask in batches:
        found = model(values, attention_mask=mask).last_hidden_state
        frames = mask.sum(-1) if mask is not None else torch.tensor([values.shape[1]])
        real = torch.arange(found.shape[1])[None] < model._get_feat_extract_output_lengths(frames)[:, None]
        (found.square() * real[..., None]).sum().backward()
    grown = {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}
    assert len(grown) > 20
    return grown


@pytest.mark.parametrize("checkpointing", ["before", "after", "reentrant", "off"])
@pytest.mark.parametrize("kind", ["hubert-group", "unispeech-sat-layer-stable", "data2vec-audio"])
def test_gradients_are_those_of_clips_alone(kind: str, checkpointing: str, clips: list[Tensor]) -> None:
    model, plain = made(kind), made(kind)
    if checkpointing == "before":
        model.gradient_checkpointing_enable()
    make_padding_exact(model)
    if checkpointing in ("after", "reentrant"):
        model.gradient_checkpointing_enable({"use_reentrant": checkpointing == "reentrant"})
    stem = model.feature_extractor.conv_layers[0]
    assert stem.gradient_checkpointing == (checkpointing != "off")
    found = gradients(model, [padded(clips)])
    expected = gradients(plain, [(waveform[None], None) for waveform in clips])
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert (found[name] - gradient).abs().max() <= 1e-4 * gradient.abs().max() + 1e-4, name
    if kind == "hubert-group" and checkpointing == "off":
        of_padding = gradients(made(kind), [padded(clips)])["feature_extractor.conv_layers.0.layer_norm.weight"]
        weight = expected["feature_extractor.conv_layers.0.layer_norm.weight"]
        assert (of_padding - weight).abs().max() > 1e-2 * weight.abs().max()


def test_the_feature_extractor_of_transformers_gives_what_is_needed_where_it_is_asked(clips: list[Tensor]) -> None:
    prepare = Wav2Vec2FeatureExtractor()
    model, plain = exact("hubert-group"), made("hubert-group")
    waveforms = [clip.numpy() for clip in clips]
    common = {"sampling_rate": 16_000, "return_tensors": "pt", "padding": True}
    assert "attention_mask" not in prepare(waveforms, **common)
    inputs = prepare(waveforms, return_attention_mask=True, **common)
    with torch.no_grad():
        together = model(**inputs).last_hidden_state
        for found, waveform in zip(together, waveforms, strict=True):
            alone = plain(**prepare(waveform, **common)).last_hidden_state[0]
            assert (found[: len(alone)] - alone).abs().max() < TOLERANCE


def refusal(*arguments: object, model: object = None) -> str:
    with pytest.raises(EncoderError) as caught:
        model(*arguments) if model is not None else make_padding_exact(*arguments)
    return str(caught.value)


def test_masks_that_say_nothing_that_could_be_right_are_refused(clips: list[Tensor]) -> None:
    model, plain = exact("hubert-group"), made("hubert-group")
    values, mask = padded(clips[:2])
    assert refusal(values, mask[:1], model=model) == (
        "attention_mask of shape (1, 7999): expected (2, 7999), that of input_values."
    )
    on_the_right = "attention_mask: expected ones over each clip and zeros behind it: pad clips on the right."
    assert refusal(values, mask.flip(-1), model=model) == on_the_right
    assert refusal(values, 2 * mask, model=model) == on_the_right
    mask[1, 399] = 0
    assert refusal(values, mask, model=model) == (
        "attention_mask: a clip of 399 samples is too short for a single frame: leave it out, or count silence behind "
        "it as real."
    )
    assert furthest(model, plain, clips) < TOLERANCE


def test_other_models_are_refused() -> None:
    expected = (
        "cannot be made exact: expected a model of transformers itself, not wrapped, of one of hubert, wav2vec2, "
        "wavlm, data2vec-audio, unispeech, unispeech-sat."
    )
    whisper = WhisperModel(ENCODERS["whisper"])
    assert refusal(whisper) == f"padding of a model of type 'whisper' {expected}"
    assert refusal(torch.nn.Linear(1, 1)) == f"padding of a model of type 'Linear' {expected}"
