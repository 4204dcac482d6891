import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from humpcat.corpora import CORPORA, FOUR
from humpcat.evaluation.predictions import Predictions
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.training.data.prepared_corpus import extractors_for, prepare_corpus
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer import loop
from humpcat.training.trainer.accelerator import make_accelerator

from .making import World, data_settings

ODD = 23


@pytest.fixture(scope="module")
def launched(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what two processes wrote."""
    out = tmp_path_factory.mktemp("two")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    # What `accelerate launch --multi_gpu` does; with --cpu it starts one process, whatever --num_processes says.
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", port]
    script = Path(__file__).with_name("two_processes.py")
    done = subprocess.run(
        [*launch, str(script), str(world.source.parent), str(out), str(ODD)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "ACCELERATE_USE_CPU"}
        | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def test_each_clip_is_counted_once_with_the_probabilities_of_one_process(
    world: World, launched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "EVALUATION_BATCH", 4)
    settings = OptimizationSettings()
    accelerator = make_accelerator(settings, str(launched / "one"))
    model = HumpCatForAudioClassification.from_pretrained(world.source)
    extractors = extractors_for(model.config, model.load_encoder())
    prepared = prepare_corpus(CORPORA["emodb"], FOUR, data_settings(world), extractors, accelerator)
    clips = prepared.clips(sorted(prepared.rows)[:ODD], FOUR.classes, "corpus", prepared.statistics())
    expected = loop.predict(model, clips, accelerator)
    assert len(expected) == ODD
    for rank in (0, 1):
        found = json.loads((launched / f"predictions-{rank}.json").read_text())
        assert list(found) == list(expected) == sorted(clips.ids)
        for id_, row in found.items():
            assert row == pytest.approx(expected[id_], abs=1e-5)


def test_both_processes_hold_the_same_weights(launched: Path, world: World) -> None:
    first, second = (json.loads((launched / f"weights-{rank}.json").read_text()) for rank in (0, 1))
    assert first == second
    assert first["processes"] == 2
    assert first["hash"] != HumpCatForAudioClassification.from_pretrained(world.source).weights_hash()


def test_two_processes_write_one_result(launched: Path) -> None:
    split = Split.load(launched / "model/split.json")
    predictions = Predictions.read(launched / "model/predictions.parquet")
    assert sorted(predictions.values("id")) == list(split.test)
    assert json.loads((launched / "model/results.json").read_text())["clips"] == 8
