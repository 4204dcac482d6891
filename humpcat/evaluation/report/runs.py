"""The runs a report is made from: their predictions, and what lies beside them."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from humpcat.evaluation.predictions import PREDICTIONS, Predictions, PredictionsError
from humpcat.files import read_json, resolved

SETTINGS, SPLIT = "settings.json", "split.json"
"""Names of what a recipe writes into a run's folder."""


@dataclass(frozen=True)
class Run:
    """One predictions table with what is known of how it was made.

    Attributes:
        name: short name, unique in the report.
        predictions: the table.
        file: the file, by as much of its path as the name holds.
        file_hash: hash of the predictions file, 32 hexadecimal digits.
        settings: settings of the recipe, empty if they do not lie beside the table.
        protocol: protocol with its settings, such as "speaker-share=0.2 valid=0.2"; empty if not known.
        source: corpus of the source model, or the name of its folder; empty if not known.
    """

    name: str
    predictions: Predictions
    file: str
    file_hash: str
    settings: Mapping[str, Any]
    protocol: str
    source: str

    @property
    def amounts(self) -> dict[str, float]:
        """How much was adapted on, as far as the protocol says: "shots" or "share"."""
        parts = dict(part.split("=", 1) for part in self.protocol.split() if "=" in part)
        found = {}
        for name, keys in (("shots", ("shots",)), ("share", ("speaker-share", "clip-share"))):
            for key in keys:
                with suppress(KeyError, ValueError):
                    found[name] = float(parts[key])
        return found


def read_runs(paths: Sequence[str | Path], names: Sequence[str] | None = None) -> list[Run]:
    """Read runs and name them by as much of their paths as tells them apart.

    Args:
        paths: folders of runs, or predictions files.
        names: how the runs are called, where their paths do not say it.

    Raises:
        PredictionsError: there is no path, one is given twice, or one holds no predictions.
    """
    if not paths:
        raise PredictionsError("0 runs found, expected at least one: name a run's folder or its predictions.parquet.")
    files = [_predictions_file(Path(path)) for path in paths]
    places = [resolved(file) for file in files]
    for index, place in enumerate(places):
        if place in places[:index]:
            raise PredictionsError(f"{paths[index]}: stands twice among the runs: name each once.")
    return [
        replace(
            _read(file), name=name, file=f"{name}/{PREDICTIONS}" if file.name == PREDICTIONS else name + file.suffix
        )
        for file, name in zip(files, names or _names(places), strict=True)
    ]


def _predictions_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    file = path / PREDICTIONS
    if not file.is_file():
        raise PredictionsError(f"{path}: holds no {PREDICTIONS}: name a run's folder, or a predictions file.")
    return file


def _read(file: Path) -> Run:
    predictions = Predictions.read(file)
    folder = file.parent
    settings = read_json(folder / SETTINGS) if (folder / SETTINGS).is_file() else {}
    with file.open("rb") as content:
        file_hash = hashlib.file_digest(content, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    return Run(
        file.stem, predictions, file.name, file_hash, settings, _protocol(folder, settings), _source(folder, settings)
    )


def _protocol(folder: Path, settings: Mapping[str, Any]) -> str:
    """Return the protocol as the splits name it: draws lie in folders below that of the run."""
    for file in (folder / SPLIT, *sorted(folder.glob(f"*/{SPLIT}"))[:1]):
        if file.is_file():
            return str(read_json(file).get("name") or "")
    protocol, share = settings.get("protocol"), settings.get("share")
    if protocol == "shots":
        return f"shots={settings.get('shots')} speaker-share={share}"
    return {"speakers": f"speaker-share={share}", "clips": f"clip-share={share}"}.get(str(protocol), "")


def _source(folder: Path, settings: Mapping[str, Any]) -> str:
    if not settings.get("source"):
        return ""
    source = Path(str(settings["source"]))
    for file in (source / SETTINGS, folder.parent / source.name / SETTINGS):
        if file.is_file():
            corpora = read_json(file).get("corpus") or source.name
            return corpora if isinstance(corpora, str) else " and ".join(corpora)
    return source.name


def _names(files: Sequence[Path]) -> list[str]:
    """Return the shortest ends of the paths that differ."""
    parts = [file.parent.parts if file.name == PREDICTIONS else file.with_suffix("").parts for file in files]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            break
    return names
