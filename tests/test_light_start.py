"""A command that answers and ends starts without what no speech model uses; importing humpcat takes nothing away."""

import json
import subprocess
import sys

import pytest
import soundfile

from humpcat.audio import SAMPLING_RATE
from tests.voices import voice

LIGHT = """
from humpcat.light_start import light_start
with light_start():
    import humpcat.inference.pipeline
"""
CODE = """
import gc, json, sys
import humpcat
{start}
from transformers.utils import is_scipy_available
print(json.dumps([sorted({{"scipy", "torchvision"}} & set(sys.modules)), is_scipy_available(), gc.isenabled()]))
"""
NAMES = """
import json
import humpcat
{start}
import transformers.models
print(json.dumps(sorted(dir(transformers.models))))
"""
PREDICT = """
import json, sys
from humpcat.cli import main
try:
    main()
except SystemExit as stopped:
    compiler = hasattr(sys.modules["torch._dynamo"], "__file__")
    print(json.dumps([stopped.code, compiler, sorted({module.partition(".")[0] for module in sys.modules})]))
"""
COMPILED = """
import json, sys
{start}
found = hasattr(sys.modules["torch._dynamo"], "__file__")
import torch
from torch._dynamo._trace_wrapped_higher_order_op import TransformGetItemToIndex
weight = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([weight], lr=0.5)
weight.sum().backward()
optimizer.step()
tripled = torch.compile(lambda x: 3 * x, backend="eager")(weight.detach())
whole = hasattr(sys.modules["torch._dynamo"], "__file__")
print(json.dumps([found, whole, tripled.tolist(), TransformGetItemToIndex.__name__]))
"""
NOT_NEEDED = {
    *("accelerate", "av", "cv2", "datasets", "evaluate", "jinja2", "joblib", "librosa", "matplotlib", "numba"),
    *(
        "onnxruntime",
        "pandas",
        "parselmouth",
        "pyarrow",
        "scipy",
        "silero_vad",
        "sklearn",
        "torchaudio",
        "torchvision",
        "triton",
    ),
}
"""What one answer of the model that is the default does without: it weighs the encoder's hidden states alone."""


@pytest.mark.parametrize(
    ("start", "expected"),
    [(LIGHT, [[], False, True]), ("", [["torchvision"], True, True])],
    ids=["light", "as it is"],
)
def test_only_a_light_start_does_without_what_no_speech_model_uses(start, expected):
    pytest.importorskip("torchvision")
    assert output_of(CODE.format(start=start)) == expected


def test_a_light_start_finds_the_models_that_transformers_has():
    light, usual = (output_of(NAMES.format(start=start)) for start in (LIGHT, ""))
    assert light == usual
    assert "WhisperModel" in light


@pytest.mark.parametrize("start", [LIGHT, "import torch._dynamo\n" + LIGHT], ids=["light", "after the compiler"])
def test_the_compiler_is_there_for_whoever_asks_after_a_light_start(start):
    found, *then = output_of(COMPILED.format(start=start))
    assert found is (start != LIGHT)
    assert then == [True, [1.5, 1.5], "TransformGetItemToIndex"]


def test_one_answer_imports_nothing_that_it_does_not_need(tmp_path):
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, voice(), SAMPLING_RATE)
    code, compiler, modules = output_of(PREDICT, "predict", str(clip))
    assert (code, compiler) == (0, False)
    assert "torch" in modules
    assert sorted(NOT_NEEDED & set(modules)) == []


def test_an_error_in_the_block_leaves_the_search_for_garbage_on():
    from humpcat.light_start import light_start

    with pytest.raises(ImportError), light_start():
        import no_such_module  # noqa: F401
    import gc

    assert gc.isenabled()


def output_of(code, *arguments):
    """Return what the last line that a process of its own prints says."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
