from pathlib import Path

import numpy as np
from accelerate import Accelerator

from humpcat.corpora import CORPORA
from humpcat.evaluation.predictions import Predictions
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.training.evaluating import FUSION, WHOLE, predict_saved, prepared_for

from .making import World, copied, data_settings


def test_the_whole_model_says_what_it_said_and_the_fusion_speaks_for_itself(world: World, tmp_path: Path) -> None:
    folder, accelerator = copied(world.target / "draw-1", tmp_path / "draw"), Accelerator(cpu=True)
    prepared = prepared_for(folder, [CORPORA["emodb"]], data_settings(world), accelerator)
    found = predict_saved(folder, prepared, "test", accelerator, draw=1)
    before = Predictions.read(folder / "predictions.parquet").of_system("fine-tuned")
    whole, fusion = found.of_system(WHOLE), found.of_system(FUSION)
    assert whole.values("id").tolist() == before.values("id").tolist()
    np.testing.assert_allclose(whole.probabilities, before.probabilities, atol=1e-6)
    assert set(found.values("draw")) == {1}

    model = HumpCatForAudioClassification.from_pretrained(folder)
    model.branch_weights.fill_(0)
    model.branch_weights[0] = 1
    model.save_pretrained(folder)
    alone = predict_saved(folder, prepared, "test", accelerator, draw=1).of_system(WHOLE)
    np.testing.assert_allclose(fusion.probabilities, alone.probabilities, atol=1e-6)
    assert not np.allclose(fusion.probabilities, whole.probabilities, atol=1e-3)


def test_validation_speakers_of_a_source(world: World) -> None:
    accelerator = Accelerator(cpu=True)
    prepared = prepared_for(world.source, [CORPORA["iemocap"]], data_settings(world), accelerator)
    found = predict_saved(world.source, prepared, "valid", accelerator).of_system(WHOLE)
    assert set(found.values("id")) == set(Split.load(world.source / "split.json").valid)
