"""The source model that comes with humpcat, without its encoder, which the hub has.

``recipes/make_pretrained.py`` makes it of CREMA-D, which is under the Open Database License (see NOTICE).
"""

from pathlib import Path

NAME = "cremad-whisper-base"


def pretrained() -> Path:
    """Return the folder of the source model that comes with humpcat.

    Example:
        >>> pretrained().name
        'cremad-whisper-base'
    """
    return Path(__file__).parent / NAME
