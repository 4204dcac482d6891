"""Parse a recipe's settings from the command line and from a YAML file."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from transformers import HfArgumentParser

from humpcat.errors import SettingsError


def parse(kinds: Sequence[type], description: str | None, arguments: Sequence[str] | None = None) -> tuple[Any, ...]:
    """Parse dataclasses of settings; what the command line says beats ``--config file.yaml``.

    Args:
        kinds: dataclasses whose fields have different names.
        description: what ``--help`` says above the settings.
        arguments: the command line; the program's own by default.

    Returns:
        One instance a dataclass.

    Raises:
        SettingsError: the file is missing, is not a mapping, or names a setting that does not exist.

    Example:
        >>> from humpcat.training.settings import OptimizationSettings
        >>> parse([OptimizationSettings], None, ["--seed", "3"])[0].seed
        3
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    before = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    before.add_argument("--config")
    known, rest = before.parse_known_args(arguments)

    parser = HfArgumentParser(
        tuple(kinds),
        description=description,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", help="YAML file of settings, named as below with underscores.")
    if known.config is not None:
        names = {field.name for kind in kinds for field in fields(kind)}
        parser.set_defaults(**{name: _as_typed(value) for name, value in _read(Path(known.config), names).items()})
    *instances, remaining = parser.parse_args_into_dataclasses(
        args=rest, look_for_args_file=False, return_remaining_strings=True
    )
    leftover = [name for name in remaining if name != "--config"]
    if leftover:
        raise SettingsError(f"setting '{leftover[0]}' is unknown: --help lists all settings.")
    # The parser's own namespace of --config comes as a last, nameless instance.
    return tuple(instances[: len(kinds)])


def _as_typed(value: Any) -> Any:
    """Return a value of the file as the command line would have it: argparse converts and checks strings only."""
    return value if isinstance(value, bool | list) else str(value)


def _read(path: Path, names: set[str]) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except OSError:
        raise SettingsError(f"{path}: no such file: check --config.") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: is not YAML ({str(error).splitlines()[0]}): mend the file.") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: found {type(content).__name__}, expected lines of 'setting: value'.")
    unknown = sorted(set(content) - names)
    if unknown:
        raise SettingsError(f"{path}: setting '{unknown[0]}' is unknown: --help lists all settings.")
    return {name: value for name, value in content.items() if value is not None}
