#!/usr/bin/env python
"""Measure what each choice of HuMP-CAT is worth: one row, one change, the same draws, the same test clips.

    python recipes/ablate_humpcat.py --source cremad --targets emodb mesd --data-dir DATA --out runs/ablation
    python recipes/ablate_humpcat.py --rows streams-H streams-HM ...

A row trains a source model, unless it changes the adaptation only, and adapts it to each target: by default the fusion
learns what the regressions of the linear branch say of clips that they left out. The table is written anew after each
row, to OUT/ablation.md and OUT/ablation.json; the same command goes on where it stopped. Choices are made by the
columns on validation clips: the source's unheard speakers and, in rows of which the scope is trained by gradients from
labels, the clips of each target's adapting speakers that are held back from the fusion. Other rows learn from these.
"""

import math
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from pathlib import Path
from typing import Any

from humpcat.arguments import parse
from humpcat.cli import reporting_errors
from humpcat.corpora.asked import corpora_of
from humpcat.errors import SettingsError
from humpcat.evaluation import Predictions, compare_systems, summarise
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.table import HEADINGS, Figure
from humpcat.files import write_json, write_text
from humpcat.protocols import Split
from humpcat.setting_ranges import COUNTS
from humpcat.settings import Settings, setting
from humpcat.training.checkpoint import RESULTS, SPLIT
from humpcat.training.evaluating import FUSION, WHOLE, predict_saved, prepared_for
from humpcat.training.settings import (
    NORMALIZATIONS,
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
    TargetSettings,
    require_normalization,
)
from humpcat.training.source import train_source
from humpcat.training.target import finetune_target
from humpcat.training.trainer.accelerator import make_accelerator


@dataclass(frozen=True)
class Row:
    """What a row changes of the default: settings of the network, of the source's training, of the adaptation."""

    name: str
    network: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    adaptation: dict[str, Any] = field(default_factory=dict)


H, M, P = "hidden", "mfcc", "prosody"
DEFAULT = "default"
VALIDATED, TESTED = "valid.parquet", "test.parquet"
ROWS = {
    row.name: row
    for row in (
        Row(DEFAULT),
        Row("scope-all", adaptation={"scope": "all"}),
        Row("scope-biases", adaptation={"scope": "biases"}),
        Row("scope-head", adaptation={"scope": "head"}),
        Row("no-distillation", adaptation={"scope": "summary"}),
        Row("streams-H", {"streams": [H]}),
        Row("streams-M", {"streams": [M]}),
        Row("streams-P", {"streams": [P]}),
        Row("streams-HM", {"streams": [H, M]}),
        Row("streams-HP", {"streams": [H, P]}),
        Row("streams-MP", {"streams": [M, P]}),
        Row("paper", {"paper": True}),
        Row("fusion-cross-attention", {"fusion": "cross-attention"}),
        Row("fusion-gated-cross-attention", {"fusion": "gated-cross-attention"}),
        Row("fusion-concatenation", {"fusion": "concatenation"}),
        Row("fusion-gating", {"fusion": "gating"}),
        Row("stem-linear", {"stem": "linear"}),
        Row("stem-conv", {"stem": "conv"}),
        Row("pooling-attentive", {"pooling": "attentive"}),
        Row("summary-H", {"summary_streams": [H]}),
        Row("summary-HP", {"summary_streams": [H, P]}),
        Row("summary-M", {"streams": [M], "summary_streams": [M]}),
        Row("summary-P", {"streams": [P], "summary_streams": [P]}),
        Row("summary-MP", {"streams": [M, P], "summary_streams": [M, P]}),
        Row("mask", training={"mask": 0.2}),
        Row("averaging", training={"averaging": 0.98}),
        Row("loss-additive-margin", {"loss": "additive-margin"}),
        Row("smoothing", training={"label_smoothing": 0.1}),
        Row("unbalanced", training={"balanced": False}),
        Row("no-source-clips", adaptation={"source_per_batch": 0}),
        Row("no-self-training", adaptation={"self_training": False}),
    )
}


@dataclass
class AblationSettings(Settings):
    """What is measured, on what, and where to."""

    rows: list[str] = setting(list(ROWS), "Rows to measure; the default row always is.")
    source: list[str] = setting(["cremad"], "Source corpora by their registered names.")
    targets: list[str] = setting(["emodb", "mesd"], "Target corpora by their registered names.")
    normalization: str = setting("speaker", "Statistics for standardising: 'source', 'corpus', 'speaker'.")
    draws: int = setting(5, "Draws of who adapts.", COUNTS)
    encoder: str = setting(NetworkSettings.encoder, "Speech encoder, as for train_source.")
    out: str = setting("runs/ablation", "Folder for models, predictions and the table.")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_normalization(self.normalization, NORMALIZATIONS)
        unknown = [name for name in self.rows if name not in ROWS]
        if unknown:
            raise SettingsError(f"row '{unknown[0]}' is unknown: choose among {', '.join(ROWS)}.")


def source_folder(row: Row, settings: AblationSettings) -> Path:
    """Return where the row's source model lies; rows that change the adaptation only share the default's."""
    return Path(settings.out, "source", row.name if row.network or row.training else DEFAULT)


