"""OpenCV, which only VACNN's pictures and visual words need: the extra ``vacnn``."""

from typing import Any

from humpcat.imports import import_extra


def opencv() -> Any:
    """Return the module ``cv2``.

    Raises:
        SettingsError: it is not installed or broken; the message says what mends it.

    Example:
        >>> opencv().__name__
        'cv2'
    """
    return import_extra("opencv-python-headless", "VACNN", module="cv2")
