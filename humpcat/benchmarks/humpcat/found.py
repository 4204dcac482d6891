"""What a benchmark's folder holds already: finished cells, and the tables of targets that are not asked for again."""

import re
from collections.abc import Callable, Collection
from pathlib import Path

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.amounts import Amount
from humpcat.benchmarks.humpcat.results import MODES, TargetResults
from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.target import Learner, Target
from humpcat.corpora import CORPORA
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.files import read_json
from humpcat.training.checkpoint import RESULTS

_CELL = re.compile(r"(?P<system>.+)-(?:zero-shot|(?P<shots>\d+)-shots|(?P<share>[\d.]+)-percent)")
_DRAW = re.compile(r"draw-(\d+)")


def finished_cells(target: Target) -> list[Cell[Learner]]:
    """Return the cells of a target that lie finished in its folder, whoever asked for them.

    Args:
        target: the target.
    """
    cells = []
    for file in sorted(target.folder.glob(f"draw-*/*/{PREDICTIONS}")):
        named, drawn = _CELL.fullmatch(file.parent.name), _DRAW.fullmatch(file.parents[1].name)
        if named and drawn and named["system"] in SYSTEMS:
            shots, share = named["shots"], named["share"]
            amount = Amount(int(shots) if shots else None, float(share) / 100 if share else None)
            cells.append(target.cell(SYSTEMS[named["system"]], amount, int(drawn[1])))
    return cells


def earlier_results(out: Path, corpora: Collection[str], tell: Callable[[str], None]) -> list[TargetResults]:
    """Return the results of the targets that a run was not asked for, as an earlier one left them.

    Args:
        out: the benchmark's folder.
        corpora: the targets that the run was asked for.
        tell: is told where finished cells are in no table yet.
    """
    found = []
    for corpus in CORPORA:
        for mode in MODES:
            folder = out / corpus.name / mode
            if corpus.name in corpora or not folder.is_dir():
                continue
            if (folder / PREDICTIONS).is_file() and (folder / RESULTS).is_file():
                predictions = Predictions.read(folder / PREDICTIONS)
                summary = Summary.from_dict(read_json(folder / RESULTS))
                found.append(TargetResults(corpus.name, corpus.title, mode, predictions, summary))
            elif any(folder.glob(f"draw-*/*/{PREDICTIONS}")):
                tell(f"{corpus.name}, {mode}, is in no table: its run was interrupted: ask for {corpus.name} again.")
    return found
