"""Parse a recipe's settings from the command line and from a YAML file."""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml
from transformers import HfArgumentParser

from humpcat.errors import SettingsError
from humpcat.files import read_file
from humpcat.keywords import refuse_unknown
from humpcat.setting_ranges import shown

_LARGEST = 1 << 20
"""Bytes of the largest file of settings."""


def parse(kinds: Sequence[type], description: str | None, arguments: Sequence[str] | None = None) -> tuple[Any, ...]:
    """Parse dataclasses of settings; what the command line says beats ``--config file.yaml``.

    A field is a flag with dashes, such as ``--tuned-layers``; underscores are accepted too. A flag of several values
    takes them at once (``--columns a=b c=d``) or one by one (``--columns a=b --columns c=d``).

    Args:
        kinds: dataclasses whose fields have different names.
        description: what ``--help`` says above the settings, as it stands.
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
    given = [_dashed(argument) for argument in (sys.argv[1:] if arguments is None else arguments)]
    before = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    before.add_argument("--config")
    known, rest = before.parse_known_args(given)

    parser = _Parser(tuple(kinds), description=description, formatter_class=_Formatter, allow_abbrev=False)
    parser.add_argument("--config", help="YAML file of settings, named as below.")
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


def chosen(kinds: Sequence[type], given: Mapping[str, Any], what: str) -> tuple[Any, ...]:
    """Return dataclasses of settings made of keywords, as a notebook gives them.

    Args:
        kinds: dataclasses whose fields have different names.
        given: settings by their names.
        what: function that they were given to, for the message.

    Raises:
        KeywordError: a setting does not exist; the sentence names the nearest.
        SettingsError: a setting is out of range.
    """
    refuse_unknown(what, given, {field.name for kind in kinds for field in fields(kind)})
    return tuple(
        kind(**{each.name: given[each.name] for each in fields(kind) if each.name in given}) for kind in kinds
    )


class _Formatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Keeps the lines of the description, and says every default."""


class _Parser(HfArgumentParser):
    """Spells flags with dashes only, and lets a flag of several values be repeated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # So that the value of a flag is told from a flag: argparse takes -1 for a number, and not -1e9 or -inf.
        self._negative_number_matcher = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)

    def add_argument(self, *names: str, **options: Any) -> argparse.Action:
        """Add an argument, as for ``argparse``."""
        # Of a field's own words argparse knows the help alone; the dataclass checks its range.
        options.pop("within", None)
        if options.get("nargs") == "+":
            options["action"] = _Extend
        return super().add_argument(*dict.fromkeys(map(_dashed, names)), **options)


class _Extend(argparse.Action):
    """Puts all values of a repeated flag together; argparse's own ``extend`` would keep the default's as well."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, flag: str | None = None
    ) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if before is self.default else [*before, *values])


def _dashed(argument: str) -> str:
    """Return a flag with dashes in place of underscores, its value and anything else as it is."""
    return re.sub(r"^--[^=]*", lambda flag: flag[0].replace("_", "-"), argument)


def _as_typed(value: Any) -> Any:
    """Return a value of the file as the command line would have it: argparse converts and checks strings only."""
    return value if isinstance(value, bool | list) else str(value)


class _Once(yaml.SafeLoader):
    """Reads YAML, and refuses a file that says the same thing twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, as for any loader of YAML."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        for name in names:
            if names.count(name) > 1:
                raise yaml.YAMLError(f"it names {name!r} twice")
        return super().construct_mapping(node, deep)


def _read(path: Path, names: set[str]) -> dict[str, Any]:
    content = _mapping(path)
    named: dict[str, Any] = {}
    for given, value in content.items():
        name = str(given).replace("-", "_")
        if name not in names:
            raise SettingsError(f"{path}: setting '{shown(name)[1:-1]}' is unknown: --help lists all settings.")
        if name in named:
            raise SettingsError(f"{path}: names the setting '{name}' twice: leave one out.")
        # Short of this, a few lines that refer to one another can stand for more text than there is memory.
        parts = value if isinstance(value, list) else [value]
        if any(isinstance(part, list | tuple | dict | set | bytes) for part in parts):
            raise SettingsError(f"{path}: setting '{name}' is nested, expected a value or a list of values.")
        named[name] = value
    return {name: value for name, value in named.items() if value is not None}


def _mapping(path: Path) -> dict[Any, Any]:
    """Return what a YAML file of settings holds."""
    try:
        # As bytes: YAML itself tells UTF-16 from UTF-8.
        content = yaml.load(read_file(path, SettingsError, _LARGEST), Loader=_Once)
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: is not YAML ({_first_line(error)}): mend the file.") from None
    except RecursionError:
        raise SettingsError(f"{path}: is not YAML that can be read (nested too deeply): mend the file.") from None
    except SettingsError:
        raise
    # Dates, numbers and bytes that are none.
    except (ValueError, TypeError, LookupError) as error:
        raise SettingsError(f"{path}: is not YAML ({_first_line(error)}): mend the file.") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: found {type(content).__name__}, expected lines of 'setting: value'.")
    return content


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
