import json
import sys
from pathlib import Path

import pytest

from humpcat.environment.model import ShippedModel, shipped_model
from humpcat.pretrained import NAME


def test_the_model_comes_with_humpcat() -> None:
    found = shipped_model()
    assert (found.name, found.missing, found.encoder) == (NAME, (), "openai/whisper-base")


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert shipped_model(tmp_path) == ShippedModel(NAME, ("model.safetensors", "preprocessor_config.json"), None, None)


def test_an_encoder_in_the_hubs_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps({"encoder": "some/encoder"}))
    assert shipped_model(tmp_path).encoder_cached is False
    snapshot = tmp_path / "models--some--encoder" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (tmp_path / "models--some--encoder" / "refs").mkdir()
    (tmp_path / "models--some--encoder" / "refs" / "main").write_text("abc")
    (snapshot / "config.json").write_text("{}")
    assert shipped_model(tmp_path).encoder_cached is False
    (snapshot / "model.safetensors").write_text("")
    assert shipped_model(tmp_path).encoder_cached is True


def test_without_the_hubs_client_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    (tmp_path / "config.json").write_text(json.dumps({"encoder": "some/encoder"}))
    assert shipped_model(tmp_path).encoder_cached is None
