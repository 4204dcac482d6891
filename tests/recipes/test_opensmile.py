import pytest

from ..training.making import World
from .test_recipes import RECIPES


def test_the_speed_of_opensmile_is_measured(run, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("opensmile", reason="opensmile is not installed")
    recipe = RECIPES / "bench_opensmile.py"
    few = ("--feature-set", "is09", "--clips", 2, "--turns", 1)
    assert run(recipe, "--data-dir", world.data, "--corpus", "emodb", *few) == 0
    *_, ratio = capsys.readouterr().out.splitlines()
    assert ratio.startswith("ratio of is09: ")
    assert float(ratio.rsplit(" ", 1)[1]) > 0
