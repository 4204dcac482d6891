"""The command of `humpcat` that looks at a model and trains nothing: how far its answers hold."""

import json
from pathlib import Path
from typing import Annotated

import typer

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
    reporting_errors,
)

app = typer.Typer()


@app.command("check-model", cls=CommandWithPairs)
@reporting_errors
def check_model(
    model: Annotated[
        str,
        typer.Argument(help="Folder or hub name of a model; 'mini' and 'cremad-whisper-base' come with humpcat."),
    ],
    clips: Annotated[
        str, typer.Argument(help="A registered corpus by its name; or a folder, table or data set of labelled clips.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for robustness.md, .json, .svg, .png and .parquet; the model's own renews its card."
        ),
    ] = None,
    unlabelled: Annotated[
        bool, typer.Option("--unlabelled", help="CLIPS is a folder of audio without labels.")
    ] = False,
    most: Annotated[
        int, typer.Option("--clips", help="Clips of the sample, balanced over classes and speakers.")
    ] = 60,
    seed: Annotated[int, typer.Option(help="Seed of the sample and of the distortions.")] = 0,
    distortions: Annotated[
        list[str] | None,
        typer.Option(help="Name of a distortion, such as telephone; may be given several times. All by default."),
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(help="Folder that holds the corpora; $HUMPCAT_DATA by default.")
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
    folders: CorpusFolders = None,
    encoder: Annotated[str | None, typer.Option(help="Where the model's encoder lies, if it has moved.")] = None,
    device: Annotated[
        str | None, typer.Option(help="Where to compute, such as cpu or cuda:1; a GPU if there is one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print robustness.json instead of the table.")] = False,
) -> None:
    """Say how many answers of a model change under silence, noise, gain, another band, codecs, a room, cuts, speed."""
    from humpcat.light_start import light_start

    with light_start():
        from transformers.utils.logging import disable_progress_bar

        from humpcat.robustness import check_model as check

    disable_progress_bar()
    report = check(
        model,
        clips,
        distortions=distortions or None,
        most=most,
        seed=seed,
        out=out,
        encoder=encoder,
        device=device,
        unlabelled=unlabelled,
        data_dir=data_dir,
        lang=lang,
        labels=labels,
        columns=columns,
        speaker_level=speaker_level,
        speaker_pattern=speaker_pattern,
        label_level=label_level,
        label_pattern=label_pattern,
        audio_folder=audio_folder,
        part=part,
        corpora=[str(folder) for folder in folders] if folders else None,
    )
    print(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) if as_json else report.markdown())
    if out is not None and not as_json:
        print(f"\nThe table, its numbers, a drawing and the answers lie in {out}.")
