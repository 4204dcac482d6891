"""What the commands of the command line share: how one's own data is read, and how errors are told."""

import functools
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from humpcat.errors import HumpcatError

Columns = Annotated[
    list[str] | None, typer.Option(help="What a column of your own table is, such as path=file; once for each.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option(help="Canonical emotion of a label of your own, such as froh=happiness; once for each."),
]
SpeakerLevel = Annotated[
    int | None, typer.Option(help="Level of your folders that name the speaker; 1 is the first below the root.")
]
SpeakerPattern = Annotated[
    str | None, typer.Option(help="Regular expression on your paths; its first group is the speaker.")
]
LabelLevel = Annotated[
    int | None, typer.Option(help="Level of your folders that name the label; found by their names by default.")
]
Part = Annotated[str | None, typer.Option(help="Split of your data set; all of them by default.")]


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
            print(
                "interrupted; what is finished is kept: run the same command, a recipe with --resume.", file=sys.stderr
            )
            raise SystemExit(130) from None

    return command
