import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from humpcat.features.encoder import SpeechEncoder
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.hub import NotFoundError, cached_folder, hub_fault, locate

from .hubs import COMMIT, Hub, cached, serving

NAME = "somebody/encoder"
REFUSED = "http://127.0.0.1:9"


@pytest.fixture(name="cache")
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the folder of an empty cache, in place of that of whoever runs the tests."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_HUB_ETAG_TIMEOUT", raising=False)
    return tmp_path / "cache"


@pytest.fixture(name="encoder", scope="session")
def _encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_encoder(tmp_path_factory.mktemp("toy") / "encoder")


def at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an address be that of the hub."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)


def fault(name: str = NAME) -> str:
    with pytest.raises(NotFoundError) as caught:
        locate(name)
    return str(caught.value)


def test_what_is_here_is_used_without_asking(cache: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached(cache, NAME, encoder)
    with serving(Hub()) as hub:
        at(hub.address, monkeypatch)
        for place in (NAME, str(encoder)):
            assert Path(locate(place)).is_dir()
            assert SpeechEncoder.from_pretrained(place).depth == 4
        assert hub.asked == []


def test_a_mistyped_path_is_not_asked_for(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Hub()) as hub:
        at(hub.address, monkeypatch)
        assert fault("../no/folder") == "there is no such folder"
        assert hub.asked == []


@pytest.mark.parametrize("there", [["config.json"], ["model.safetensors"], ["preprocessor_config.json"], []])
def test_part_of_a_model_is_none(
    there: list[str], cache: Path, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached(cache, NAME, encoder, there)
    with serving(Hub({NAME: encoder})) as hub:
        at(hub.address, monkeypatch)
        assert locate(NAME) == NAME
        assert hub.asked == [f"GET /api/models/{NAME}"]


def test_weights_in_several_files_are_all_needed(cache: Path, tmp_path: Path) -> None:
    parts = {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-1.safetensors"}
    for file in ("config.json", *set(parts.values())):
        (tmp_path / "whole" / file).parent.mkdir(exist_ok=True)
        (tmp_path / "whole" / file).write_text("{}")
    (tmp_path / "whole" / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))
    cached(cache, NAME, tmp_path / "whole")
    assert cached_folder(NAME) is not None
    assert not cached_folder(NAME, files=("config.json", "preprocessor_config.json"))
    next(cache.rglob("model-2.safetensors")).unlink()
    assert not cached_folder(NAME)


TWICE = """
import sys
from contextlib import suppress
from urllib.request import urlopen

import humpcat.hub
from humpcat.features.encoder import SpeechEncoder

address, name = sys.argv[1:]
humpcat.hub.SECONDS = 0.5
print(SpeechEncoder.from_pretrained(name).weights_hash())
with suppress(OSError):
    urlopen(f"{address}/again")
print(SpeechEncoder.from_pretrained(name).weights_hash())
"""


def test_a_slow_hub_may_take_longer_than_its_first_answer(encoder: Path, tmp_path: Path) -> None:
    # The client reads the address of the hub when it is imported.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    with serving(Hub({NAME: encoder}, seconds=0.6)) as hub:
        environment |= {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-c", TWICE, hub.address, NAME]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == [SpeechEncoder.from_pretrained(encoder).weights_hash()] * 2
        assert f"GET /{NAME}/resolve/{COMMIT}/model.safetensors" in hub.asked
        assert hub.asked[-1] == "GET /again", "what was downloaded is not asked for again"


def test_a_hub_that_does_not_answer_is_asked_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Hub(silent=True)) as hub:
        at(hub.address, monkeypatch)
        monkeypatch.setattr("humpcat.hub.SECONDS", 0.5)
        sentence, _, reason = fault().rpartition(" (")
        assert sentence == (
            f"there is no such folder, it is not whole in the hub's cache {cache}, and the hub ({hub.address}) does "
            "not give it"
        )
        # Whichever of both clocks is first.
        assert reason in ("no answer within 0.5 s)", "timed out)")
        assert hub.asked == [f"GET /api/models/{NAME}"]
        # The client's own setting says how long the hub has, where it is set.
        monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "1")
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_ETAG_TIMEOUT", 1)
        assert fault().endswith(("(no answer within 1 s)", "(timed out)"))


@pytest.mark.parametrize(
    ("address", "reason"), [(REFUSED, "Connection refused"), ("http://no-such-host.invalid", "not known")]
)
def test_a_hub_that_is_not_there(address: str, reason: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(address, monkeypatch)
    assert fault().startswith(
        f"there is no such folder, it is not whole in the hub's cache {cache}, and the hub ({address}) does not give "
        "it ("
    )
    assert reason in fault()


def test_a_model_that_the_hub_does_not_have(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Hub()) as hub:
        at(hub.address.replace("//", "//me:secret@"), monkeypatch)
        assert hub_fault(NAME, "refs/pr/1") == f"the hub ({hub.address}) does not give it (status 404)"
        assert hub.asked == [f"GET /api/models/{NAME}/revision/refs%2Fpr%2F1"]


def test_a_hub_that_must_not_be_asked_is_not(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with serving(Hub()) as hub:
        at(hub.address, monkeypatch)
        assert fault().endswith(", and HF_HUB_OFFLINE forbids asking the hub")
        assert hub.asked == []
