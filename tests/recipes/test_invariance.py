"""The recipe that makes the table of features."""

from pathlib import Path

from ..training.making import World

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "bench_invariance.py"


def test_the_table_is_made_by_one_command(run, world: World, tmp_path: Path, capsys) -> None:
    corpora = ["--corpora", "emodb", "iemocap", "--data-dir", world.data, "--clips", 3]
    model = ["--model", world.target / "draw-0", "--encoder", world.encoder]
    assert run(RECIPE, *corpora, *model, "--distortions", "twice", "--out", tmp_path / "out") == 0
    text = (tmp_path / "out" / "invariance.md").read_text()
    assert "# How far features move: emodb, iemocap" in text
    assert "the largest of 2 corpora" in text
    assert text in capsys.readouterr().out
    assert run(RECIPE, "--distortions", "twise", "--out", tmp_path / "other") == 1
    assert "Did you mean 'twice'?" in capsys.readouterr().err
