"""A model's folder of which a file is damaged, missing or another model's is refused by one sentence that names it."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from humpcat import pipeline
from humpcat.errors import CheckpointError, HumpcatError
from humpcat.training.checkpoint import read_settings

from ..training.making import World, copied, finetune, make_world, vowel
from .making import change_config

PREPROCESSOR, SETTINGS, LEDGER, SPLIT = "preprocessor_config.json", "settings.json", "ledger.json", "split.json"
TEXTS = {"null": "null", "list": "[]", "empty": "", "deep": "[" * 100_000, "text": '"x"', "half": '{"a": '}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory)


@pytest.fixture
def model(world: World, tmp_path: Path) -> Path:
    return copied(world.source, tmp_path / "model")


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def refusal(use: Callable[[], Any], *, names: str = "") -> str:
    with pytest.raises(HumpcatError) as caught:
        use()
    assert "\n" not in str(caught.value)
    assert names in str(caught.value)
    return str(caught.value)


def adapted(world: World, model: Path) -> Callable[[], Any]:
    return lambda: finetune(world, model.with_name("target"), source=str(model))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["config.json", PREPROCESSOR, SETTINGS, LEDGER])
def test_files_that_hold_no_mapping(name: str, text: str, world: World, model: Path) -> None:
    (model / name).write_text(text)
    refusal((lambda: pipeline(model)) if name in ("config.json", PREPROCESSOR) else adapted(world, model), names=name)


@pytest.mark.parametrize(
    "make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path.name)], ids=["pipe", "folder", "loop"]
)
@pytest.mark.parametrize("name", ["config.json", PREPROCESSOR, SETTINGS, LEDGER])
def test_what_is_no_file(name: str, make: Callable[[Path], Any], world: World, model: Path) -> None:
    (model / name).unlink()
    make(model / name)
    refusal((lambda: pipeline(model)) if name in ("config.json", PREPROCESSOR) else adapted(world, model), names=name)


@pytest.mark.parametrize(
    "values",
    [
        {"sampling_rate": None},
        {"sampling_rate": 8000},
        {"sampling_rate": -1},
        {"sampling_rate": "16000"},
        {"streams": None},
        {"streams": []},
        {"streams": ["mfcc"]},
        {"streams": ["x"]},
        {"streams": [["mfcc"]]},
    ],
    ids=str,
)
def test_a_preprocessor_that_is_not_the_models(values: dict[str, Any], model: Path) -> None:
    change(model / PREPROCESSOR, **values)
    refusal(lambda: pipeline(model), names=PREPROCESSOR)


@pytest.mark.parametrize(
    "values",
    [
        {"label2id": []},
        {"label2id": {"anger": 0, "happiness": 1, "neutral": 2, "sadness": 2}},
        {"label2id": {"anger": 0, "happiness": 1, "neutral": 2, "sadness": 10**30}},
        {"label2id": {"anger": 1, "happiness": 0, "neutral": 2, "sadness": 3}},
        {"id2label": {"0": "sadness", "1": "happiness", "2": "neutral", "3": "anger"}},
        {"id2label": {"0": "anger"}},
        {"id2label": []},
        {"id2label": {"0": None, "1": [], "2": {}, "3": 4}},
    ],
    ids=lambda values: str(values)[:40],
)
def test_label_maps_that_contradict_each_other(values: dict[str, Any], model: Path) -> None:
    change_config(model, **values)
    refusal(lambda: pipeline(model), names="config.json")


@pytest.mark.parametrize(
    "values",
    [{"num_labels": "x"}, {"num_labels": None}, {"model_type": []}, {"dtype": "evil"}, {"encoder": "x" * 5000}],
    ids=lambda values: str(values)[:40],
)
def test_what_nobody_needs_is_passed_over_or_told(values: dict[str, Any], model: Path) -> None:
    change_config(model, **values)
    with suppress(HumpcatError):
        pipeline(model)


@pytest.mark.parametrize(
    "values",
    [
        {"label_space": None},
        {"label_space": 3},
        {"label_space": "no such space"},
        {"normalization": []},
        {"corpus": 3},
        {"corpus": [None]},
        {"corpora": 3},
        {"seed": "x"},
        {"loss": {}},
        {"data_dir": ["a"]},
        {"max_bad_share": 7},
        {"learning_rate": float("nan")},
    ],
    ids=str,
)
def test_settings_that_no_source_was_trained_with(values: dict[str, Any], world: World, model: Path) -> None:
    change(model / SETTINGS, **values)
    refusal(adapted(world, model))


@pytest.mark.parametrize("name", ["label_space", "normalization", "loss"])
def test_settings_of_which_one_is_missing(name: str, world: World, model: Path) -> None:
    found = json.loads((model / SETTINGS).read_text())
    del found[name]
    (model / SETTINGS).write_text(json.dumps(found))
    assert name in refusal(adapted(world, model), names=SETTINGS)
    with pytest.raises(CheckpointError, match="has no x"):
        read_settings(model)["x"]


FIRST = {"speakers": ["a"], "ids": ["b"], "fingerprints": ["c"], "anonymous": False}
SEEN = FIRST | {"fingerprints": {"a": ["c"]}, "hashed": []}


def second(corpora: Any, **more: Any) -> dict[str, Any]:
    return {"version": 2, "encoder": None, "corpora": corpora} | more


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"iemocap": {}},
        {"iemocap": None},
        {"iemocap": []},
        *(
            {"iemocap": FIRST | changed}
            for changed in (
                {"ids": None},
                {"ids": "b"},
                {"ids": [[1]]},
                {"ids": {"a": 1}},
                {"speakers": [3]},
                {"anonymous": "no"},
                {"anonymous": None},
                {"more": 1},
            )
        ),
        second({}),
        second([]),
        second({"iemocap": FIRST}),
        second({"iemocap": SEEN}, version=3),
        second({"iemocap": SEEN}, version=-1),
        second({"iemocap": SEEN}, more=1),
        *(
            second({"iemocap": SEEN}, encoder=encoder)
            for encoder in ("x", {}, {"encoder": 1, "said": "", "datasets": []})
        ),
        second({"iemocap": SEEN}, encoder={"encoder": "", "said": "", "datasets": [1]}),
        *(
            second({"iemocap": SEEN | changed})
            for changed in (
                {"fingerprints": {"a": [1]}},
                {"fingerprints": {"b": ["c"]}},
                {"fingerprints": ["c"]},
                {"hashed": ["colours"]},
                {"hashed": "samples"},
            )
        ),
    ],
    ids=lambda content: str(content)[:60],
)
def test_a_ledger_that_is_none(content: dict[str, Any], world: World, model: Path) -> None:
    (model / LEDGER).write_text(json.dumps(content))
    refusal(adapted(world, model), names=LEDGER)


def test_a_ledger_that_names_a_corpus_twice(world: World, model: Path) -> None:
    text = (model / LEDGER).read_text()
    assert '"corpora": {' in text
    doubled = '"corpora": {"iemocap": ' + json.dumps(SEEN) + ","
    (model / LEDGER).write_text(text.replace('"corpora": {', doubled))
    assert "names 'iemocap' twice" in refusal(adapted(world, model), names=LEDGER)


@pytest.mark.parametrize(
    "bad", ["nothing.wav", {"array": np.full(16_000, np.nan), "sampling_rate": 16_000}], ids=["path", "NaN"]
)
def test_a_bad_clip_changes_nothing_that_a_listener_knows(bad: Any, world: World) -> None:
    good = {"array": vowel("sadness", speaker=1, take=1), "sampling_rate": 16_000}
    listener, other = (pipeline(world.source).listener() for _ in range(2))
    listener(good)
    with pytest.raises(HumpcatError):
        listener([good, bad])
    other(good)
    assert listener.clips == other.clips == 1
    assert listener(good) == other(good)


NOISE = np.random.default_rng(0).normal(scale=0.1, size=16_000)


@pytest.mark.parametrize(
    ("samples", "name"),
    [(np.zeros(16_000), "silent"), (np.full(16_000, 0.3), "silent"), (NOISE, "no speech")],
    ids=["silence", "a constant", "noise"],
)
def test_what_is_no_speech_is_answered_and_not_heard(samples: np.ndarray, name: str, world: World) -> None:
    good = {"array": vowel("sadness", speaker=1, take=1), "sampling_rate": 16_000}
    silent = {"array": samples.astype(np.float32), "sampling_rate": 16_000}
    listener, other = (pipeline(world.source).listener() for _ in range(2))
    answer = listener(silent)
    assert answer[0]["flags"][0]["name"] == name
    assert answer[0]["flags"][-1]["name"] == "no speech"
    assert [row["score"] for row in answer] == pytest.approx([0.25] * 4)
    assert listener.clips == 0
    assert listener(good) == other(good)
    assert listener.clips == 1
