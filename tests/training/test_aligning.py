"""Aligning the fusion to a target without labels: the loss, what it changes, and where it is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from humpcat.domain_adaptation.alignment import DISTANCES, AlignedLoss, coral, local_mmd, mmd, ramp
from humpcat.errors import SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.models.losses import CrossEntropy
from humpcat.protocols import Split
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training import target_models as module
from humpcat.training.settings import AdaptationSettings

from .making import World, finetune

LABELS = torch.tensor([UNLABELLED, 0, 1, UNLABELLED, 0, UNLABELLED])
KNOWN = LABELS != UNLABELLED
ALIGNED = (
    "standardised by, aligned to and self-trained on all target clips of these classes without labels, test clips "
    "included"
)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    logits, embedding = (torch.tensor(rng.normal(size=(6, width)), requires_grad=True) for width in (2, 5))
    return logits, embedding


def plain() -> CrossEntropy:
    return CrossEntropy(torch.ones(2, dtype=torch.float64))


@pytest.mark.parametrize("name", DISTANCES)
def test_the_distance_is_added_with_a_weight_that_grows(name: str) -> None:
    logits, embedding = batch()
    source, target = embedding[KNOWN], embedding[~KNOWN]
    distance = {
        "local_mmd": local_mmd(source, target, torch.eye(2, dtype=source.dtype)[[0, 1, 0]], logits[~KNOWN].softmax(1)),
        "mmd": mmd(source, target),
        "coral": coral(source, target),
    }[name].item()
    of_source = plain()(logits[KNOWN], source, LABELS[KNOWN]).item()
    loss = AlignedLoss(plain(), name, weight=3.0, batches=2)
    assert [loss(logits, embedding, LABELS).item() for _ in range(2)] == pytest.approx(
        [of_source, of_source + 3.0 * ramp(0.5) * distance]
    )
    assert distance > 0.01


def test_target_clips_are_drawn_near_and_their_answers_are_not_learnt() -> None:
    logits, embedding = batch()
    loss = AlignedLoss(plain(), "local_mmd", weight=1.0, batches=2)
    loss(logits, embedding, LABELS)
    loss(logits, embedding, LABELS).backward()
    assert embedding.grad is not None
    assert logits.grad is not None
    assert bool(embedding.grad[~KNOWN].abs().sum(1).min() > 0)
    assert not logits.grad[~KNOWN].any()
    assert bool(logits.grad[KNOWN].any())


def aligned(world: World, out: Path, align_weight: float) -> dict[str, torch.Tensor]:
    """Return the weights of a model that was aligned and then fine-tuned."""
    settings = {"align": "local_mmd", "epochs": 2, "align_weight": align_weight, "batch_size": 4}
    finetune(world, out, baseline=False, optimization=settings, steps_per_epoch=4)
    return dict(load_file(out / "draw-0/model.safetensors"))


def zero_shot(out: Path) -> tuple[set[str], np.ndarray]:
    made = Predictions.read(out / "predictions.parquet").of_system("zero-shot")
    return set(made.values("guarantee")), np.asarray(made.probabilities)


def test_the_zero_shot_model_is_aligned_to_all_clips_and_knows_no_label(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = []
    original = module.align

    def spy(model, source, unlabelled, *args, **kwargs):  # type: ignore[no-untyped-def]
        before = {name: weight.clone() for name, weight in model.named_parameters()}
        original(model, source, unlabelled, *args, **kwargs)
        changed = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
        handed.append((source, unlabelled, changed))

    monkeypatch.setattr(module, "align", spy)
    aligned(world, tmp_path / "out", align_weight=5.0)
    ((source, unlabelled, changed),) = handed
    split = Split.load(tmp_path / "out/draw-0/split.json")
    assert set(unlabelled.ids) == {*split.adapt, *split.valid, *split.test}
    assert set(unlabelled.labels) == {UNLABELLED}
    assert {id_ for part in source for id_ in part.ids} == set(Split.load(world.source / "split.json").train)
    assert {"classifier.weight", "norm.weight"} <= changed
    assert not {name for name in changed if name.startswith(("summary.", "encoder."))}
    assert zero_shot(tmp_path / "out")[0] == {
        f"speaker-disjoint test; validation shares speakers with adaptation; {ALIGNED}"
    }


def test_the_term_says_what_is_learnt_and_a_seed_says_everything(world: World, tmp_path: Path) -> None:
    weak = aligned(world, tmp_path / "weak", align_weight=1e-9)
    strong = aligned(world, tmp_path / "strong", align_weight=20.0)
    again = aligned(world, tmp_path / "again", align_weight=20.0)
    assert not torch.equal(weak["norm.weight"], strong["norm.weight"])
    assert np.abs(zero_shot(tmp_path / "weak")[1] - zero_shot(tmp_path / "strong")[1]).max() > 1e-4
    assert all(torch.equal(strong[name], again[name]) for name in strong)


def test_the_guarantee_where_nothing_trains_itself(world: World, tmp_path: Path) -> None:
    finetune(
        world,
        tmp_path / "out",
        baseline=False,
        optimization={"align": "coral", "scope": "biases"},
        self_training=False,
        normalization="speaker",
    )
    ((guarantee,), _) = zero_shot(tmp_path / "out")
    assert guarantee.endswith(
        "; standardised by each speaker's clips and aligned to all target clips of these classes without labels, test "
        "clips included"
    )


@pytest.mark.parametrize(
    ("optimization", "target", "sentence"),
    [
        (
            {"align": "mmd"},
            {"normalization": "source"},
            "--align mmd with --normalization source: there no target clip is used without its label: choose "
            "--normalization corpus or speaker, or --align none.",
        ),
        (
            {"align": "mmd"},
            {"source_per_batch": 0},
            "--align mmd with --source-per-batch 0: an alignment needs source clips beside those of the target: "
            "choose 1 or more, or --align none.",
        ),
        ({"align": "tca"}, {}, "--align tca is unknown: choose one of none, local_mmd, mmd, coral."),
        (
            {"align": "mmd", "scope": "head"},
            {},
            "--scope head with --align mmd: no weight below the classifier would change, so nothing could be aligned: "
            "choose all or biases.",
        ),
    ],
)
def test_refusals_are_one_sentence(
    optimization: dict, target: dict, sentence: str, world: World, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError) as caught:
        finetune(world, tmp_path / "out", optimization=optimization, **target)
    assert str(caught.value) == sentence
    assert not list(tmp_path.glob("out/draw-*"))


def test_a_weight_of_nothing() -> None:
    with pytest.raises(SettingsError) as caught:
        AdaptationSettings(align="mmd", align_weight=0)
    assert str(caught.value) == "--align-weight 0: expected a number above 0 and up to 1000000."
