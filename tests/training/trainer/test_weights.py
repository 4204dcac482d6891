from pathlib import Path

import torch

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.training.trainer.weights import WeightAverage


def test_the_average_is_exponential_and_goes_on_from_disk(tmp_path: Path) -> None:
    model = HumpCatForAudioClassification(HumpCatConfig(encoder_width=8, encoder_layers=[0], hidden_size=8, heads=2))
    average = WeightAverage(model, 0.75)
    for step, value in enumerate((4.0, 8.0, 0.0)):
        if step == 2:
            average.save(tmp_path)
            average = WeightAverage(model, 0.75)
            average.load(tmp_path)
        with torch.no_grad():
            model.norm.weight.fill_(value)
        average.update(model)
    # 4, then 0.75 * 4 + 0.25 * 8 = 5, then 0.75 * 5.
    torch.testing.assert_close(average.model.norm.weight, torch.full((32,), 3.75))
    assert not model.norm.weight.any()
