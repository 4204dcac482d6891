import runpy
import sys
from pathlib import Path

import pytest

from ..training.making import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return what the tests of training and inference share."""
    return make_world(tmp_path_factory)


@pytest.fixture(name="run")
def _run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Return a function that runs a recipe with arguments and gives its exit status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    def run(recipe: Path, *arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", [str(recipe), *map(str, arguments)])
        try:
            runpy.run_path(str(recipe), run_name="__main__")
        except SystemExit as stop:
            return int(stop.code or 0)
        return 0

    return run
