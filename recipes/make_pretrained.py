"""Pack a source model to be passed on; humpcat's own comes of these two commands, WHISPER a folder or hub name:

accelerate launch recipes/train_source.py --corpus cremad --data-dir DATA --encoder WHISPER --out runs/source
python recipes/make_pretrained.py runs/source
"""

from pathlib import Path
from typing import Annotated

import typer

from humpcat.cli import reporting_errors
from humpcat.pretrained import pretrained


@reporting_errors
def main(
    source: Annotated[Path, typer.Argument(help="Folder that recipes/train_source.py wrote.")],
    out: Annotated[Path | None, typer.Option(help="Where to; the package's own folder by default.")] = None,
    encoder: Annotated[str, typer.Option(help="Hub name of the encoder.")] = "openai/whisper-base",
) -> None:
    from humpcat.training.publish import publish

    out = out or pretrained()
    publish(source, out, encoder)
    size = sum(file.stat().st_size for file in out.iterdir())
    print(f"{out}: {size / 1e6:.1f} MB.")


if __name__ == "__main__":
    typer.run(main)
