#!/usr/bin/env python
"""Say what a model gives for one clip of a stranger: a row a corpus, from predictions tables alone.

    python recipes/table_strangers.py runs/shipped runs/ravdess

Each argument is a folder with predictions.parquet: what train_source wrote with --test-share 0, of corpora that were
left out in turn, or what humpcat.evaluate wrote of a corpus that the model has not learnt from. The surest half is
chosen without labels. Intervals resample speakers.
"""

from pathlib import Path
from typing import Annotated

import typer

from humpcat.cli import reporting_errors
from humpcat.evaluation import Predictions
from humpcat.evaluation.predictions import PREDICTIONS
from humpcat.evaluation.strangers import strangers_table


@reporting_errors
def main(folders: Annotated[list[Path], typer.Argument(help="Folders with predictions.parquet.")]) -> None:
    print(strangers_table([Predictions.read(folder / PREDICTIONS) for folder in folders]))


if __name__ == "__main__":
    typer.run(main)
