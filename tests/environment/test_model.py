from pathlib import Path

from humpcat.environment.model import ShippedModel, shipped_model
from humpcat.pretrained import NAMES


def test_the_model_comes_with_humpcat_and_its_encoder_with_it() -> None:
    assert shipped_model() == ShippedModel(NAMES[0], ())


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    for name in ("config.json", "preprocessor_config.json", "encoder/config.json", "encoder/model.safetensors"):
        (tmp_path / name).write_text("{}")
    assert shipped_model(tmp_path).missing == ("model.safetensors", "encoder/preprocessor_config.json")
