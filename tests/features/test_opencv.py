import sys

import pytest

from humpcat.errors import SettingsError
from humpcat.features.logmel import LogMel


def test_a_missing_opencv_is_told_before_a_clip_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SettingsError, match=r"VACNN: needs the package opencv-python-headless, .*\.\[vacnn\].*KAZE"):
        LogMel()


def test_importing_the_pictures_imports_no_opencv() -> None:
    import subprocess

    code = "import sys, humpcat.features.visual_words; print('cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
