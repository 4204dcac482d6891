"""A fourth stream is one file: that of the page, outside of humpcat's folder, trained, saved, loaded and heard."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from humpcat.errors import SettingsError
from humpcat.models.humpcat.registries import STREAMS

from ...training.making import copied, make_world

pytest.importorskip("opensmile")

PAGE = Path(__file__).parents[3] / "docs" / "streams.md"
USE = """
import json
import sys
from pathlib import Path

import torch

import humpcat
from humpcat.evaluation.predictions import Predictions
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

folder, data, encoder = map(Path, sys.argv[1:])
humpcat.train(
    corpus=["emodb"], data_dir=str(data), encoder=str(encoder), store=str(folder / "store"), out=str(folder / "model"),
    streams=["hidden", "mfcc", "prosody", "egemaps"], summary_streams=["hidden", "egemaps"], epochs=1, mask=0.2,
)
table = Predictions.read(folder / "model/predictions.parquet")
ids = list(table.values("id"))
classify = humpcat.pipeline(folder / "model")
path = next(path for path in sorted(data.rglob("*.wav")) if f"emodb/{path.stem}" in set(ids))
found = {row["label"]: row["score"] for row in classify(str(path))}
stored = dict(zip(table.classes, table.probabilities[ids.index(f"emodb/{path.stem}")], strict=True))
heard = classify.listener()(str(path))
model = HumpCatForAudioClassification.from_pretrained(folder / "model")
print(json.dumps([
    max(abs(found[name] - stored[name]) for name in found),
    sorted({name.split(".")[0] for name in model.state_dict() if "egemaps" in name}),
    sorted(name for name, _ in model.standardizer.named_buffers()),
    len(heard),
]))
"""


def documented():
    match = re.search(r"<!-- example stream -->\s*```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    return match[1]


def test_the_stream_of_the_page_is_one_short_file():
    assert len(documented().splitlines()) < 80


def test_a_fourth_stream_touches_nothing_else(tmp_path, tmp_path_factory):
    (tmp_path / "plugins/streams").mkdir(parents=True)
    (tmp_path / "plugins/streams/egemaps.py").write_text(documented(), encoding="utf-8")
    world = make_world(tmp_path_factory)
    # With the features of the other streams.
    copied(world.store, tmp_path / "store")
    environment = {"HUMPCAT_PLUGINS": str(tmp_path / "plugins"), "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path), str(world.data), str(world.encoder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    difference, weights, buffers, answers = json.loads(done.stdout.splitlines()[-1])
    # Stored features are in bfloat16 where the processor has it.
    assert difference < 0.02
    # MFCC and prosody are joined, fused with the fourth, and joined again, before the hidden states.
    assert weights == ["egemaps_cat", "egemaps_stream", "join_egemaps", "standardizer"]
    assert buffers == ["egemaps", "egemaps_pooled", "functionals", "hidden", "mfcc", "pooled", "prosody"]
    assert answers == 4


def test_a_stream_that_nobody_brings_is_refused(tiny_config):
    assert STREAMS.names() == ["hidden", "mfcc", "prosody"]
    with pytest.raises(SettingsError) as caught:
        tiny_config(streams=["hidden", "egemaps"])
    assert str(caught.value) == (
        "streams hidden egemaps: expected one or more of hidden, mfcc, prosody: name these only, or bring the file of "
        "another by HUMPCAT_PLUGINS."
    )