def train(row: Row, settings: AblationSettings, data: DataSettings) -> Path:
    """Train the row's source model, unless it is there, and predict its validation speakers."""
    folder = source_folder(row, settings)
    network = NetworkSettings(encoder=settings.encoder, **row.network)
    optimization = OptimizationSettings(**row.training)
    accelerator = make_accelerator(optimization, str(folder))
    if not (folder / RESULTS).is_file():
        source = SourceSettings(corpus=settings.source, out=str(folder), resume=True)
        train_source(source, data, network, optimization, accelerator)
    if not (folder / VALIDATED).is_file():
        prepared = prepared_for(folder, corpora_of(settings.source, data), data, accelerator)
        predict_saved(folder, prepared, "valid", accelerator).write(folder / VALIDATED)
    return folder


def adapt(row: Row, source: Path, target: str, settings: AblationSettings, data: DataSettings) -> Path:
    """Adapt to a target and predict, by the whole model and by the fusion alone, unless that is done."""
    folder = Path(settings.out, row.name, target)
    ours = {name: value for name, value in row.adaptation.items() if name in TargetSettings.__dataclass_fields__}
    optimization = AdaptationSettings(**{name: row.adaptation[name] for name in row.adaptation if name not in ours})
    accelerator = make_accelerator(optimization, str(folder))
    chosen = TargetSettings(
        corpus=target,
        source=str(source),
        out=str(folder),
        normalization=settings.normalization,
        draws=settings.draws,
        **({"baseline": False, "resume": True} | ours),
    )
    finetune_target(chosen, replace(data), optimization, accelerator)
    prepared = prepared_for(folder / "draw-0", corpora_of([target], data), data, accelerator)
    draws = [folder / f"draw-{draw}" for draw in range(settings.draws)]
    for part, name in (("valid", VALIDATED), ("test", TESTED)):
        if not all(getattr(Split.load(drawn / SPLIT), part) for drawn in draws):
            continue
        for draw, drawn in enumerate(draws):
            if not (drawn / name).is_file():
                predict_saved(drawn, prepared, part, accelerator, draw=draw).write(drawn / name)
        Predictions.concat(Predictions.read(drawn / name) for drawn in draws).write(folder / name)
    return folder


def figures(file: Path, system: str) -> dict[str, Figure]:
    """Return accuracy, UAR and macro-F1 of a system of a predictions table, nothing where there is none."""
    if not file.is_file():
        return {}
    return dict(summarise(Predictions.read(file).of_system(system)).systems[-1].figures)


def measured(row: Row, settings: AblationSettings) -> dict[str, Any]:
    """Return everything that is said of a row."""
    valid = {system: figures(source_folder(row, settings) / VALIDATED, system) for system in (WHOLE, FUSION)}
    targets = {}
    for target in settings.targets:
        own, plain = Path(settings.out, row.name, target), Path(settings.out, DEFAULT, target)
        result: dict[str, Any] = {"valid": figures(own / VALIDATED, FUSION)}
        for system in (WHOLE, FUSION):
            result[system] = figures(own / TESTED, system)
            if row.name != DEFAULT:
                tables = [Predictions.read(folder / TESTED).of_system(system) for folder in (own, plain)]
                compared = compare_systems(tables[0], tables[1], names=(row.name, DEFAULT))
                result[f"{system} less default"] = compared.differences
        targets[target] = result
    return {"row": asdict(row), "source valid": valid, "targets": targets}


def table(found: list[dict[str, Any]], settings: AblationSettings) -> str:
    """Return the table as Markdown: one a target, figures in per cent, mean and spread over draws."""
    lines = [
        f"Source {' and '.join(settings.source)}, standardised by: {settings.normalization}; {settings.draws} draws, "
        "20 % of the speakers adapt. "
        "In brackets 95 % intervals of the paired difference to the default row, by speakers. "
        "Choose by the validation columns: the source's unheard speakers, and clips of the target's adapting speakers "
        "(fusion alone; it has learnt from them, too, but where gradients from labels train it)."
    ]
    names = [heading.removesuffix(" %") for heading in HEADINGS.values()]
    for target in settings.targets:
        heads = ["row", "UAR source valid", "UAR target valid"]
        heads += [f"{name}, {system}" for system in (FUSION, WHOLE) for name in (*names, "accuracy less default")]
        rows = [heads]
        for row in found:
            result = row["targets"][target]
            cells = [
                row["row"]["name"],
                _text(row["source valid"][WHOLE].get("uar")),
                _text(result["valid"].get("uar")),
            ]
            for system in (FUSION, WHOLE):
                cells += [_text(result[system][name]) for name in HEADINGS]
                difference = result.get(f"{system} less default")
                cells.append(difference["wa"].points if difference else "")
            rows.append(cells)
        lines += ["", f"## {target}", "", *markdown_table(rows)]
    return "\n".join(lines) + "\n"


def _text(figure: Figure | None) -> str:
    return str(replace(figure, low=None, high=None)) if figure else ""


def _plain(value: Any) -> Any:
    """Return nested results as JSON values; an interval that cannot be given has no ends."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return _plain(asdict(value)) if is_dataclass(value) and not isinstance(value, type) else value


@reporting_errors
def main() -> None:
    settings, data = parse([AblationSettings, DataSettings], __doc__)
    out = Path(settings.out)
    for name in dict.fromkeys([DEFAULT, *settings.rows]):
        source = train(ROWS[name], settings, data)
        for target in settings.targets:
            adapt(ROWS[name], source, target, settings, data)
        # Rows of earlier runs stay in the table.
        done = [
            row for row in ROWS.values() if all((out / row.name / one / TESTED).is_file() for one in settings.targets)
        ]
        found = [measured(row, settings) for row in done]
        write_json(out / "ablation.json", {"settings": asdict(settings), "rows": _plain(found)})
        write_text(out / "ablation.md", table(found, settings))
    print(table(found, settings))


if __name__ == "__main__":
    main()
