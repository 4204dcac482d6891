import numpy as np
import torch
from scipy.signal import correlate2d
from scipy.special import expit

from humpcat.models.vacnn.attention import Cbam, VisualAttention

CHANNELS, REDUCTION = 8, 4


def numpy_channel(maps: np.ndarray, module, relu: bool) -> np.ndarray:
    """Equation 1, one clip: V of shape (channels, height, width)."""
    w0, w1 = (layer.weight.detach().double().numpy() for layer in (module.channel.squeeze, module.channel.restore))
    bend = (lambda values: np.maximum(values, 0)) if relu else (lambda values: values)
    return expit(w1 @ bend(w0 @ maps.mean((1, 2))) + w1 @ bend(w0 @ maps.max((1, 2))))[:, None, None]


def numpy_spatial(maps: np.ndarray, module) -> np.ndarray:
    """Equation 2, one clip."""
    kernel = module.spatial.convolution.weight.detach().double().numpy()[0]
    bias = module.spatial.convolution.bias
    pooled = np.stack([maps.mean(0), maps.max(0)])
    summed = correlate2d(pooled[0], kernel[0], mode="same") + correlate2d(pooled[1], kernel[1], mode="same")
    return expit(summed + (0 if bias is None else bias.item()))[None]


def test_the_va_module_is_equations_1_and_2_in_numpy():
    torch.manual_seed(0)
    module, maps = VisualAttention(CHANNELS, REDUCTION), torch.randn(3, CHANNELS, 9, 11)
    found = module(maps).detach().numpy()
    for row, clip in zip(found, maps.double().numpy(), strict=True):
        expected = clip * numpy_channel(clip, module, relu=False) + clip * numpy_spatial(clip, module)
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_cbam_chains_what_the_va_module_adds():
    torch.manual_seed(1)
    module, maps = Cbam(CHANNELS, REDUCTION), torch.randn(3, CHANNELS, 9, 11)
    found = module(maps).detach().numpy()
    for row, clip in zip(found, maps.double().numpy(), strict=True):
        refined = clip * numpy_channel(clip, module, relu=True)
        np.testing.assert_allclose(row, refined * numpy_spatial(refined, module), atol=1e-5)


def test_no_bias_where_the_paper_has_none():
    names = [name for name, _ in VisualAttention(CHANNELS, REDUCTION).named_parameters()]
    assert names == ["channel.squeeze.weight", "channel.restore.weight", "spatial.convolution.weight"]
