"""What a user may import is exported, documented, and nothing else is."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
ROOMS = {
    room: re.findall(r"^\| `(\w+)` \| .+ \|$", table, re.MULTILINE)
    for room, table in re.findall(r"^## `([\w.]+)`\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.M | re.S)
}


def test_the_page_lists_the_rooms():
    assert list(ROOMS) == [
        "humpcat",
        "humpcat.corpora",
        "humpcat.features.sets",
        "humpcat.inference.over_time.drawing",
        "humpcat.protocols",
        "humpcat.domain_adaptation",
        "humpcat.self_training",
        "humpcat.evaluation",
        "humpcat.distortions",
        "humpcat.robustness",
    ]
    assert {"pipeline", "CORPORA", "load_corpus", "Predictions", "feature_set", "METHODS"} < set(ROOMS["humpcat"])


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_exported_is_on_the_page_and_is_there(room):
    module = import_module(room)
    assert sorted(name for name in module.__all__ if name != "__version__") == sorted(ROOMS[room])
    for name in module.__all__:
        found = getattr(module, name)
        assert not inspect.ismodule(found)
        if inspect.isclass(found) or inspect.isfunction(found):
            assert inspect.getdoc(found), name


def test_a_name_that_is_not_exported_is_refused():
    import humpcat

    assert dir(humpcat) == sorted(humpcat.__all__)
    with pytest.raises(AttributeError, match="module 'humpcat' has no attribute 'no_such_name'"):
        _ = humpcat.no_such_name


def test_naming_corpora_needs_no_torch():
    code = "import sys, humpcat; humpcat.CORPORA.names(); print('torch' in sys.modules, 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
