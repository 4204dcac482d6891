"""The command `humpcat`: thin commands over the package's functions."""

from pathlib import Path
from typing import Annotated

import typer

from humpcat import corpus_commands, explain_command, inference_commands, listen_command, model_commands
from humpcat.command import (
    AudioFolder,
    Columns,
    CommandWithPairs,
    CorpusFolders,
    LabelLevel,
    LabelPattern,
    Labels,
    Part,
    SpeakerLevel,
    SpeakerPattern,
    limits,
    reporting_errors,
)
from humpcat.setting_ranges import RESAMPLES, SEEDS
from humpcat.shown import console, print_json
from humpcat.version import __version__

app = typer.Typer(
    help="Cross-lingual speech emotion recognition.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.add_typer(corpus_commands.app)
app.add_typer(model_commands.app)
app.add_typer(inference_commands.app)
app.add_typer(listen_command.app)
app.add_typer(explain_command.app)


@app.command()
@reporting_errors
def quickstart(
    out: Annotated[Path, typer.Option(help="Folder for models and results.")] = Path("runs/quickstart"),
    seed: Annotated[int, typer.Option(help="Seed of everything random.", **limits(SEEDS))] = 0,
) -> None:
    """Train, fine-tune in four languages and predict, all on synthetic speech, in a few minutes."""
    from humpcat.quickstart import run

    run(out, seed)


@app.command(cls=CommandWithPairs)
@reporting_errors
def adapt(
    data: Annotated[str, typer.Argument(help="Your labelled clips: a folder, a table or a data set.")],
    out: Annotated[Path, typer.Option(help="Folder for the model, its card and its report.")],
    source: Annotated[
        str | None,
        typer.Option(
            help="Folder of a source model; 'mini', which comes with humpcat, by default. 'cremad-whisper-base' comes "
            "with it too, reads an encoder of the hub, and adapts better."
        ),
    ] = None,
    lang: Annotated[str | None, typer.Option(help="What is spoken, such as pl.")] = None,
    labels: Labels = None,
    columns: Columns = None,
    speaker_level: SpeakerLevel = None,
    speaker_pattern: SpeakerPattern = None,
    label_level: LabelLevel = None,
    label_pattern: LabelPattern = None,
    audio_folder: AudioFolder = None,
    part: Part = None,
    unlabelled: Annotated[
        str | None, typer.Option(help="Folder of further audio, to be learnt from without labels.")
    ] = None,
    scope: Annotated[
        str | None,
        typer.Option(
            help="With --unlabelled: 'distilled' adapts the fusion too (the default), 'summary' the linear branch "
            "alone, in seconds."
        ),
    ] = None,
    label_space: Annotated[
        str | None,
        typer.Option(
            help="How labels become classes: as for the source by default, a new head on its backbone otherwise; "
            "'own' takes your labels as they are."
        ),
    ] = None,
    folders: CorpusFolders = None,
    encoder: Annotated[str | None, typer.Option(help="Where the source's encoder lies, if it has moved.")] = None,
    with_encoder: Annotated[
        bool,
        typer.Option("--with-encoder", help="Save the encoder beside the model, so that it loads where that is not."),
    ] = False,
    store: Annotated[str | None, typer.Option(help="Folder of the feature store.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Remove what lies in OUT and was not written by humpcat.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of folds, draws and resampling.", **limits(SEEDS))] = 0,
) -> None:
    """Adapt a model to your own labelled clips, say how well it does and what more clips would buy."""
    from humpcat.light_start import light_start

    with light_start():
        from humpcat.few_shot import adapt as adapt_to

    made = adapt_to(
        data,
        out=out,
        source=source,
        lang=lang,
        labels=labels,
        columns=columns,
        speaker_level=speaker_level,
        speaker_pattern=speaker_pattern,
        label_level=label_level,
        label_pattern=label_pattern,
        audio_folder=audio_folder,
        part=part,
        unlabelled=unlabelled,
        scope=scope,
        label_space=label_space,
        corpora=[str(folder) for folder in folders] if folders else None,
        encoder=encoder,
        with_encoder=with_encoder,
        overwrite=overwrite,
        store=store,
        seed=seed,
    )
    print(f"\n{made.summary.markdown()}\nThe model, its card (README.md) and report.html lie in {out}.")


@app.command()
@reporting_errors
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(help="Two or more run folders or predictions.parquet files; add :system to choose one."),
    ],
    seed: Annotated[int, typer.Option(help="Seed of resampling and swaps.", **limits(SEEDS))] = 0,
    resamples: Annotated[int, typer.Option(help="Resamples of the intervals.", **limits(RESAMPLES))] = 1000,
    swaps: Annotated[
        int, typer.Option(help="Largest number of swaps of the paired test.", **limits(RESAMPLES))
    ] = 9999,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a pair.")] = False,
) -> None:
    """Compare systems on the same clips, and say whether the difference is significant."""
    from humpcat.evaluation.comparison import compare_runs, read_runs, show, to_dict

    terminal = console()
    for index, found in enumerate(compare_runs(read_runs(runs), seed=seed, resamples=resamples, swaps=swaps)):
        if as_json:
            print_json(to_dict(found), allow_nan=False)
        else:
            if index:
                terminal.print()
            show(found, terminal)


@app.command()
@reporting_errors
def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, or predictions.parquet files.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html and report.md.")],
) -> None:
    """Report on runs, or compare them: one page and one Markdown file, from their predictions alone."""
    from humpcat.evaluation.report import PAGE, TABLES
    from humpcat.evaluation.report import report as write_report

    write_report(runs, out)
    print(f"{out / PAGE}\n{out / TABLES}")


@app.command()
@reporting_errors
def env(
    online: Annotated[bool, typer.Option("--online", help="Ask the hub, once, whether it answers.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead.")] = False,
) -> None:
    """Show versions, processor, device, folders and what is wrong with them: what an issue should say.

    Exit status: 0 if humpcat can train and predict here (other problems are listed), 1 if it cannot.
    """
    from humpcat.environment.report import examine, to_dict
    from humpcat.environment.text import to_text

    found = examine(online=online)
    if as_json:
        print_json(to_dict(found), indent=1)
    else:
        print(to_text(found))
    if not found.usable:
        raise SystemExit(1)


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
    app(prog_name="humpcat")
