"""Every choice of streams, fusion, pooling and summary keeps what the default network promises."""

import itertools

import pytest
import torch
from safetensors.torch import load_file

from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import OWN_STREAMS, HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.network import StreamNetwork
from humpcat.models.humpcat.pooling.attentive import AttentivePooling
from humpcat.models.humpcat.registries import FUSIONS, POOLINGS
from humpcat.models.humpcat.streams.base import frame_mask

FRAMES = (37, 12, 1, 8, 25)
SUBSETS = [list(chosen) for count in (1, 2, 3) for chosen in itertools.combinations(OWN_STREAMS, count)]
ONLY = "name these only, or bring the file of another by HUMPCAT_PLUGINS."
VARIANTS = [
    *({"streams": streams, "summary_streams": streams} for streams in SUBSETS),
    *({"streams": streams, "fusion": name} for streams in (SUBSETS[0], SUBSETS[-1]) for name in FUSIONS.names()),
    {"pooling": "attentive"},
    {"streams": ["mfcc"], "pooling": "attentive", "fusion": "gating", "statistics": False},
    {"stem": "conv", "streams": ["hidden", "prosody"], "fusion": "gating"},
]


def logits(model, inputs):
    with torch.no_grad():
        return model(**inputs).logits


@pytest.fixture(params=VARIANTS, ids=str)
def model(request, tiny_model):
    return tiny_model(**request.param)


def test_padding_and_other_clips_change_nothing(model, batch):
    group = model.config.encoder_group
    expected = logits(model, batch(FRAMES, group=group))
    assert expected.std(dim=0).min() > 0.01
    inputs = batch(FRAMES, group=group, padding=40, filling=100.0)
    torch.testing.assert_close(logits(model, inputs), expected, atol=1e-5, rtol=1e-5)
    for row, count in enumerate(FRAMES):
        alone = logits(model, batch([count], group=group, seeds=[row]))
        torch.testing.assert_close(alone[0], expected[row], atol=1e-5, rtol=1e-5)


def test_every_weight_gets_a_gradient(model, batch):
    inputs = batch(FRAMES, group=model.config.encoder_group)
    model(**inputs, labels=torch.tensor([0, 1, 2, 3, 0])).loss.backward()
    assert [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()] == []
    model.zero_grad()


def test_only_the_chosen_streams_are_heard(model, batch):
    inputs = batch(FRAMES, group=model.config.encoder_group)
    given = {name: value.requires_grad_() for name, value in inputs.items() if name != "lengths"}
    model(**inputs).logits.square().sum().backward()
    heard = {name for name, value in given.items() if value.grad is not None and value.grad.any()}
    config = model.config
    summary = config.summary_streams if config.statistics else []
    expected = {*config.streams, *summary} | ({"pooled"} if "hidden" in summary else set())
    expected |= {"functionals"} if "prosody" in expected else set()
    assert heard == expected - ({"hidden"} - set(config.streams))


def test_a_saved_variant_gives_the_same_logits(model, batch, tmp_path):
    model.save_pretrained(tmp_path)
    loaded = HumpCatForAudioClassification.from_pretrained(tmp_path)
    inputs = batch([12, 30, 5], group=model.config.encoder_group)
    assert torch.equal(logits(loaded, inputs), logits(model, inputs))
    assert loaded.config.to_dict()["streams"] == model.config.streams


def test_the_shape_of_the_embedding_follows_the_streams(model, batch):
    found = model(**batch([12, 30], group=model.config.encoder_group))
    assert isinstance(model, StreamNetwork)
    assert found.embedding.shape == (2, model.embedding_width)
    assert model.embedding_width == 24 * (2 if len(model.config.streams) == 1 else 4)


def test_weights_are_called_as_they_were_before_there_was_a_choice(tiny_model, tmp_path):
    model = tiny_model(stem="linear", fusion="cross-attention", summary_streams=["hidden"])
    model.save_pretrained(tmp_path)
    names = set(load_file(tmp_path / "model.safetensors"))
    assert {"acoustic_cat.forth.0.attention.in_proj_weight", "encoder_cat.back.1.norm_query.bias"} < names
    assert {"join_acoustic.weight", "layer_mix.weights", "stem.project.weight", "summary.weight"} < names
    assert not [name for name in names if name.startswith("poolings") or "_pooled" in name]


def test_the_order_in_which_streams_are_named_means_nothing():
    assert HumpCatConfig(streams=("prosody", "hidden")).streams == ["hidden", "prosody"]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"fusion": "sum"},
            "fusion 'sum' is unknown: choose one of concatenation, cross-attention, gated-cross-attention, gating, "
            "rotary-cross-attention.",
        ),
        ({"pooling": "max"}, "pooling 'max' is unknown: choose one of attentive, statistics."),
        (
            {"streams": []},
            f"streams empty: expected one or more of hidden, mfcc, prosody: {ONLY}",
        ),
        (
            {"summary_streams": ["hidden", "text"]},
            f"summary_streams hidden text: expected one or more of hidden, mfcc, prosody: {ONLY}",
        ),
    ],
)
def test_unknown_choices_are_refused(settings, sentence):
    with pytest.raises(SettingsError) as caught:
        HumpCatConfig(**settings)
    assert str(caught.value) == sentence


def test_files_are_found_by_their_names():
    assert [(name, FUSIONS[name].name) for name in FUSIONS.names()] == [(name, name) for name in FUSIONS.names()]
    assert POOLINGS.names() == ["attentive", "statistics"]


def test_equal_scores_pool_as_statistics_do():
    torch.manual_seed(0)
    states, mask = torch.randn(2, 6, 4), frame_mask(torch.tensor([6, 3]), 6)
    attentive = AttentivePooling(4)
    attentive.score[-1].weight.data.zero_()
    torch.testing.assert_close(attentive(states, mask), POOLINGS["statistics"](4)(states, mask))
    attentive.score[-1].weight.data.fill_(5.0)
    assert not torch.allclose(attentive(states, mask)[0], POOLINGS["statistics"](4)(states, mask)[0], atol=1e-2)


def test_a_closed_gate_lets_nothing_in(tiny_config):
    layer = FUSIONS["gating"](tiny_config()).eval()
    layer.gate.bias.data.fill_(-1e4)
    query, context = torch.randn(2, 3, 24), torch.randn(2, 5, 24)
    torch.testing.assert_close(layer(query, context, torch.ones(2, 5, dtype=torch.bool)), query)
