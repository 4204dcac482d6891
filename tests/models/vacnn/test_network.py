import sys
from importlib.metadata import version

import pytest
import torch

from humpcat.errors import SettingsError
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.network import SpecAugment, VacnnTrunk, Warp, make_trunk


def convolution(channels: int, filters: int) -> int:
    """Count kernel, bias, and scale and shift of the normalisation."""
    return 9 * channels * filters + filters + 2 * filters


def attention(channels: int, cbam: bool) -> int:
    return 2 * channels * channels // 4 + 2 * 49 + cbam


@pytest.mark.parametrize("kind", ["va", "cbam"])
def test_every_shape_and_the_number_of_parameters_are_those_of_the_text(kind):
    trunk = VacnnTrunk(VacnnConfig(attention=kind))
    seen = []
    for part in (trunk.stem[0], trunk.stem, *trunk.blocks, trunk.norm):
        part.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape[1:])))
    trunk(torch.zeros(1, 1, 224, 224))
    assert seen == [(32, 112, 112), (32, 56, 56), (32, 56, 56), (96, 28, 28), (288, 14, 14), (288, 14, 14)]
    expected = convolution(1, 32)
    for channels, filters in ((32, 32), (32, 96), (96, 288)):
        expected += convolution(channels, filters) + convolution(filters, filters) + attention(filters, kind == "cbam")
    assert sum(weight.numel() for weight in trunk.parameters()) == expected + 2 * 288


def test_groups_and_strides_are_those_of_the_text():
    trunk = VacnnTrunk(VacnnConfig())
    modules = list(trunk.modules())
    assert {module.num_groups for module in modules if isinstance(module, torch.nn.GroupNorm)} == {8}
    kernels = [module for module in modules if isinstance(module, torch.nn.Conv2d) and module.out_channels > 1]
    assert {module.kernel_size for module in kernels} == {(3, 3)}
    assert [module.stride[0] for module in kernels] == [2, 1, 1, 2, 1, 2, 1]


def test_freezing_through_the_first_block():
    trunk = VacnnTrunk(VacnnConfig())
    trunk.freeze(0)
    assert all(weight.requires_grad for weight in trunk.parameters())
    trunk.freeze(1)
    free = {name.rsplit(".", 3)[0] for name, weight in trunk.named_parameters() if weight.requires_grad}
    assert not any(name.startswith(("stem", "blocks.0")) for name in free)
    assert any(name.startswith("blocks.1") for name in free)


def test_masks_are_laid_in_training_only_and_off_by_default():
    pictures = torch.full((6, 1, 224, 224), 200, dtype=torch.uint8)
    torch.manual_seed(0)
    masked = SpecAugment(2).train()(pictures)
    black = masked[:, 0] == 0
    columns, rows = black.all(1), black.all(2)
    # A mask covers whole columns or whole rows, and each picture has masks of its own.
    assert torch.equal(black, columns[:, None, :] | rows[:, :, None])
    assert columns.any()
    assert rows.any()
    assert columns.sum(1).max() <= 80
    assert rows.sum(1).max() <= 54
    assert not torch.equal(masked[0], masked[1])
    assert torch.equal(SpecAugment(2).eval()(pictures), pictures)
    assert torch.equal(SpecAugment(VacnnConfig().spec_augment).train()(pictures), pictures)


@pytest.mark.parametrize(
    ("name", "width", "size"), [("resnet18", 512, 64), ("mobilenetv1_100", 1024, 64), ("inception_v3", 2048, 224)]
)
def test_networks_of_timm_take_grey_pictures(name, width, size):
    pytest.importorskip("timm", reason="timm is not installed")
    trunk, found = make_trunk(VacnnConfig(backbone=name))
    assert found == width
    assert trunk.eval()(torch.zeros(1, 1, size, size)).shape == (1, width)


def test_a_missing_package_and_an_unknown_network_are_told(monkeypatch):
    config = VacnnConfig(backbone="restnet50")
    if pytest.importorskip("timm", reason="timm is not installed"):
        with pytest.raises(SettingsError, match="backbone 'restnet50' is unknown to timm"):
            make_trunk(config)
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(SettingsError) as caught:
        make_trunk(config)
    # torch stays as it is: the newest torchvision would bring another one.
    assert str(caught.value) == (
        "backbone 'restnet50': needs the package timm, which is not installed: run pip install timm "
        f'torch=={version("torch").split("+")[0]}, or pip install ".[baselines]" in a clone of humpcat.'
    )


def test_warping_moves_and_scales_pictures_in_training_only():
    torch.manual_seed(0)
    pictures = torch.zeros(6, 1, 224, 224)
    pictures[..., 100:124, 100:124] = 200
    warped = Warp(0.2).train()(pictures)
    assert warped.shape == pictures.shape
    assert not torch.equal(warped[0], warped[1])
    for picture in warped[:, 0]:
        rows, columns = (picture > 50).nonzero(as_tuple=True)
        # Neither edge is off by more than a crop of a fifth moves it, and the square keeps about its size.
        assert 70 < columns.min() <= columns.max() < 154
        assert 24 <= columns.max() - columns.min() + 1 <= 31
        assert abs(float(rows.float().mean()) - 111.5) < 8
        assert 165 < picture.max() <= 235
    assert torch.equal(Warp(0.2).eval()(pictures), pictures)
    assert torch.equal(Warp(VacnnConfig().warp).train()(pictures), pictures)
