"""The runner of cells, on experiments that answer without learning anything."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from accelerate import Accelerator

from humpcat.benchmarks.cells import Cell, Experiment
from humpcat.benchmarks.runner import Notes, answers, require_there, run
from humpcat.corpora import CORPORA
from humpcat.errors import CorpusError, HumpcatError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Split
from humpcat.run_folder import MANIFEST

try:
    # joblib brought a copy of its own until 1.5.
    from joblib.externals import cloudpickle
except ImportError:
    import cloudpickle

CLASSES = ("anger", "sadness")
ROWS = [
    {"id": id_, "corpus": "toy", "language": "de", "speaker": id_, "gender": None, "duration": 1.0} for id_ in "abcd"
]


@dataclass(frozen=True)
class Constant:
    """A system that always gives one answer, or cannot be fitted."""

    name: str
    sure: float | None

    @property
    def folder(self) -> str:
        return self.name.replace(" ", "-")


@dataclass(frozen=True)
class Toy(Experiment[Constant]):
    folder: Path
    test: tuple[str, ...] = ("c", "d")
    may_fail: bool = False

    @property
    def name(self) -> str:
        return "toy"

    def cells(self, *systems: Constant) -> list[Cell[Constant]]:
        return [Cell(system, draw, self.folder / system.folder / f"{draw}") for draw in (0, 1) for system in systems]

    def split(self, cell: Cell[Constant]) -> Split:
        return Split("toy", cell.draw, "speaker-disjoint", adapt=("a",), test=self.test)

    def work(self, cell: Cell[Constant], split: Split) -> Callable[[], Predictions]:
        return partial(answered, cell, split)

    def announcement(self, cell: Cell[Constant]) -> str:
        return f"now {cell.system.name}, {cell.draw}"


def answered(cell: Cell[Constant], split: Split) -> Predictions:
    (cell.folder / "checkpoints").mkdir(parents=True)
    if cell.system.sure is None:
        raise HumpcatError("needs a package that is not there.")
    return Predictions.build(
        ROWS,
        dict.fromkeys(split.test, "anger"),
        {clip_id: [cell.system.sure, 1 - cell.system.sure] for clip_id in split.test},
        CLASSES,
        system=cell.system.name,
        draw=cell.draw,
        model_hash="0",
        guarantee=split.guarantee,
    )


ONE, OTHER, BROKEN = Constant("one", 0.9), Constant("an other", 0.2), Constant("broken", None)


@pytest.fixture(name="accelerator")
def _accelerator() -> Accelerator:
    return Accelerator(cpu=True)


def files(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_cells_are_fitted_once_and_predictions_stand_beside_their_split(
    tmp_path: Path, accelerator: Accelerator, capsys: pytest.CaptureFixture[str]
) -> None:
    toy = Toy(tmp_path)
    run([(toy, toy.cells(ONE))], accelerator, pytest.fail)
    before = files(tmp_path)
    assert sorted(before) == [
        f"one/{draw}/{name}" for draw in (0, 1) for name in (MANIFEST, "predictions.parquet", "split.json")
    ]
    assert not list(tmp_path.rglob("checkpoints"))
    capsys.readouterr()
    run([(toy, toy.cells(ONE, OTHER))], accelerator, pytest.fail)
    after = files(tmp_path)
    assert before.items() <= after.items()
    assert set(answers(toy.cells(ONE, OTHER)).values("system")) == {"one", "an other"}
    said = capsys.readouterr().out
    assert "now an other, 1" in said
    assert "now one" not in said


def test_what_was_finished_on_another_split_is_refused_before_anything_is_fitted(
    tmp_path: Path, accelerator: Accelerator
) -> None:
    run([(Toy(tmp_path), Toy(tmp_path).cells(ONE))], accelerator, pytest.fail)
    before, other = files(tmp_path), Toy(tmp_path, test=("b",))
    with pytest.raises(SettingsError, match="'test' was begun with 2 clips, now there are 1"):
        run([(other, other.cells(OTHER, ONE))], accelerator, pytest.fail)
    assert files(tmp_path) == before


@pytest.fixture(name="sent_whole")
def _sent_whole() -> Iterator[None]:
    """Sends this module's classes to other processes as they are: a worker need not find the module by its name."""
    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)
    yield
    cloudpickle.unregister_pickle_by_value(module)


@pytest.mark.usefixtures("sent_whole")
def test_several_processes_give_the_same_answers(tmp_path: Path, accelerator: Accelerator) -> None:
    for jobs in (1, 2):
        toy = Toy(tmp_path / f"{jobs}")
        run([(toy, toy.cells(ONE, OTHER))], accelerator, pytest.fail, jobs=jobs)
    one, two = (answers(Toy(tmp_path / jobs).cells(ONE, OTHER)) for jobs in "12")
    assert one.table.equals(two.table)


def test_who_cannot_be_fitted_is_told_once_or_ends_the_run(tmp_path: Path, accelerator: Accelerator) -> None:
    told: list[str] = []
    toy = Toy(tmp_path / "left out", may_fail=True)
    run([(toy, toy.cells(BROKEN, ONE))], accelerator, told.append)
    assert told == ["broken is left out (toy): needs a package that is not there."]
    assert [cell.finished for cell in toy.cells(BROKEN, ONE)] == [False, True] * 2
    toy = Toy(tmp_path / "stopped")
    with pytest.raises(HumpcatError, match="needs a package"):
        run([(toy, toy.cells(BROKEN, ONE))], accelerator, pytest.fail)


def test_jobs_and_processes_do_not_go_together(tmp_path: Path, accelerator: Accelerator) -> None:
    class Several:
        num_processes = 2

    with pytest.raises(SettingsError) as caught:
        run([], Several(), pytest.fail, jobs=3)
    assert str(caught.value) == (
        "jobs 3 under accelerate launch with 2 processes: expected 1 job there: use one or the other."
    )


def test_notes_are_kept_and_printed(accelerator: Accelerator, capsys: pytest.CaptureFixture[str]) -> None:
    notes = Notes(accelerator)
    notes("mesd is left out.")
    assert (notes, capsys.readouterr().out) == (["mesd is left out."], "mesd is left out.\n")


def test_a_corpus_that_is_needed_has_to_be_there_in_its_owners_layout(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"^corpus 'emodb', which tests need, cannot be used: .* holds no folder"):
        require_there(CORPORA["emodb"], str(tmp_path), "which tests need")
    (tmp_path / "EmoDB").mkdir()
    with pytest.raises(CorpusError, match=r"nothing in .* is named as its owner names it"):
        require_there(CORPORA["emodb"], str(tmp_path), "which tests need")
    (tmp_path / "EmoDB/03a01Wa.wav").touch()
    require_there(CORPORA["emodb"], str(tmp_path), "which tests need")
