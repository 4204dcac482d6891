"""The command that answers audio as it comes in: `humpcat listen`."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from io import BufferedReader
from typing import TYPE_CHECKING, Annotated, cast

import typer

from humpcat.command import reporting_errors
from humpcat.errors import HumpcatError
from humpcat.shown import print_json

if TYPE_CHECKING:
    from humpcat.inference.over_time.streaming import EmotionWindow

app = typer.Typer()


@app.command()
@reporting_errors
def listen(
    source: Annotated[
        str | None,
        typer.Argument(help="- for raw 16-bit little-endian mono samples on standard input; a microphone by default."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="As for predict; 'mini' by default.")] = None,
    every: Annotated[float, typer.Option(help="Seconds from an answer to the next.")] = 1.0,
    window: Annotated[float, typer.Option(help="Seconds that each answer is of.")] = 3.0,
    device: Annotated[
        str | None, typer.Option(help="Name or number of a microphone; python -m sounddevice lists them.")
    ] = None,
    rate: Annotated[int | None, typer.Option(help="Sampling rate of standard input; 16000 by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object an answer.")] = False,
) -> None:
    """Print which emotion is heard while somebody speaks: of a microphone, or of what another program sends.

    Each line holds where the window begins and ends, in seconds, and its labels and scores. Ctrl+C ends it.
    """
    if source not in (None, "-"):
        raise HumpcatError(f"{source}: expected - or nothing: humpcat predict --segments takes files.")
    for name, given, where in (("device", device, "standard input"), ("rate", rate, "a microphone")):
        if given is not None and (source == "-") == (name == "device"):
            raise HumpcatError(f"--{name}: does nothing with {where}: leave it out.")
    from humpcat.light_start import light_start

    with light_start():
        from transformers.utils.logging import disable_progress_bar

        from humpcat.inference.incoming import Microphone, raw_chunks
        from humpcat.inference.pipeline import pipeline

    microphone = None if source == "-" else Microphone(device)
    disable_progress_bar()
    stream = pipeline(model).stream(
        microphone.sampling_rate if microphone else 16_000 if rate is None else rate, every=every, window=window
    )
    # Whoever stops it has had all answers that were due.
    with suppress(KeyboardInterrupt), microphone or nullcontext():
        if microphone:
            print("listening; Ctrl+C ends it.", file=sys.stderr)
        for chunk in microphone.chunks() if microphone else raw_chunks(cast(BufferedReader, sys.stdin.buffer)):
            _print_heard(stream.feed(chunk), as_json=as_json)
        _print_heard(stream.finish(), as_json=as_json)


def _print_heard(heard: Sequence["EmotionWindow"], *, as_json: bool) -> None:
    """Print answers of a stream at once, whoever reads them."""
    from humpcat.inference.lines import as_heard

    for each in heard:
        if as_json:
            print_json(each.to_dict())
        else:
            print(as_heard(each))
        sys.stdout.flush()
