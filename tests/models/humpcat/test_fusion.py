import itertools

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from humpcat.errors import SettingsError
from humpcat.features import mfcc
from humpcat.models.humpcat.fusion.base import PairFusion
from humpcat.models.humpcat.fusion.concatenation import ConcatenationLayer
from humpcat.models.humpcat.fusion.cross_attention import CrossAttentionLayer
from humpcat.models.humpcat.fusion.gated_cross_attention import GatedCrossAttentionLayer
from humpcat.models.humpcat.fusion.rotary import RotaryCrossAttentionLayer, turned
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.pooling.statistics import pool
from humpcat.models.humpcat.registries import FUSIONS
from humpcat.models.humpcat.streams.base import frame_mask, group_count, group_frames, steps_of
from humpcat.models.humpcat.streams.hidden import ConvStem, LayerMix
from humpcat.models.humpcat.streams.mfcc import RecurrentStream

FRAMES = (37, 12, 1, 8, 25)
# Frames shorter than the convolution's kernel of ten among them.
SHORT = (3, 9, 1)
STEMS = ("conv", "linear")


def logits(model, inputs):
    with torch.no_grad():
        return model(**inputs).logits


@pytest.mark.parametrize(("stem", "pre_norm"), list(itertools.product(STEMS, (True, False))))
def test_permuting_the_batch_permutes_the_output(stem, pre_norm, tiny_model, batch):
    model = tiny_model(stem=stem, pre_norm=pre_norm)
    inputs = batch(FRAMES, group=model.config.encoder_group)
    order = torch.tensor([3, 0, 4, 1, 2])
    found = logits(model, {name: value[order] for name, value in inputs.items()})
    expected = logits(model, inputs)
    assert expected.std(dim=0).min() > 0.01
    torch.testing.assert_close(found, expected[order], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("stem", "pre_norm", "frames"), list(itertools.product(STEMS, (True, False), (FRAMES, SHORT))), ids=str
)
def test_neither_amount_nor_content_of_padding_changes_anything(stem, pre_norm, frames, tiny_model, batch):
    model = tiny_model(stem=stem, pre_norm=pre_norm)
    group = model.config.encoder_group
    expected = logits(model, batch(frames, group=group))
    for padding, filling in ((0, 100.0), (40, 0.0), (40, 100.0)):
        inputs = batch(frames, group=group, padding=padding, filling=filling)
        torch.testing.assert_close(logits(model, inputs), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("stem", STEMS)
def test_a_clip_alone_equals_itself_in_a_batch(stem, tiny_model, batch):
    model = tiny_model(stem=stem)
    group = model.config.encoder_group
    frames = FRAMES + SHORT
    together = logits(model, batch(frames, group=group))
    for row, count in enumerate(frames):
        alone = logits(model, batch([count], group=group, seeds=[row]))
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("stem", STEMS)
def test_no_clip_hears_of_another(stem, tiny_model, batch):
    model = tiny_model(stem=stem)
    inputs = batch(FRAMES, group=model.config.encoder_group)
    given = {name: value.requires_grad_() for name, value in inputs.items() if name != "lengths"}
    model(**inputs).logits[0].sum().backward()
    for name, value in given.items():
        assert value.grad[0].any(), name
        assert not value.grad[1:].any(), name


@pytest.mark.parametrize(
    ("stem", "classifier", "pre_norm", "statistics"),
    list(itertools.product(STEMS, ("linear", "cosine"), (True, False), (True, False))),
)
def test_every_parameter_gets_a_gradient(stem, classifier, pre_norm, statistics, tiny_model, batch):
    model = tiny_model(stem=stem, classifier=classifier, pre_norm=pre_norm, statistics=statistics)
    inputs = batch(FRAMES, group=model.config.encoder_group)
    model(**inputs, labels=torch.tensor([0, 1, 2, 3, 0])).loss.backward()
    without = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


def test_the_conv_stem_has_the_widths_of_the_paper(tiny_config):
    config = tiny_config(encoder_width=768, hidden_size=252, heads=6, stem="conv")
    stem = ConvStem(config)
    states, steps = stem(torch.randn(2, 50, 768), torch.tensor([50, 13]))
    assert isinstance(stem.project, nn.Identity)
    assert states.shape == (2, 11, 252)
    assert steps.tolist() == [11, 1]


def test_the_recurrent_stream_is_a_packed_bidirectional_lstm(tiny_config):
    config = tiny_config()
    torch.manual_seed(0)
    stream = RecurrentStream(config).eval()
    inputs, width = 4 * mfcc.WIDTH, config.hidden_size
    oracle = nn.LSTM(inputs, width // 2, num_layers=2, bidirectional=True, batch_first=True)
    with torch.no_grad():
        for layer, (forth, back) in enumerate(zip(stream.forth, stream.back, strict=True)):
            for ending, lstm in (("", forth), ("_reverse", back)):
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                    getattr(oracle, f"{name}_l{layer}{ending}").copy_(getattr(lstm, f"{name}_l0"))
        frames = torch.randn(4, 28, mfcc.WIDTH)
        lengths = torch.tensor([28, 4, 17, 1])
        frames = frames * frame_mask(lengths, 28)[..., None]
        steps = group_count(lengths)
        packed = pack_padded_sequence(group_frames(frames).flatten(2), steps, batch_first=True, enforce_sorted=False)
        expected = pad_packed_sequence(oracle(packed)[0], batch_first=True)[0]
        found = stream(steps_of(frames, lengths)[0], lengths)
    real = frame_mask(steps, 7)
    assert found.shape == (4, 7, width)
    torch.testing.assert_close(found[real], expected[real], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_cross_attention_is_that_of_each_clip_and_head_alone(pre_norm, tiny_config):
    """An oracle without batches, masks or nn.MultiheadAttention's axes."""
    config = tiny_config(pre_norm=pre_norm)
    torch.manual_seed(0)
    layer = CrossAttentionLayer(config).eval()
    width, heads = config.hidden_size, config.heads
    query, context = torch.randn(3, 5, width), torch.randn(3, 7, width)
    lengths = torch.tensor([7, 2, 4])
    with torch.no_grad():
        found = layer(query, context, frame_mask(lengths, 7))
        maps = layer.attention.in_proj_weight.split(width), layer.attention.in_proj_bias.split(width)
        for row in range(3):
            asked, read = query[row], context[row, : lengths[row]]
            if pre_norm:
                asked, read = layer.norm_query(asked), layer.norm_context(read)
            q, k, v = (
                nn.functional.linear(states, weight, bias).unflatten(-1, (heads, -1))
                for states, weight, bias in zip((asked, read, read), *maps, strict=True)
            )
            each = []
            for head in range(heads):
                scores = q[:, head] @ k[:, head].T / (width // heads) ** 0.5
                each.append(scores.softmax(-1) @ v[:, head])
            expected = query[row] + layer.attention.out_proj(torch.cat(each, dim=-1))
            expected = expected if pre_norm else layer.norm_query(expected)
            further = layer.norm_feed_forward(expected) if pre_norm else expected
            expected = expected + layer.feed_forward(further)
            expected = expected if pre_norm else layer.norm_feed_forward(expected)
            torch.testing.assert_close(found[row], expected, atol=1e-5, rtol=1e-5)


def test_both_directions_of_a_cat_read_what_the_layer_was_given(tiny_config):
    torch.manual_seed(0)
    cat = PairFusion(tiny_config(layers=1)).eval()
    first, second = torch.randn(2, 3, 24), torch.randn(2, 6, 24)
    whole = torch.ones(2, 3, dtype=torch.bool), torch.ones(2, 6, dtype=torch.bool)
    with torch.no_grad():
        one, other = cat(first, second, *whole)
        torch.testing.assert_close(one, cat.forth[0](first, second, whole[1]))
        torch.testing.assert_close(other, cat.back[0](second, first, whole[0]))


def test_pooling_is_mean_and_deviation_over_real_steps():
    states = torch.randn(2, 6, 4, dtype=torch.float64)
    found = pool(states, frame_mask(torch.tensor([6, 3]), 6))
    for row, steps in enumerate((6, 3)):
        real = states[row, :steps]
        expected = torch.cat([real.mean(0), (real.var(0, correction=0) + 1e-5).sqrt()])
        torch.testing.assert_close(found[row], expected)


def test_pooling_a_single_step_has_a_finite_gradient():
    states = torch.randn(1, 3, 4, requires_grad=True)
    pool(states, frame_mask(torch.tensor([1]), 3)).sum().backward()
    assert torch.isfinite(states.grad).all()
    assert not states.grad[:, 1:].any()


def test_the_layer_mix_is_a_weighted_sum():
    mix = LayerMix(3)
    hidden = torch.randn(2, 3, 5, 4)
    torch.testing.assert_close(mix(hidden), hidden.mean(1))
    mix.weights.data = torch.tensor([0.0, 1.0, 2.0])
    shares = torch.tensor([0.0, 1.0, 2.0]).exp()
    expected = (hidden * (shares / shares.sum()).view(1, 3, 1, 1)).sum(1)
    torch.testing.assert_close(mix(hidden), expected)


def test_frames_are_grouped_by_fours_and_filled_with_zeros():
    grouped = group_frames(torch.arange(1.0, 7.0).view(1, 6, 1))
    assert grouped.flatten().tolist() == [1, 2, 3, 4, 5, 6, 0, 0]
    assert grouped.shape == (1, 2, 4, 1)
    assert group_count(torch.tensor([1, 4, 5, 8])).tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("fusion", "moved"),
    [("cross-attention", False), ("rotary-cross-attention", True), ("gated-cross-attention", True)],
)
def test_only_positions_tell_in_which_order_steps_came(fusion: str, moved: bool, tiny_model, batch) -> None:
    model, inputs = tiny_model(fusion=fusion), batch([40, 40], group=4)
    other = inputs | {"hidden": inputs["hidden"].flip(2)}
    with torch.no_grad():
        apart = (model(**inputs).fusion_logits - model(**other).fusion_logits).abs().max()
    assert (float(apart) > 1e-3) is moved


def test_a_closed_gate_lets_nothing_in_and_an_open_one_all(tiny_config) -> None:
    torch.manual_seed(0)
    config = tiny_config(fusion="gated-cross-attention")
    gated, plain = (FUSIONS[name](config).eval() for name in ("gated-cross-attention", "rotary-cross-attention"))
    plain.load_state_dict({name: value for name, value in gated.state_dict().items() if "gate" not in name})
    query, context = torch.randn(2, 5, config.hidden_size), torch.randn(2, 7, config.hidden_size)
    mask = torch.ones(2, 7, dtype=torch.bool)
    found = {}
    with torch.no_grad():
        for name, bias in (("open", 50.0), ("closed", -50.0)):
            gated.gate.bias.fill_(bias)
            found[name] = gated(query, context, mask)
        assert torch.allclose(found["open"], plain(query, context, mask), atol=1e-6)
        assert torch.allclose(found["closed"], gated(query, torch.zeros_like(context), mask), atol=1e-6)
    assert not torch.allclose(found["open"], found["closed"], atol=1e-3)


def test_a_rotation_needs_pairs(tiny_config) -> None:
    with pytest.raises(SettingsError, match="expected an even width of a head"):
        HumpCatForAudioClassification(tiny_config(fusion="rotary-cross-attention", hidden_size=6, heads=2))


@pytest.mark.parametrize("kind", [CrossAttentionLayer, RotaryCrossAttentionLayer, GatedCrossAttentionLayer])
@pytest.mark.parametrize("pre_norm", [True, False])
def test_what_is_attended_is_what_attention_weighs_by(kind, pre_norm, tiny_config):
    config = tiny_config(pre_norm=pre_norm)
    torch.manual_seed(0)
    layer, width = kind(config).eval(), config.hidden_size
    query, context = torch.randn(3, 5, width), torch.randn(3, 7, width)
    mask = frame_mask(torch.tensor([7, 2, 4]), 7)
    with torch.no_grad():
        weights = layer.attended(query, context, mask)
        assert weights.shape == (3, 5, 7)
        torch.testing.assert_close(weights.sum(-1), torch.ones(3, 5))
        assert not weights.masked_select(~mask[:, None]).any()
        # Where one step alone says something, the mean over heads of what is heard is how much that step is read.
        for marked in range(7):
            said = torch.zeros_like(context)
            said[:, marked] = 1
            heard = _heard(layer, query, context, said, mask)
            torch.testing.assert_close(heard.mean(-1), weights[..., marked], atol=1e-5, rtol=1e-4)


def _heard(layer, query, context, said, mask):
    """Return what attention finds where other values lie at the steps of the context, all heads side by side."""
    asked, read = (layer.norm_query(query), layer.norm_context(context)) if layer.pre_norm else (query, context)
    maps = layer.attention.in_proj_weight.chunk(3), layer.attention.in_proj_bias.chunk(3)
    q, k = (
        nn.functional.linear(states, weight, bias).unflatten(-1, (layer.attention.num_heads, -1)).transpose(1, 2)
        for states, weight, bias in zip((asked, read), *(each[:2] for each in maps), strict=True)
    )
    if isinstance(layer, RotaryCrossAttentionLayer):
        q, k = turned(q), turned(k)
    v = said.unflatten(-1, (layer.attention.num_heads, -1)).transpose(1, 2)
    found = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
    return found.transpose(1, 2).flatten(2)


def test_layers_that_do_not_attend_say_so(tiny_config):
    states = torch.randn(1, 4, tiny_config().hidden_size)
    assert ConcatenationLayer(tiny_config()).attended(states, states, torch.ones(1, 4, dtype=torch.bool)) is None
