"""A command that answers and ends starts without what no speech model uses; importing humpcat takes nothing away."""

import json
import subprocess
import sys

import pytest

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


@pytest.mark.parametrize(
    ("start", "expected"),
    [(LIGHT, [[], False, True]), ("", [["torchvision"], True, True])],
    ids=["light", "as it is"],
)
def test_only_a_light_start_does_without_what_no_speech_model_uses(start, expected):
    pytest.importorskip("torchvision")
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(start=start)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected


def test_an_error_in_the_block_leaves_the_search_for_garbage_on():
    from humpcat.light_start import light_start

    with pytest.raises(ImportError), light_start():
        import no_such_module  # noqa: F401
    import gc

    assert gc.isenabled()
