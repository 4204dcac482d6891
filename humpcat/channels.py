"""Which channel of a recording is meant: two parties of a call are recorded one a channel."""

from humpcat.errors import SettingsError
from humpcat.setting_ranges import shown

EACH = "each"
"""The choice of every channel, each of which is a clip of its own."""

_SIDES = {"left": 0, "right": 1}


def channel_index(choice: str | int) -> int:
    """Return the place of the channel that was chosen.

    Args:
        choice: "left", "right", or a number from 0, also as a string.

    Raises:
        SettingsError: it is none of these.

    Example:
        >>> channel_index("left"), channel_index("1"), channel_index(2)
        (0, 1, 2)
        >>> channel_index("middle")
        Traceback (most recent call last):
        humpcat.errors.SettingsError: channel 'middle': expected left, right or a number from 0.
    """
    if isinstance(choice, str) and choice.lower() in _SIDES:
        return _SIDES[choice.lower()]
    if isinstance(choice, int) and not isinstance(choice, bool) and choice >= 0:
        return choice
    if isinstance(choice, str) and choice.isdecimal() and len(choice) < 10:
        return int(choice)
    raise SettingsError(f"channel {shown(choice)}: expected left, right or a number from 0.")


def refuse_each(choice: str | int | None) -> None:
    """Refuse the choice of every channel where one speaker is listened to.

    Args:
        choice: the choice.

    Raises:
        SettingsError: it is "each".
    """
    if choice == EACH:
        raise SettingsError("channel 'each': a listener knows one speaker: choose the speaker's channel.")
