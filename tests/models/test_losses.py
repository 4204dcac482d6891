import numpy as np
import pytest
import torch

from humpcat.errors import SettingsError
from humpcat.models.losses import AdditiveMargin, CrossEntropy, class_weights, contrastive_centre, make_loss

RNG = np.random.default_rng(0)
COSINES = RNG.uniform(-1, 1, (6, 4))
EMBEDDING = RNG.normal(size=(6, 5))
LABELS = np.array([0, 1, 2, 2, 1, 0])
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.0])


def numpy_cross_entropy(logits: np.ndarray) -> float:
    log_probability = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    weights = WEIGHTS[LABELS]
    return float(-(weights * log_probability[np.arange(6), LABELS]).sum() / weights.sum())


def numpy_contrastive_centre() -> float:
    unit = EMBEDDING / np.linalg.norm(EMBEDDING, axis=1, keepdims=True)
    centres = {label: unit[label == LABELS].mean(0) for label in np.unique(LABELS)}
    total = 0.0
    for point, label in zip(unit, LABELS, strict=True):
        others = sum(((point - centre) ** 2).sum() for name, centre in centres.items() if name != label)
        total += ((point - centres[label]) ** 2).sum() / (others + 1)
    return total / len(unit)


def tensors(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.from_numpy(array) for array in arrays]


def test_cross_entropy_weighs_classes() -> None:
    loss = CrossEntropy(torch.from_numpy(WEIGHTS))
    assert loss(*tensors(COSINES, EMBEDDING, LABELS)).item() == pytest.approx(numpy_cross_entropy(COSINES))


def test_additive_margin_is_its_formula() -> None:
    loss = AdditiveMargin(torch.from_numpy(WEIGHTS), 0.0, scale=30.0, margin=0.4, centre_weight=0.0)
    logits = COSINES.copy()
    logits[np.arange(6), LABELS] -= 0.4
    value = loss(*tensors(30 * COSINES, EMBEDDING, LABELS)).item()
    assert value == pytest.approx(numpy_cross_entropy(30 * logits))


def test_additive_margin_adds_the_contrastive_centre() -> None:
    inputs = tensors(30 * COSINES, EMBEDDING, LABELS)
    without = AdditiveMargin(torch.from_numpy(WEIGHTS), 0.1, scale=30.0, centre_weight=0.0)(*inputs)
    half = AdditiveMargin(torch.from_numpy(WEIGHTS), 0.1, scale=30.0, centre_weight=0.5)(*inputs)
    assert (half - without).item() == pytest.approx(0.5 * numpy_contrastive_centre())


def test_contrastive_centre_is_its_formula_and_zero_for_one_class() -> None:
    embedding, labels = tensors(EMBEDDING, LABELS)
    assert contrastive_centre(embedding, labels).item() == pytest.approx(numpy_contrastive_centre())
    assert contrastive_centre(embedding, torch.zeros(6, dtype=torch.long)).item() == 0


def test_the_losses_order_and_scale_of_a_batch_do_not_matter() -> None:
    inputs, order = tensors(30 * COSINES, EMBEDDING, LABELS), torch.tensor([3, 0, 5, 1, 4, 2])
    for name in ("cross-entropy", "additive-margin"):
        loss = make_loss(name, torch.from_numpy(WEIGHTS), 0.1, 30.0)
        assert loss(*(value[order] for value in inputs)).item() == pytest.approx(loss(*inputs).item())
        assert loss(inputs[0], 7 * inputs[1], inputs[2]).item() == pytest.approx(loss(*inputs).item())


def test_gradients_are_finite_at_a_centre() -> None:
    embedding = torch.ones(4, 3, requires_grad=True)
    contrastive_centre(embedding, torch.tensor([0, 0, 1, 1])).backward()
    assert embedding.grad is not None
    assert embedding.grad.isfinite().all()


def test_class_weights_are_one_on_average_and_nothing_for_no_clips() -> None:
    weights = class_weights(torch.tensor([0, 0, 0, 2]), 4)
    assert weights.tolist() == pytest.approx([2 / 3, 0, 2, 0])
    assert weights[torch.tensor([0, 0, 0, 2])].mean().item() == pytest.approx(1)


def test_unknown_loss() -> None:
    with pytest.raises(SettingsError) as caught:
        make_loss("hinge", torch.ones(4), 0.0, 30.0)
    assert str(caught.value) == "--loss hinge is unknown: choose one of cross-entropy, additive-margin."
