#!/usr/bin/env python
"""Choose what a change of emotion costs a model in long recordings, and write it into the model's folder.

    python recipes/choose_change.py runs/mini --on emodb=runs/without-emodb --on mesd=runs/without-mesd --data-dir DATA

Clips of each corpus are joined in a known order, and answered by a model that has heard nothing of that corpus: one
that was trained as MODEL was, without it; or MODEL itself, where it has heard nothing of it. What is chosen has the
best mean, over corpora, of two figures: the F1 of the times at which the emotion changes, within a second, and the
share of the speech found that has the right label. A corpus that is to say how good the model is takes no part.
"""

import tempfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from transformers.utils import CONFIG_NAME

import humpcat
from humpcat.benchmarks.joined import DataDir, EncoderPlace, change_f1, groups_of, monologue, right_share
from humpcat.cli import reporting_errors
from humpcat.errors import SettingsError
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.files import read_json, write_json

COSTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


def figures(corpus: str, model: str, data_dir: str | None, encoder: str | None, minutes: float) -> np.ndarray:
    """Return F1 and share for each cost, shape (costs, 2)."""
    classify = humpcat.pipeline(model, encoder=encoder)
    with tempfile.TemporaryDirectory() as folder:
        recording = Path(folder, "joined.wav")
        said = monologue(groups_of(corpus, data_dir), minutes, 0, recording)
        found = [classify.segments(recording, change=cost) for cost in COSTS]
    return np.array([(change_f1(segments, said), right_share(segments, said)) for segments in found])


@reporting_errors
def main(
    model: Annotated[Path, typer.Argument(help="Folder of the model that it is chosen for.")],
    on: Annotated[list[str], typer.Option(help="CORPUS=MODEL: joined clips of a corpus, and a model without it.")],
    data_dir: DataDir = None,
    encoder: EncoderPlace = None,
    minutes: Annotated[float, typer.Option(help="Length of each recording.")] = 20.0,
) -> None:
    pairs = [tuple(each.split("=", 1)) for each in on]
    if any(len(pair) != 2 for pair in pairs):
        raise SettingsError(f"on {' '.join(on)}: expected CORPUS=MODEL for each.")
    settings = read_json(model / CONFIG_NAME)
    each = {corpus: figures(corpus, answering, data_dir, encoder, minutes) for corpus, answering in pairs}
    means = np.mean(list(each.values()), axis=(0, 2))
    rows = [["change", *(f"{corpus}: F1, right %" for corpus in each), "mean"]]
    for place, cost in enumerate(COSTS):
        cells = [f"{found[place, 0]:.2f}, {100 * found[place, 1]:.1f}" for found in each.values()]
        rows.append([f"{cost:g}", *cells, f"{means[place]:.3f}"])
    print("\n".join(markdown_table(rows)))
    # The lowest of those that are as good: it departs least from what windows say.
    chosen = COSTS[int(means.argmax())]
    write_json(model / CONFIG_NAME, settings | {"change_cost": chosen})
    print(f"\n{model / CONFIG_NAME}: change_cost {chosen:g}")


if __name__ == "__main__":
    typer.run(main)
