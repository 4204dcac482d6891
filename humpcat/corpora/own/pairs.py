"""Pairs such as path=file, as a command line gives them."""

from collections.abc import Sequence

from humpcat.errors import SettingsError


def pairs(setting: str, values: Sequence[str] | None) -> dict[str, str]:
    """Return pairs as a mapping.

    Args:
        setting: name of the setting, for the message, which names its flag.
        values: pairs; None for none.

    Raises:
        SettingsError: a value is no pair.

    Example:
        >>> pairs("columns", ["path=file", "label=emotion"])
        {'path': 'file', 'label': 'emotion'}
    """
    values = values or []
    malformed = [value for value in values if "=" not in value]
    if malformed:
        example = "froh=happiness" if setting == "labels" else "path=file"
        raise SettingsError(f"--{setting} {malformed[0]}: expected pairs such as --{setting} {example}.")
    return dict(value.split("=", 1) for value in values)
