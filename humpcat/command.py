"""What the commands of the command line share: how one's own data is read, and how errors are told."""

import functools
import os
import sys
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand

from humpcat.current_folder import SENTENCE, is_gone
from humpcat.errors import HumpcatError
from humpcat.setting_ranges import LEVELS, Range
from humpcat.shown import escape_what_cannot_be_encoded, one_line
from humpcat.writing import is_full, reason_of


def limits(within: Range) -> dict[str, Any]:
    """Return what an option of typer is told so that it takes the numbers of a range, and says so in ``--help``.

    Args:
        within: the range, with both ends.

    Example:
        >>> limits(LEVELS)
        {'min': 1, 'max': 1000}
    """
    return {"min": within.least, "max": within.most}


Columns = Annotated[
    list[str] | None, typer.Option(help="What the columns of your own table are, such as path=file label=emotion.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option(help="Canonical emotions of labels of your own, such as froh=happiness wut=anger."),
]
SpeakerLevel = Annotated[
    int | None,
    typer.Option(help="Level of your folders that name the speaker; 1 is the first below the root.", **limits(LEVELS)),
]
SpeakerPattern = Annotated[
    str | None, typer.Option(help="Regular expression on your paths; its first group is the speaker.")
]
LabelLevel = Annotated[
    int | None,
    typer.Option(help="Level of your folders that name the label; found by their names by default.", **limits(LEVELS)),
]
LabelPattern = Annotated[
    str | None, typer.Option(help="Regular expression on your paths; its first group is the label.")
]
AudioFolder = Annotated[
    str | None,
    typer.Option(help="Folder of the audio that your table names, searched with all below it; its own by default."),
]
Part = Annotated[str | None, typer.Option(help="Split of your data set; all of them by default.")]
CorpusFolders = Annotated[
    list[Path] | None,
    typer.Option("--corpora", help="Folder of Python files that each add a corpus; may be given several times."),
]

_PAIRS = ("--columns", "--labels")


class CommandWithPairs(TyperCommand):
    """A command whose ``--columns`` and ``--labels`` take one pair or several, as the recipes' do."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line.

        Args:
            ctx: as for any command of typer.
            args: the command line.
        """
        parsed: list[str] = super().parse_args(ctx, one_pair_a_flag(args))
        return parsed


def one_pair_a_flag(arguments: list[str]) -> list[str]:
    """Return a command line in which every pair of ``--columns`` and ``--labels`` has a flag of its own.

    Args:
        arguments: the command line; what follows a pair and is a pair as well belongs to the same flag.

    Example:
        >>> one_pair_a_flag(["--columns", "path=file", "label=emotion", "clips.csv"])
        ['--columns', 'path=file', '--columns', 'label=emotion', 'clips.csv']
    """
    expanded: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        expanded.append(argument)
        flag = argument.partition("=")[0]
        if flag in _PAIRS:
            if argument == flag:
                # Whatever it is: what is no pair is refused by name.
                expanded += rest[:1]
                del rest[:1]
            further = list(takewhile(lambda value: "=" in value and not value.startswith("-"), rest))
            expanded += [part for pair in further for part in (flag, pair)]
            del rest[: len(further)]
    return expanded


def reporting_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a command print an error that a user can mend as one sentence, and exit with status 1.

    What the system refuses is such an error too, wherever it is met: a disk that fills, a folder that cannot be read.

    Args:
        function: the command.
    """

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        escape_what_cannot_be_encoded()
        try:
            if is_gone():
                raise HumpcatError(SENTENCE)
            result = function(*args, **kwargs)
            sys.stdout.flush()
            return result
        except HumpcatError as error:
            _end(error)
        except BrokenPipeError:
            # Whoever read the output has seen enough; the command line knows how to end then.
            raise
        except Exception as error:
            reason = reason_of(error)
            if reason is None:
                raise
            _end(_unprinted() or _refused(error, reason))
        except KeyboardInterrupt:
            print(
                "interrupted; what is finished is kept: run the same command, a recipe with --resume.", file=sys.stderr
            )
            raise SystemExit(130) from None

    return command


def _refused(error: Exception, reason: str) -> str:
    """Say what the system refused, of a file where that is known."""
    file = getattr(error, "filename", None)
    if is_full(error):
        where = file or "a disk, or where the output goes"
        return f"{where}: cannot be written ({reason}): free space there, and run the same command again."
    return f"{file}: {reason}: check that it is there and may be read or written." if file else reason


def _unprinted() -> str | None:
    """Return what keeps the output from being printed, if anything does; Python shall not try again at its end."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return f"standard output cannot be written ({error.strerror}): let it go elsewhere."
    return None


def _end(error: HumpcatError | str) -> NoReturn:
    print(f"error: {one_line(error)}", file=sys.stderr)
    raise SystemExit(1) from None
