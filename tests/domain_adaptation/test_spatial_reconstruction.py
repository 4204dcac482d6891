"""The spatial reconstruction unit against NumPy."""

import numpy as np
import pytest
import torch

from humpcat.domain_adaptation.spatial_reconstruction import SpatialReconstruction


def naive(values, gamma, beta, groups, epsilon=1e-5):
    """SCConv's equations 1 to 4, clip by clip; values of shape (clips, channels, places)."""
    out = np.empty_like(values)
    channels = values.shape[1]
    for n, clip in enumerate(values):
        normalised = np.empty_like(clip)
        for own in np.split(np.arange(channels), groups):
            normalised[own] = (clip[own] - clip[own].mean()) / np.sqrt(clip[own].var() + epsilon)
        normalised = normalised * gamma[:, None] + beta[:, None]
        gate = 1 / (1 + np.exp(-normalised * (gamma / gamma.sum())[:, None]))
        informative = np.where(gate > 0.5, clip, gate * clip)
        redundant = np.where(gate > 0.5, 0, gate * clip)
        half = channels // 2
        out[n, :half] = informative[:half] + redundant[half:]
        out[n, half:] = informative[half:] + redundant[:half]
    return out


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_tokens_are_as_in_numpy(groups):
    rng = np.random.default_rng(groups)
    values, gamma, beta = rng.normal(size=(3, 8, 5)), rng.uniform(0.5, 2, 8), rng.normal(size=8)
    unit = SpatialReconstruction(8, groups).double()
    with torch.no_grad():
        unit.normalise.weight.copy_(torch.tensor(gamma))
        unit.normalise.bias.copy_(torch.tensor(beta))
        ours = unit(torch.tensor(values)).numpy()
    assert ours == pytest.approx(naive(values, gamma, beta, groups), abs=1e-12)


def test_a_vector_is_one_place():
    unit = SpatialReconstruction(8)
    vectors = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(unit(vectors), unit(vectors[:, :, None])[:, :, 0])


def test_equal_values_pass_with_a_finite_gradient():
    values = torch.zeros(2, 4, 3, requires_grad=True)
    SpatialReconstruction(4, 2)(values).sum().backward()
    assert values.grad.isfinite().all()


@pytest.mark.parametrize(("channels", "groups"), [(7, 1), (8, 3)])
def test_channels_that_cannot_be_halved_or_grouped_are_refused(channels, groups):
    with pytest.raises(ValueError, match=f"^{channels} channels in {groups} groups: expected"):
        SpatialReconstruction(channels, groups)
