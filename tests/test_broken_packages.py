"""A torchaudio or torchvision that does not load takes nothing else down."""

import os
import subprocess
import sys

import pytest

CODE = """
import {first}
import {second}
from transformers import AudioClassificationPipeline, WhisperFeatureExtractor
from transformers.utils import is_torchaudio_available, is_torchvision_available
print(is_torchaudio_available(), is_torchvision_available())
"""


@pytest.mark.parametrize(("first", "second"), [("humpcat", "transformers"), ("transformers", "humpcat")])
def test_transformers_does_without_packages_that_do_not_load(tmp_path, first, second):
    for name in ("torchaudio", "torchvision"):
        (tmp_path / f"{name}.py").write_text(f"raise OSError('{name} was built for another torch')")
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(first=first, second=second)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["False", "False"], done.stderr
