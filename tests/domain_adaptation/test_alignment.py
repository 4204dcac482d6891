"""The alignment terms against naive loops over pairs of clips."""

import numpy as np
import pytest
import torch

from humpcat.domain_adaptation.alignment import BANDWIDTHS, Adversary, coral, local_mmd, mmd, reversed_gradient


def batches(n=7, m=5, width=4, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    shares = rng.random((m, classes))
    one_hot = np.eye(classes)[np.arange(n) % classes]
    return rng.normal(size=(n, width)), rng.normal(1, 2, (m, width)), one_hot, shares / shares.sum(1, keepdims=True)


def tensors(*arrays):
    return [torch.tensor(array, dtype=torch.float64) for array in arrays]


def naive_local_mmd(source, target, source_shares, target_shares):
    """Equation 6 of DSAN, pair by pair and class by class."""
    rows = np.vstack([source, target])
    pairs = [(i, j) for i in range(len(rows)) for j in range(len(rows))]
    scale = sum(np.sum((rows[i] - rows[j]) ** 2) for i, j in pairs) / (len(rows) * (len(rows) - 1))

    def kernel(a, b):
        return np.mean([np.exp(-np.sum((a - b) ** 2) / (bandwidth * scale)) for bandwidth in BANDWIDTHS])

    of_class = []
    for c in range(source_shares.shape[1]):
        if source_shares[:, c].sum() == 0 or target_shares[:, c].sum() == 0:
            continue
        p, q = source_shares[:, c] / source_shares[:, c].sum(), target_shares[:, c] / target_shares[:, c].sum()
        value = 0.0
        for i, a in enumerate(source):
            for j, b in enumerate(source):
                value += p[i] * p[j] * kernel(a, b)
            for j, b in enumerate(target):
                value -= 2 * p[i] * q[j] * kernel(a, b)
        for i, a in enumerate(target):
            for j, b in enumerate(target):
                value += q[i] * q[j] * kernel(a, b)
        of_class.append(value)
    return np.mean(of_class)


def test_local_mmd_is_the_naive_loop():
    arrays = batches()
    assert local_mmd(*tensors(*arrays)).item() == pytest.approx(naive_local_mmd(*arrays), rel=1e-10)


def test_mmd_is_the_naive_loop_of_one_class():
    source, target, _, _ = batches()
    naive = naive_local_mmd(source, target, np.ones((7, 1)), np.ones((5, 1)))
    assert mmd(*tensors(source, target)).item() == pytest.approx(naive, rel=1e-10)


def test_equal_samples_have_no_distance():
    source, _, one_hot, _ = tensors(*batches(n=6))
    assert mmd(source, source).item() == pytest.approx(0, abs=1e-12)
    assert local_mmd(source, source, one_hot, one_hot).item() == pytest.approx(0, abs=1e-12)
    assert coral(source, source).item() == 0


def test_the_same_clips_with_classes_exchanged_are_apart_by_class_only():
    source, _, one_hot, _ = tensors(*batches(n=6))
    assert mmd(source, source).item() == pytest.approx(0, abs=1e-12)
    assert local_mmd(source, source, one_hot, one_hot.roll(1, dims=1)).item() > 0.1


def test_a_class_that_a_batch_lacks_is_left_out():
    source, target, one_hot, shares = batches()
    one_hot[:, 2] = 0
    shares[:, 1] = 0
    expected = naive_local_mmd(source, target, one_hot, shares)
    values = tensors(source, target, one_hot, shares)
    values[0].requires_grad_()
    distance = local_mmd(*values)
    distance.backward()
    assert distance.item() == pytest.approx(expected, rel=1e-10)
    assert values[0].grad.isfinite().all()


def test_no_class_in_common_and_equal_clips_give_zero_and_a_finite_gradient():
    rows = torch.ones(4, 3, requires_grad=True)
    only_first, only_second = torch.eye(2)[[0] * 4], torch.eye(2)[[1] * 4]
    distance = local_mmd(rows, rows, only_first, only_second) + mmd(rows, rows)
    distance.backward()
    assert distance.item() == 0
    assert rows.grad.isfinite().all()


def test_following_the_gradient_of_mmd_brings_the_batches_together():
    source, target, _, _ = tensors(*batches())
    target.requires_grad_()
    before = mmd(source, target)
    before.backward()
    assert mmd(source, target - 0.1 * target.grad).item() < before.item()


def test_coral_is_the_distance_of_numpys_covariances():
    source, target, _, _ = batches()
    difference = np.cov(source.T) - np.cov(target.T)
    assert coral(*tensors(source, target)).item() == pytest.approx((difference**2).sum() / (4 * 4**2))
    assert coral(*tensors(source[:1], source[:1] + 1)).item() == 0


def test_the_adversary_learns_and_its_gradient_reaches_the_encoder_reversed():
    torch.manual_seed(0)
    source, target = torch.randn(20, 3), torch.randn(20, 3) + 2
    adversary = Adversary(3)
    plain, reversed_ = source.clone().requires_grad_(), source.clone().requires_grad_()
    judged = torch.cat([adversary.judge(plain), adversary.judge(target)]).squeeze(1)
    from_source = torch.cat([torch.ones(20), torch.zeros(20)])
    loss = torch.nn.functional.binary_cross_entropy_with_logits(judged, from_source)
    loss.backward()
    ours = adversary(reversed_, target, 0.5)
    ours.backward()
    assert ours.item() == pytest.approx(loss.item(), rel=1e-6)
    assert torch.allclose(reversed_.grad, -0.5 * plain.grad, atol=1e-8)


def test_reversal_leaves_the_values():
    values = torch.randn(3)
    assert (reversed_gradient(values, 2.0) == values).all()
