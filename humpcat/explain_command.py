"""The command that says why a clip was answered as it was: `humpcat explain`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from humpcat.command import reporting_errors
from humpcat.shown import print_json

app = typer.Typer()


@app.command()
@reporting_errors
def explain(
    file: Annotated[str, typer.Argument(help="An audio file or video, or a part of one, such as call.wav#t=0,20.")],
    model: Annotated[
        str | None,
        typer.Option(help="Folder or hub name of a HuMP-CAT model; 'mini', which comes with humpcat, by default."),
    ] = None,
    encoder: Annotated[str | None, typer.Option(help="Where the model's encoder lies, if it has moved.")] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            help="Further clips of the speaker, to say what is unusual for the voice: a file, folder or pattern; may "
            "be given several times."
        ),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(help="Which channel is heard: left, right or a number from 0. The mean of all by default."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw it, too: a file that ends in .png or .svg.")] = None,
) -> None:
    """Say why a clip is answered as it is: what each stream contributed, when, and how it was said."""
    from humpcat.light_start import light_start

    with light_start():
        from transformers.utils.logging import disable_progress_bar

        from humpcat.inference.named_files import named_files
        from humpcat.inference.pipeline import pipeline
        from humpcat.inference.tables import require_ending
        from humpcat.inference.why.text import to_text

    if plot is not None:
        # Only who wants a picture waits for matplotlib.
        from humpcat.figures import ENDINGS
        from humpcat.inference.why.drawing import draw

        require_ending(plot, ENDINGS)
    others = named_files(reference, sys.stdin) if reference else None
    disable_progress_bar()
    found = pipeline(model, encoder=encoder).explain(file, reference=others, channel=channel)
    if plot is not None:
        draw(Path(file).name, found, plot)
    if as_json:
        print_json({"file": file, **found.to_dict()}, allow_nan=False)
    else:
        print(to_text(file, found))
