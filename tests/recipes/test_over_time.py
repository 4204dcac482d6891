"""The recipes that join clips, feed streams and store clips otherwise end in their figures."""

import json
import shutil
from pathlib import Path

import pytest

from ..training.making import World

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def cells(output: str) -> list[list[str]]:
    """Return the cells of a table below its heading."""
    lines = [line for line in output.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_segments_are_measured_at_the_cost_that_the_model_says(run, world: World, capsys, tmp_path: Path) -> None:
    model = shutil.copytree(world.source, tmp_path / "model")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"change_cost": 1.5}))
    common = ["emodb", "--data-dir", world.data, "--model", model, "--encoder", world.encoder, "--minutes", 0.1]
    assert run(RECIPES / "bench_segments.py", *common) == 0
    rows = cells(capsys.readouterr().out)
    assert [row[0] for row in rows] == ["0", "1.5", "one label"]
    assert run(RECIPES / "bench_turns.py", *common, "--conversations", 1, "--change", 2) == 0
    rows = cells(capsys.readouterr().out)
    assert [row[:2] for row in rows] == [[name, "2"] for name in ("not known", "by turns", "by turns, own speech")]


def test_what_a_change_costs_is_chosen_and_written(run, world: World, capsys, tmp_path: Path) -> None:
    model = shutil.copytree(world.source, tmp_path / "model")
    before = json.loads((model / "config.json").read_text())
    assert before["change_cost"] == 4.0
    common = ["--data-dir", world.data, "--encoder", world.encoder, "--minutes", 0.1]
    assert run(RECIPES / "choose_change.py", model, "--on", f"emodb={world.source}", *common) == 0
    said = capsys.readouterr().out
    rows = cells(said.split("\n\n")[0])
    best = max(rows, key=lambda row: float(row[-1]))
    after = json.loads((model / "config.json").read_text())
    assert after == before | {"change_cost": float(best[0])}
    assert said.splitlines()[-1] == f"{model / 'config.json'}: change_cost {best[0]}"
    assert run(RECIPES / "choose_change.py", model, "--on", "emodb", *common) == 1
    assert capsys.readouterr().err.strip() == "error: on emodb: expected CORPUS=MODEL for each."


def test_a_stream_is_measured(run, world: World, capsys) -> None:
    common = ["emodb", "--data-dir", world.data, "--minutes", 0.1, "--rate", 8_000, "--out", "bench"]
    assert run(RECIPES / "bench_stream.py", *common) == 0
    found = json.loads(Path("bench/bench_stream.json").read_text())
    # What was begun is fed to its end.
    assert found["answers"] >= 6
    assert 0 < found["latency, median"] <= found["latency, 95 %"] <= found["latency, longest"]
    assert found["real-time factor"] > 0
    assert cells(capsys.readouterr().out)[0][0] == str(found["answers"])


def test_copies_are_measured(run, world: World, capsys) -> None:
    common = ["--data-dir", world.data, "--corpora", "emodb", "--clips", 3, "--out", "bench"]
    assert run(RECIPES / "bench_copies.py", *common) == 0
    found = json.loads(Path("bench/bench_copies.json").read_text())
    rows = cells(capsys.readouterr().out)
    assert [row[0] for row in rows] == list(found["moves"])
    # Two equal channels are one, to the rounding of a sample.
    assert found["moves"]["stereo"]["largest"] < 1e-4
    assert found["moves"]["8 kHz"]["largest"] > 1e-3


@pytest.mark.slow
@pytest.mark.real_data
def test_real_clips_that_are_stored_otherwise_are_answered_within_the_tolerance_that_the_guide_states(run) -> None:
    if not REAL.is_dir():
        pytest.skip("the real corpora are not on this machine")
    assert run(RECIPES / "bench_copies.py", "--data-dir", REAL, "--clips", 20, "--out", "bench") == 0
    moves = json.loads(Path("bench/bench_copies.json").read_text())["moves"]
    for name, moved in moves.items():
        tolerance = 1e-4 if name == "stereo" else 0.3 if name == "8 kHz" else 0.1
        assert moved["19 of 20 within"] < tolerance, name
        assert moved["mean"] < tolerance / 2, name
