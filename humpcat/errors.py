"""The errors humpcat raises on purpose.

Each message is one sentence that names the file or setting, the value found, what was expected and what to
do; the command line prints it without a traceback.
"""

from humpcat.shown import one_line


class HumpcatError(ValueError):
    """Base of every error that a user can mend; one line, whatever the files and labels that it names are called."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class AudioError(HumpcatError):
    """Audio that cannot be used: unreadable, empty, too short, not finite, or of unknown sampling rate."""


class CorpusError(HumpcatError):
    """A corpus that is missing, unknown, or not in its owner's layout."""


class ProtocolError(HumpcatError):
    """A split that cannot be made from the rows at hand."""


class LeakageError(ProtocolError):
    """Test material that was, or would be, seen in training."""


class AdaptationError(HumpcatError):
    """A source and a target between which a method cannot adapt, or values that it cannot use."""


class EncoderError(HumpcatError):
    """An encoder that cannot be found, or is not the one that a checkpoint was trained with."""


class CheckpointError(HumpcatError):
    """A checkpoint with missing, surplus or unsafe content."""


class SettingsError(HumpcatError):
    """A setting that is unknown or out of range."""


class KeywordError(SettingsError, TypeError):
    """A keyword that a function does not know; a TypeError too, as Python's own is."""


class WritingError(HumpcatError, OSError):
    """A place that cannot be written: a full disk, a missing permission, a file where a folder is meant.

    An OSError too, as the system's own is.

    Attributes:
        place: the folder or file.
        reason: the system's words.
        needed: bytes that were to be written, where that is known.
        full: whether there is no space left, so that the same command can go on once there is.
    """

    place: str = ""
    reason: str = ""
    needed: int | None = None
    full: bool = False
