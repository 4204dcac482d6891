"""The command `humpcat`: thin commands over the package's functions."""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from humpcat.errors import HumpcatError
from humpcat.version import __version__

app = typer.Typer(
    help="Cross-lingual speech emotion recognition.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)


def reporting_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a command print an error that a user can mend as one sentence, and exit with status 1.

    Args:
        function: the command.
    """

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except HumpcatError as error:
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(1) from None
        except KeyboardInterrupt:
            print("interrupted; a recipe goes on with --resume.", file=sys.stderr)
            raise SystemExit(130) from None

    return command


@app.command()
@reporting_errors
def quickstart(
    out: Annotated[Path, typer.Option(help="Folder for models and results.")] = Path("runs/quickstart"),
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
) -> None:
    """Train, fine-tune in four languages and predict, all on synthetic speech, in a few minutes."""
    from humpcat.quickstart import run

    run(out, seed)


@app.command()
@reporting_errors
def predict(
    files: Annotated[list[str], typer.Argument(help="Audio files of any common format.")],
    model: Annotated[str, typer.Option(help="Folder or hub name of a model.")],
    encoder: Annotated[str | None, typer.Option(help="Where the model's encoder lies, if it has moved.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file.")] = False,
) -> None:
    """Print the emotion of each file; bad files are reported and the others go on."""
    from humpcat.features.extraction import MAX_BAD_SHARE
    from humpcat.inference.pipeline import pipeline
    from humpcat.inference.pipeline import predict as predict_files

    classifier = pipeline(model, encoder=encoder)
    bad = 0
    for path, answer in predict_files(files, classifier):
        if isinstance(answer, str):
            bad += 1
            print(f"left out: {answer}", file=sys.stderr)
        elif as_json:
            print(json.dumps({"file": path, "scores": {row["label"]: row["score"] for row in answer}}))
        else:
            print(f"{path}\t" + "\t".join(f"{row['label']} {row['score']:.3f}" for row in answer))
    if bad > MAX_BAD_SHARE * len(files):
        raise HumpcatError(f"{bad} of {len(files)} files could not be used: see the reasons above.")


@app.command()
@reporting_errors
def corpora(
    data_dir: Annotated[
        str | None, typer.Option(help="Folder that holds the corpora; $HUMPCAT_DATA by default.")
    ] = None,
) -> None:
    """List the corpora that humpcat reads, and whether they are found."""
    from rich.console import Console
    from rich.table import Table

    from humpcat.corpora import CORPORA
    from humpcat.errors import CorpusError

    table = Table("name", "title", "languages", "speakers", "clips", "licence", "found")
    for corpus in CORPORA:
        try:
            found = str(corpus.find(data_dir))
        except CorpusError:
            found = "-"
        table.add_row(
            corpus.name,
            corpus.title,
            ", ".join(corpus.languages),
            str(corpus.speakers),
            str(corpus.clips),
            corpus.licence,
            found,
        )
    Console().print(table)


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    app()
