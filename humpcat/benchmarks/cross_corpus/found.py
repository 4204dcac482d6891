"""What a benchmark's folder holds already: finished systems, and directions that are not asked for again."""

from collections.abc import Callable, Collection
from pathlib import Path

from humpcat.benchmarks.cross_corpus.directions import Direction, pair_space
from humpcat.benchmarks.cross_corpus.results import DirectionResults
from humpcat.benchmarks.cross_corpus.settings import PROTOCOLS, CrossCorpusData
from humpcat.benchmarks.cross_corpus.variants import ABLATION, AFSR, METHOD_NAMES, WEIGHTS, MethodVariant, weighted
from humpcat.corpora import CORPORA
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.files import read_json
from humpcat.training.checkpoint import RESULTS, SETTINGS


def finished_systems(folder: Path) -> list[MethodVariant]:
    """Return the systems of which a cell lies finished in the folder of a pair, whoever asked for them."""
    known = [*map(MethodVariant, METHOD_NAMES), *ABLATION]
    for weight in WEIGHTS:
        stem = f"{AFSR}-{weight}-"
        known += [weighted(weight, float(each.name.removeprefix(stem))) for each in sorted(folder.glob(f"{stem}*"))]
    return [system for system in known if any(folder.glob(f"{system.folder}/draw-*/{PREDICTIONS}"))]


def earlier_results(
    out: Path, data: CrossCorpusData, asked: Collection[Path], tell: Callable[[str], None]
) -> list[tuple[str, str, DirectionResults]]:
    """Return the results of the directions that a run was not asked for, as an earlier one left them.

    Args:
        out: the benchmark's folder.
        data: says which classes a pair is of.
        asked: folders of the directions that the run was asked for.
        tell: is told which are of other classes, or of corpora that are not registered.

    Returns:
        Feature set, protocol and results of each.
    """
    found = []
    for file in sorted(out.glob(f"*/*/*/{PREDICTIONS}")):
        folder, protocol, features = file.parent, file.parents[1].name, file.parents[2].name
        if folder in asked or protocol not in PROTOCOLS or not (folder / RESULTS).is_file():
            continue
        direction = _direction(folder.name, data.label_space)
        held = read_json(out / features / SETTINGS) if (out / features / SETTINGS).is_file() else {}
        if direction is None or held.get("label_space") != data.label_space:
            tell(
                f"{features}, {protocol}, {folder.name}: is in no table here: name its pair and label space to see it."
            )
            continue
        summary = Summary.from_dict(read_json(folder / RESULTS))
        found.append((features, protocol, DirectionResults(direction, Predictions.read(file), summary)))
    return found


def _direction(name: str, space: str) -> Direction | None:
    """Return the direction of a folder; None where a corpus of it is not registered."""
    for source in CORPORA:
        target = name.removeprefix(f"{source.name}-")
        if target != name and target in CORPORA:
            return Direction(source, CORPORA[target], pair_space(source, CORPORA[target], space))
    return None
