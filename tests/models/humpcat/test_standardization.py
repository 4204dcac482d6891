import numpy as np
import pytest
import torch

from humpcat.features import mfcc, prosody
from humpcat.models.humpcat.configuration import OWN_STREAMS
from humpcat.models.humpcat.standardization import (
    Standardizer,
    add_up,
    measure,
    moments_of,
    statistics_of,
    statistics_shapes,
)

STREAMS = (*OWN_STREAMS, "functionals", "pooled")


def arrays(seed, steps, config):
    rng = np.random.default_rng(seed)
    layers, width = len(config.encoder_layers), config.encoder_width
    shapes = {
        "hidden": (layers, steps, width),
        "mfcc": (4 * steps, mfcc.WIDTH),
        "prosody": (4 * steps, len(prosody.FRAME_VALUES)),
        "functionals": (len(prosody.FUNCTIONALS),),
        "pooled": (layers, width),
    }
    made = {name: rng.normal(3, 2, size=shape).astype(np.float32) for name, shape in shapes.items()}
    return made | {"hidden": made["hidden"].astype(np.float16)}


@pytest.fixture
def clips(tiny_config):
    return [arrays(seed, steps, tiny_config()) for seed, steps in enumerate((1, 7, 30))]


def plain(clip, name):
    """A clip's array, or mean and spread of its frames."""
    if name in clip:
        return clip[name].astype(np.float64)
    frames = clip[name.removesuffix("_pooled")].astype(np.float64)
    return np.concatenate([frames.mean(0), np.sqrt(frames.var(0) + 1e-5)])


def by_numpy(clips, name):
    """Mean and spread where every clip weighs alike, whatever its length."""
    values = [plain(clip, name) for clip in clips]
    axis = values[0].ndim - 2 if name in OWN_STREAMS else ()
    mean = np.mean([value.mean(axis=axis) for value in values], axis=0)
    around = mean if axis == () else np.expand_dims(mean, axis)
    variance = np.mean([np.square(value - around).mean(axis=axis) for value in values], axis=0)
    return np.stack([mean, np.sqrt(variance)])


def test_measured_statistics_are_those_of_numpy(clips, tiny_config):
    statistics = measure(iter(clips))
    assert {name: tuple(value.shape) for name, value in statistics.items()} == statistics_shapes(
        tiny_config(summary_streams=OWN_STREAMS)
    )
    for name, value in statistics.items():
        assert value.dtype == torch.float32
        np.testing.assert_allclose(value, by_numpy(clips, name), rtol=1e-4, atol=1e-4)


def test_clips_may_be_added_up_in_lots(clips):
    first, *others = [moments_of(clip) for clip in clips]
    found = statistics_of([add_up(others), first, {}])
    for name, value in measure(clips).items():
        torch.testing.assert_close(found[name], value)


def test_a_constant_value_is_not_blown_up(clips):
    for clip in clips:
        clip["prosody"][:, 1] = 0
    _, spread = measure(clips)["prosody"]
    assert spread[1] == pytest.approx(1e-3)


def test_held_statistics_bring_a_corpus_to_zero_mean_and_unit_variance(clips, tiny_config):
    standardizer = Standardizer(tiny_config())
    standardizer.hold(measure(clips))
    done = [
        {name: standardizer(name, torch.from_numpy(clip[name]).float()[None], None)[0] for name in STREAMS}
        for clip in clips
    ]
    for clip, plain in zip(done, clips, strict=True):
        assert all(clip[name].shape == plain[name].shape for name in STREAMS)
    for name in STREAMS:
        mean, spread = by_numpy([{name: clip[name].numpy()} for clip in done], name)
        np.testing.assert_allclose(mean, 0, atol=1e-4)
        np.testing.assert_allclose(spread, 1, atol=1e-3)


def test_a_new_standardizer_changes_nothing(clips, tiny_config):
    standardizer = Standardizer(tiny_config())
    for name in STREAMS:
        values = torch.from_numpy(clips[1][name]).float()[None]
        assert torch.equal(standardizer(name, values, None), values)


def test_statistics_given_equal_the_same_ones_held(clips, tiny_config):
    given = [measure(clips[:1]), measure(clips[1:])]
    rows = {name: torch.stack([statistics[name] for statistics in given]) for name in STREAMS}
    standardizer = Standardizer(tiny_config())
    for name in STREAMS:
        values = torch.from_numpy(clips[1][name]).float().expand(2, *clips[1][name].shape)
        found = standardizer(name, values, rows)
        for row, statistics in enumerate(given):
            held = Standardizer(tiny_config())
            held.hold(statistics)
            torch.testing.assert_close(found[row], held(name, values[:1], None)[0])
    assert not any(buffer.any() for name, buffer in standardizer.named_buffers() if name.endswith("mean"))


def test_statistics_are_saved_but_not_trained(tiny_config):
    standardizer = Standardizer(tiny_config(summary_streams=["hidden"]))
    assert set(standardizer.state_dict()) == set(STREAMS)
    assert list(standardizer.parameters()) == []


def test_a_model_uses_the_statistics_that_it_is_given(tiny_model, batch):
    model = tiny_model()
    inputs = batch([12, 20], group=4)
    rows = {name: buffer.expand(2, *buffer.shape).clone() for name, buffer in model.standardizer.named_buffers()}
    with torch.no_grad():
        expected = model(**inputs).logits
        for name, buffer in model.standardizer.named_buffers():
            buffer[0], buffer[1] = 0, 1
            assert rows[name][:, 1].min() > 0.4
        assert not torch.allclose(model(**inputs).logits, expected)
        torch.testing.assert_close(model(**inputs, statistics=rows).logits, expected)


def test_what_is_added_up_can_be_taken_away_again(tiny_config):
    clips = [moments_of(arrays(seed, 4 + seed, tiny_config())) for seed in range(5)]
    rest, some, every = (add_up(part) for part in (clips[:3], clips[3:], clips))
    for name, moments in rest.items():
        left = every[name] - some[name]
        assert left.clips == 3
        np.testing.assert_allclose(left.mean, moments.mean, atol=1e-12)
        np.testing.assert_allclose(left.deviations, moments.deviations, atol=1e-10)
