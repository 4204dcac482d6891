"""Pack a source model to be passed on. humpcat's own come of these commands, WHISPER a folder or hub name:

accelerate launch recipes/train_source.py --corpus cremad emodb mesd --data-dir DATA --encoder runs/mini/encoder \\
    --encoder-layers 2 3 --valid-share 0 --test-share 0 --left-out emodb mesd --epochs 2 --out runs/shipped
python -c "import humpcat; humpcat.evaluate('ravdess', model='runs/shipped', data_dir='DATA', out='runs/ravdess')"
python recipes/make_pretrained.py runs/shipped --out humpcat/pretrained/mini --encoder runs/mini/encoder \\
    --tested runs/ravdess

accelerate launch recipes/train_source.py --corpus cremad --data-dir DATA --encoder WHISPER --encoder-layers 2 3 \\
    --distorted-copies 1 --out runs/whisper
python recipes/make_pretrained.py runs/whisper --out humpcat/pretrained/cremad-whisper-base

recipes/train_mini.py trained the small encoder. What is measured of a packed model lies beside it and stands in its
card; what was measured of other weights is removed. For mini, whose ways of use README and `predict --help` show too:

python recipes/table_ways.py --data-dir DATA
humpcat check-model mini ravdess --clips 120 --data-dir DATA --out humpcat/pretrained/mini
python recipes/choose_change.py humpcat/pretrained/mini --on emodb=runs/without-emodb --on mesd=runs/without-mesd \\
    --data-dir DATA
python recipes/choose_change.py humpcat/pretrained/cremad-whisper-base --on emodb=cremad-whisper-base \\
    --on mesd=cremad-whisper-base --minutes 8 --encoder WHISPER --data-dir DATA
"""

from dataclasses import fields
from pathlib import Path
from shutil import copyfile, copytree
from typing import Annotated

import typer
from transformers.utils import CONFIG_NAME

from humpcat.cli import reporting_errors
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.strangers import strangers_table
from humpcat.features.encoder_search import BESIDE
from humpcat.files import read_json, write_json, write_text
from humpcat.models.card import STRANGERS, corpora_seen, encoder_training, write_card
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.robustness_section import DRAWING, REPORT
from humpcat.models.ways import WAYS
from humpcat.protocols import Split
from humpcat.run_folder import require_writable
from humpcat.training.checkpoint import LEDGER, RESULTS, SETTINGS, SPLIT, TABLE, read_settings
from humpcat.training.settings import DataSettings, SourceSettings

WITHOUT_LABELS = (
    "Clip by clip, with no label of the corpus and nothing else of it known. Corpora of which the model has learnt "
    "are answered by a linear branch of the others. In brackets 95 % intervals that resample speakers; ECE is the "
    "expected calibration error; the surest half is chosen without labels. Chance is 25 with four classes."
)

_PLACES = frozenset({"out", "data_dir", "store", "split"})


@reporting_errors
def main(
    source: Annotated[Path, typer.Argument(help="Folder that recipes/train_source.py wrote.")],
    out: Annotated[Path, typer.Option(help="Where to.")],
    encoder: Annotated[
        str, typer.Option(help="Hub name of the encoder; or a folder, which is packed too.")
    ] = "openai/whisper-base",
    tested: Annotated[
        list[Path] | None,
        typer.Option(help="Folder that humpcat.evaluate wrote, of a corpus of which nothing is learnt from."),
    ] = None,
) -> None:
    require_writable(out)
    tables = [Predictions.read(folder / PREDICTIONS) for folder in tested or ()]
    if not Split.load(source / SPLIT).test:
        tables.insert(0, Predictions.read(source / PREDICTIONS))
    if tables:
        write_text(out / STRANGERS, f"{WITHOUT_LABELS}\n\n{strangers_table(tables)}\n")
    publish(source, out, encoder)
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    print(f"{out}: {size / 1e6:.1f} MB.")


def publish(source: Path, out: Path, encoder: str) -> None:
    """Copy a source model with weights in half precision, with its encoder or its name, and no path of this machine.

    The card holds what ``humpcat check-model`` and ``recipes/table_ways.py`` measured of these weights, if they did.

    Statistics, branch weights and temperature stay in single precision: some are too small or too large for half.

    Args:
        source: folder that ``train_source`` wrote.
        out: where to.
        encoder: hub name of the encoder that it was trained with, or its folder, which is copied.

    Raises:
        CheckpointError: the folder is not such a model.
    """
    settings = read_settings(source)
    model = HumpCatForAudioClassification.from_pretrained(source)
    packed = Path(encoder, CONFIG_NAME).is_file()
    if packed:
        copytree(encoder, out / BESIDE, dirs_exist_ok=True)
    model.config.encoder = str((out / BESIDE).resolve()) if packed else encoder
    learnt = {name for name, _ in model.named_parameters()}
    state = {name: value.half() if name in learnt else value for name, value in model.state_dict().items()}
    model.save_pretrained(out, state_dict=state, card=False)
    HumpCatFeatureExtractor(model.config.extracted).save_pretrained(out)
    defaults = {field.name: field.default for kind in (SourceSettings, DataSettings) for field in fields(kind)}
    places = {name: defaults[name] for name in _PLACES}
    write_json(
        out / SETTINGS, settings | places | {"encoder": f"./{BESIDE}" if packed else encoder, "encoder_revision": None}
    )
    for name in (LEDGER, SPLIT, RESULTS, TABLE):
        copyfile(source / name, out / name)
    remove_measured_of_others(out, HumpCatForAudioClassification.from_pretrained(out).weights_hash())
    write_card(out, model.config, corpora_seen(out), trained_on=encoder_training(out))


def remove_measured_of_others(folder: Path, weights_hash: str) -> None:
    """Remove what was measured of a model that lay there before.

    Args:
        folder: the model's folder.
        weights_hash: of the model that lies there now.
    """
    for name, *beside in ((WAYS,), (REPORT, DRAWING)):
        if (folder / name).is_file() and read_json(folder / name).get("model_hash") != weights_hash:
            for each in (name, *beside):
                (folder / each).unlink(missing_ok=True)


if __name__ == "__main__":
    typer.run(main)
