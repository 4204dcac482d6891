from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from scipy.special import softmax

from humpcat.evaluation.predictions import Predictions
from humpcat.inference.pipeline import pipeline
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.self_training.branch_weights import FUSION_SHARE
from humpcat.self_training.temperature import best_temperature
from humpcat.training import calibration as module
from humpcat.training.calibration import fit_temperature
from humpcat.training.data.examples import ClipDataset
from humpcat.training.linear_branch import fit_summary
from humpcat.training.trainer.loop import branch_logits, final_logits, predict

from .data.test_examples import InMemory
from .making import World, finetune, train
from .test_linear_branch import part

NOTHING = ClipDataset((), (), (), InMemory({}), {}, {})


def test_the_model_divides_its_logits_and_nothing_else(model: HumpCatForAudioClassification) -> None:
    clips, accelerator = part([0, 1, 2, 3] * 6, "p", 0), Accelerator(cpu=True)
    fit_summary(model, clips)
    logits, branch_weights = final_logits(model, clips, accelerator), branch_logits(model, clips, accelerator)
    found = fit_temperature(model, accelerator, clips)
    assert found == pytest.approx(best_temperature(logits, np.asarray(clips.labels)), abs=1e-9)
    assert found == pytest.approx(model.temperature.item(), rel=1e-6)
    assert final_logits(model, clips, accelerator) == pytest.approx(logits / found, abs=1e-5)
    assert np.array_equal(branch_logits(model, clips, accelerator), branch_weights)
    expected = softmax(logits / found, axis=1)
    for index, row in enumerate(predict(model, clips, accelerator)[id_] for id_ in clips.ids):
        assert row == pytest.approx(expected[index], abs=1e-6)
    # Fitted again it is the same: what was there before does not count.
    assert fit_temperature(model, accelerator, clips) == found


def test_training_knows_no_temperature(model: HumpCatForAudioClassification) -> None:
    clips = part([0, 1, 2, 3], "p", 0)
    inputs = {
        key: value for key, value in clips.collate([clips[0], clips[1]]).items() if key not in ("index", "labels")
    }
    model.config.dropout = 0.0
    model.train()
    for child in model.modules():
        if isinstance(child, torch.nn.Dropout):
            child.p = 0.0
    first = model(**inputs).logits
    model.temperature.fill_(4.0)
    torch.testing.assert_close(model(**inputs).logits, first)
    torch.testing.assert_close(model.eval()(**inputs).logits, first / 4)


def test_all_parts_count_and_their_order_does_not(model: HumpCatForAudioClassification) -> None:
    one, other = part([0, 1, 2, 3] * 3, "p", 0), part([3, 2, 1, 0], "q", 50)
    fit_summary(model, one)
    accelerator = Accelerator(cpu=True)
    both = fit_temperature(model, accelerator, one, other)
    assert both == pytest.approx(fit_temperature(model, accelerator, other, NOTHING, one), rel=1e-5)
    assert both != pytest.approx(fit_temperature(model, accelerator, one), rel=1e-3)


def test_without_clips_it_is_one(model: HumpCatForAudioClassification) -> None:
    model.temperature.fill_(3.0)
    assert fit_temperature(model, Accelerator(cpu=True), NOTHING) == 1.0
    assert model.temperature.item() == 1.0


def test_it_is_fitted_with_the_scale_of_branches_of_a_given_ratio(model: HumpCatForAudioClassification) -> None:
    learnt, clips, accelerator = part([0, 1, 2, 3] * 6, "p", 0), part([0, 1, 1, 3], "q", 50), Accelerator(cpu=True)
    fit_summary(model, learnt)
    module.weigh_and_calibrate(model, clips, accelerator)
    weights, temperature = model.branch_weights.clone(), model.temperature.item()
    assert float(weights[0] / weights[1]) == pytest.approx(FUSION_SHARE)
    assert temperature != 1
    assert fit_temperature(model, accelerator, clips) == pytest.approx(temperature, rel=1e-5)
    module.weigh_and_calibrate(model, NOTHING, accelerator)
    assert torch.equal(model.branch_weights, weights)
    assert model.temperature.item() == 1.0


def test_it_is_saved_and_every_path_uses_it(world: World, tmp_path: Path) -> None:
    loaded = HumpCatForAudioClassification.from_pretrained(world.source)
    assert loaded.temperature.item() != 1
    made = Predictions.read(world.source / "predictions.parquet")
    before = dict(zip(made.values("id"), made.probabilities, strict=True))
    loaded.temperature.fill_(100.0)
    hot = tmp_path / "hot"
    loaded.save_pretrained(hot)
    assert HumpCatForAudioClassification.from_pretrained(hot).temperature.item() == 100
    (hot / "preprocessor_config.json").write_bytes((world.source / "preprocessor_config.json").read_bytes())
    clip = next(world.data.rglob("*.wav"))
    scores = [row["score"] for row in pipeline(hot)(clip)]
    assert max(scores) - min(scores) < 0.05 < max(row["score"] for row in pipeline(world.source)(clip)) - 0.25
    assert max(map(max, before.values())) > 0.3


@pytest.mark.parametrize("mixed", [True, False])
def test_it_sees_validation_clips_only(
    mixed: bool, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from humpcat.protocols import Split
    from humpcat.training import source, target_models

    handed: list[set[str]] = []

    def spy(original, place):  # type: ignore[no-untyped-def]
        def spied(*args):  # type: ignore[no-untyped-def]
            handed.append({id_ for clips in args[place] for id_ in clips.ids})
            return original(*args)

        return spied

    monkeypatch.setattr(target_models, "fit_temperature", spy(module.fit_temperature, slice(2, None)))
    monkeypatch.setattr(source, "weigh_and_calibrate", spy(module.weigh_and_calibrate, slice(1, 2)))
    if mixed:
        train(world, tmp_path / "source", epochs=1)
        assert handed == [set(Split.load(tmp_path / "source/split.json").valid)]
        handed.clear()
    settings = {"baseline": False, "self_training": False, "source_per_batch": 4 if mixed else 0}
    finetune(world, tmp_path / "out", optimization={"scope": "all"}, **settings)
    own = set(Split.load(tmp_path / "out/draw-0/split.json").valid)
    assert handed == [own | (set(Split.load(world.source / "split.json").valid) if mixed else set())]
