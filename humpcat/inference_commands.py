"""The commands that use a model on files: `humpcat predict`, `humpcat embed`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from humpcat.command import reporting_errors
from humpcat.errors import HumpcatError
from humpcat.models.ways import Ways
from humpcat.pretrained import pretrained
from humpcat.shown import one_line, print_json

if TYPE_CHECKING:
    from humpcat.inference.files import FileAnswer
    from humpcat.inference.pipeline import HumpCatPipeline

app = typer.Typer()

NOTHING_NAMED = "no file was named: name files, folders, patterns or tables, or - and a list."


class CommandWithWays(TyperCommand):
    """A command whose ``--help`` says what each way of use of the model that comes with humpcat gives."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help.

        Args:
            ctx: as for any command of typer.
            formatter: as for any command of typer.
        """
        ways = Ways.read(pretrained())
        # Here and not where the command is made: no other command reads the file.
        self.epilog = "\n\n".join(ways.lines()) if ways else None
        super().format_help(ctx, formatter)


@app.command(cls=CommandWithWays)
@reporting_errors
def predict(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Audio files or videos of any common format; folders; patterns such as 'calls/**/*.wav'; tables with "
            "a column path (and start, end); - for a list on standard input."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            help="Folder or hub name of a model; 'mini', which comes with humpcat, by default. 'cremad-whisper-base' "
            "comes with it too, reads an encoder of the hub, and is right more often."
        ),
    ] = None,
    encoder: Annotated[str | None, typer.Option(help="Where the model's encoder lies, if it has moved.")] = None,
    one_speaker: Annotated[
        bool, typer.Option("--one-speaker", help="All files are of one speaker: standardise them by one another.")
    ] = False,
    channel: Annotated[
        str | None,
        typer.Option(
            help="Which channel is heard: left, right or a number from 0; 'each' for an answer a channel. The mean of "
            "all by default."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file.")] = False,
    min_confidence: Annotated[
        float | None,
        typer.Option(help="Flag an answer whose most probable class has less as 'abstain'.", min=0, max=1),
    ] = None,
    segments: Annotated[
        bool, typer.Option("--segments", help="Say which emotion is heard when, for recordings of any length.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write a table in place of printing: .csv, .tsv, .jsonl or .parquet. With --segments of one file "
            ".json, .csv, .rttm, .txt (Audacity), .TextGrid (Praat), .vtt, or a picture of it, .png or .svg."
        ),
    ] = None,
    turns: Annotated[
        Path | None,
        typer.Option(
            help="With --segments of one file: who speaks when, as RTTM or a table (.csv, .tsv) with start, end and "
            "speaker. Each speaker is standardised by what he says."
        ),
    ] = None,
) -> None:
    """Print the emotion of each file; bad files are reported and the others go on.

    What keeps an answer from being believed follows it: silence, a constant, clipping, a dead channel, channels that
    cancel each other.

    Exit status: 0 if at most one file of twenty could not be used, 1 if more could not, or nothing was named.
    """
    from humpcat.light_start import light_start

    with light_start():
        from transformers.utils.logging import disable_progress_bar

        from humpcat.features.base import MAX_BAD_SHARE
        from humpcat.inference.named_files import named_files
        from humpcat.inference.over_time.formats import FORMATS
        from humpcat.inference.pipeline import pipeline, predict_speaker
        from humpcat.inference.pipeline import predict as predict_files
        from humpcat.inference.tables import ENDINGS, require_ending

    if out is not None:
        require_ending(out, FORMATS if segments else ENDINGS)
        if as_json:
            raise HumpcatError("--json: does nothing beside --out, whose ending says how: leave one out.")
    paths = named_files(files, sys.stdin)
    if not paths:
        raise HumpcatError(NOTHING_NAMED)
    # Loading a few MB needs no bar between the answers.
    disable_progress_bar()
    for name, given in (("one-speaker", one_speaker), ("min-confidence", min_confidence is not None)):
        if segments and given:
            raise HumpcatError(f"--{name}: does nothing with --segments: leave it out.")
    if segments and out is not None and len(paths) > 1:
        raise HumpcatError(f"--out {out}: holds the segments of one file, {len(paths)} were named: leave --out out.")
    if turns is not None and not segments:
        raise HumpcatError("--turns: does nothing without --segments: leave it out, or add that.")
    if turns is not None and len(paths) > 1:
        raise HumpcatError(f"--turns {turns}: tells of one file, {len(paths)} were named: name a file with its turns.")
    classifier = pipeline(model, encoder=encoder)
    if segments:
        bad = _print_segments(classifier, paths, channel, turns, as_json=as_json, out=out)
    else:
        if one_speaker:
            answers = predict_speaker(paths, classifier.listener(), channel=channel, min_confidence=min_confidence)
        else:
            answers = predict_files(paths, classifier, channel=channel, min_confidence=min_confidence)
        bad = _print_answers(answers, len(paths), channel, as_json=as_json, out=out)
    _refuse_too_many(bad, len(paths), MAX_BAD_SHARE)


@app.command()
@reporting_errors
def embed(
    files: Annotated[list[str], typer.Argument(help="As for predict.")],
    out: Annotated[
        Path,
        typer.Option(
            help="Table to write: .parquet (columns file and embedding), .csv or .tsv (a column a value), or .jsonl."
        ),
    ],
    model: Annotated[str | None, typer.Option(help="As for predict.")] = None,
    encoder: Annotated[str | None, typer.Option(help="Where the model's encoder lies, if it has moved.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="Which channel is heard: left, right or a number from 0.")
    ] = None,
) -> None:
    """Write each file as a vector: the mean of the encoder's hidden states over its speech.

    Exit status: as of predict.
    """
    from humpcat.light_start import light_start

    with light_start():
        from tqdm import tqdm
        from transformers.utils.logging import disable_progress_bar

        from humpcat.features.base import MAX_BAD_SHARE
        from humpcat.inference.embedding import as_row, embed_each
        from humpcat.inference.named_files import named_files
        from humpcat.inference.pipeline import pipeline
        from humpcat.inference.tables import require_ending, table_in

    require_ending(out)
    paths = named_files(files, sys.stdin)
    if not paths:
        raise HumpcatError(NOTHING_NAMED)
    disable_progress_bar()
    classifier = pipeline(model, encoder=encoder)
    bad = 0
    with table_in(out, partial(as_row, columns=out.suffix != ".parquet")) as write:
        found = tqdm(embed_each(paths, classifier, channel=channel), total=len(paths), unit="file", disable=None)
        for path, vector in zip(paths, found, strict=True):
            if isinstance(vector, str):
                bad += 1
                told = vector if path in vector else f"{path}: {vector}"
                print(f"left out: {one_line(told)}", file=sys.stderr)
            else:
                write({"file": path, "embedding": vector.tolist()})
    _refuse_too_many(bad, len(paths), MAX_BAD_SHARE)


def _refuse_too_many(bad: int, count: int, most: float) -> None:
    if bad > most * count:
        raise HumpcatError(f"{bad} of {count} files could not be used: see the reasons above.")


def _print_answers(
    answers: Iterator["FileAnswer"], count: int, channel: str | None, *, as_json: bool, out: Path | None
) -> int:
    """Print or write the answers of recordings, and return how many could not be used."""
    from tqdm import tqdm

    from humpcat.inference.lines import as_line, as_record, channels_of
    from humpcat.inference.tables import table_in

    bad = 0
    # A bar between printed answers would be in their way; beside a file it shows on a terminal only.
    shown = answers if out is None else tqdm(answers, total=count, unit="file", disable=None)
    with nullcontext() if out is None else table_in(out) as write:
        for path, answer in shown:
            if isinstance(answer, str):
                bad += 1
                print(f"left out: {one_line(answer)}", file=sys.stderr)
                continue
            for place, own in channels_of(answer, channel):
                if write is not None:
                    write(as_record(path, own, place))
                elif as_json:
                    print_json(as_record(path, own, place))
                else:
                    print(as_line(path, own, place))
    return bad


def _print_segments(
    classifier: "HumpCatPipeline",
    paths: Sequence[str],
    channel: str | None,
    turns: Path | None,
    *,
    as_json: bool,
    out: Path | None,
) -> int:
    """Print or write the segments of recordings, and return how many could not be used."""
    from humpcat.errors import AudioError
    from humpcat.inference.over_time.formats import write_segments

    bad = 0
    for path in paths:
        try:
            found = classifier.segments(path, channel=channel, turns=turns)
        except AudioError as error:
            bad += 1
            print(f"left out: {one_line(str(error))}", file=sys.stderr)
            continue
        if not found:
            print(f"{one_line(path)}: no speech was found.", file=sys.stderr)
        if out is not None:
            write_segments(out, path, found)
        elif as_json:
            print_json({"file": path, "segments": [each.to_dict() for each in found]})
        else:
            for each in found:
                cells = [path, f"{each.start:.2f}", f"{each.end:.2f}", *([each.speaker] if each.speaker else [])]
                print("\t".join([*map(one_line, cells), f"{each.label} {each.score:.3f}"]))
    return bad
