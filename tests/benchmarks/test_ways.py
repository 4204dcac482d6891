"""What each way of use gives: measured on the same clips, kept in one file, and told alike wherever it is told."""

import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from humpcat.benchmarks import ways as measuring
from humpcat.benchmarks.ways import COMMANDS, CORPUS, SPEAKER, STRANGER, answered_instead, heard_together
from humpcat.cli import app
from humpcat.errors import HumpcatError
from humpcat.evaluation.predictions import Predictions
from humpcat.inference.pipeline import pipeline
from humpcat.models.ways import WAYS, Way, Ways
from humpcat.pretrained import pretrained

from ..training.making import World, few_steps

REPOSITORY = Path(__file__).parents[2]
RECIPE = REPOSITORY / "recipes/table_ways.py"
FOUND = Ways(
    "a corpus", 2, 8, 1, 4, "0", (Way(STRANGER, COMMANDS[STRANGER], 0.5, 0.25, 0.75), Way(SPEAKER, "-", 1, None, None))
)


@pytest.fixture(name="measured", scope="module")
def _measured(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model beside which the recipe has written what each way of use gives."""
    folder = tmp_path_factory.mktemp("ways")
    model = folder / "source"
    shutil.copytree(world.source, model)
    with pytest.MonkeyPatch.context() as patch:
        # Nobody has more clips of a class in the small world.
        patch.setattr(measuring, "SHOTS", 2)
        places = ["--data-dir", world.data, "--store", world.store, "--out", folder / "benchmark"]
        given = ["--source", model, "--corpus", "emodb", "--draws", 2, *places]
        patch.setattr(sys, "argv", [str(RECIPE), *map(str, given)])
        with few_steps():
            runpy.run_path(str(RECIPE), run_name="__main__")
    return model


def test_every_way_is_measured(measured: Path) -> None:
    found = Ways.read(measured)
    assert found is not None
    assert {way.given: way.command for way in found.ways} == COMMANDS
    assert (found.draws, found.speakers, found.classes) == (2, 5, 4)
    assert all(way.low <= way.uar <= way.high for way in found.ways)
    assert found.markdown() in (measured / "README.md").read_text()
    out = measured.parent / "benchmark"
    cells = {str(path.parent.relative_to(out)) for path in out.rglob("predictions.parquet")}
    of_source = ("zero-shot", "2-shots", "20-percent")
    assert cells == {
        *(f"emodb/source/draw-{draw}/humpcat-{amount}" for draw in (0, 1) for amount in of_source),
        *(f"emodb/corpus/draw-{draw}/humpcat-2-shots" for draw in (0, 1)),
        *(f"emodb/speaker/draw-{draw}/humpcat-zero-shot" for draw in (0, 1)),
    }


def test_one_speaker_is_heard_as_the_command_hears_one(measured: Path, world: World) -> None:
    cells = sorted((measured.parent / "benchmark/emodb/source").glob("draw-*/humpcat-zero-shot/predictions.parquet"))
    table = Predictions.concat([Predictions.read(cell) for cell in cells])
    paths = sorted(world.data.glob("EmoDB/wav/*.wav"))
    rows = [{"id": f"emodb/{path.stem}", "path": str(path)} for path in paths]
    assert set(table.values("id")) <= {row["id"] for row in rows}
    classifier = pipeline(measured)
    speakers = [
        [row for row in rows if Path(row["path"]).stem[:2] == speaker] for speaker in ("03", "08", "09", "10", "11")
    ]
    said = heard_together(classifier, speakers)
    first = classifier.listener()([row["path"] for row in speakers[0]])
    classes = list(classifier.model.config.label2id)
    for row, answer in zip(speakers[0], first, strict=True):
        assert said[row["id"]] == [next(each["score"] for each in answer if each["label"] == name) for name in classes]
    told = answered_instead(table, said)
    np.testing.assert_allclose(told.probabilities, [said[clip_id] for clip_id in table.values("id")])
    assert told.gold.tolist() == table.gold.tolist()
    by_draw = [
        np.mean([(part.predicted == name)[part.gold == name].mean() for name in part.classes])
        for part in (told.of_draw(draw) for draw in (0, 1))
    ]
    found = Ways.read(measured)
    assert found is not None
    uar = {way.given: way.uar for way in found.ways}
    assert uar[SPEAKER] == pytest.approx(np.mean(by_draw))
    assert not np.allclose(told.probabilities, table.probabilities)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert Ways.read(tmp_path) is None
    FOUND.write(tmp_path)
    assert Ways.read(tmp_path) == FOUND
    assert FOUND.markdown().splitlines()[-2:] == [
        "| one clip of a stranger | `humpcat predict CLIP` | 50.0 [25.0, 75.0] |",
        "| several clips of one speaker | `-` | 100.0 |",
    ]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / WAYS).write_text(json.dumps({"title": "a corpus", "ways": [{"given": "nothing"}]}))
    with pytest.raises(HumpcatError, match=r"ways\.json: is no table of ways of use .* recipes/table_ways\.py"):
        Ways.read(tmp_path)


@pytest.mark.parametrize("page", ["README.md", "docs/mini.md", "humpcat/pretrained/mini/README.md"])
def test_pages_say_what_was_measured_of_the_model_that_comes_with_humpcat(page: str) -> None:
    found = Ways.read(pretrained())
    assert found is not None
    text = (REPOSITORY / page).read_text()
    assert found.markdown() in text
    blocks = re.findall(r"<!-- ways -->\n\n(.*?)\n\n<!-- end -->", text, re.DOTALL)
    assert blocks == ([] if "pretrained" in page else [found.markdown()])


def test_what_was_measured_is_of_the_weights_that_come_with_humpcat() -> None:
    from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

    found = Ways.read(pretrained())
    assert found is not None
    assert found.model_hash == HumpCatForAudioClassification.from_pretrained(pretrained()).weights_hash()
    assert {way.given: way.command for way in found.ways} == COMMANDS


def test_the_help_of_predict_says_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Ways.read(pretrained())
    assert found is not None
    shown = " ".join(CliRunner().invoke(app, ["predict", "--help"], env={"COLUMNS": "200"}).output.split())
    for line in found.lines():
        assert line in shown
    assert CORPUS in shown
