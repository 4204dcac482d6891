"""Run by two processes in test_processes.py."""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from humpcat.corpora import CORPORA, FOUR
from humpcat.features.store import FeatureStore
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.losses import make_loss
from humpcat.training.data.batches import shuffled_by_length
from humpcat.training.data.prepared_corpus import extractors_for, prepare_corpus
from humpcat.training.settings import (
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
)
from humpcat.training.source import train_source
from humpcat.training.trainer import loop
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.state import Checkpoints


def main(world: Path, out: Path, odd: int) -> None:
    torch.set_num_threads(1)
    # Several batches, and not as many for both.
    loop.EVALUATION_BATCH = 4
    optimization = OptimizationSettings(epochs=1, batch_size=4)
    accelerator = make_accelerator(optimization, str(out))
    model = HumpCatForAudioClassification.from_pretrained(world / "source")
    encoder = model.load_encoder()
    # A store that is empty, so that the processes share out the extraction too.
    data = DataSettings(data_dir=str(world / "data"), store=str(out / "store"))
    prepared = prepare_corpus(CORPORA["emodb"], FOUR, data, extractors_for(model.config, encoder), accelerator)
    ids = sorted(prepared.rows)[:odd]
    clips = prepared.clips(ids, FOUR.classes, "corpus", prepared.statistics())
    found = loop.predict(model, clips, accelerator)
    rank, processes = accelerator.process_index, accelerator.num_processes
    (out / f"predictions-{rank}.json").write_text(json.dumps(found))

    loss = make_loss("cross-entropy", torch.ones(4), 0.0, 30.0)
    plan = shuffled_by_length(clips.lengths, 4)
    trainer = loop.Trainer(optimization, accelerator, Checkpoints(out / "checkpoints", save_last=False))
    trainer.fit(model, clips, plan, loss)
    (out / f"weights-{rank}.json").write_text(json.dumps({"hash": model.weights_hash(), "processes": processes}))

    network = NetworkSettings(encoder=str(world / "encoder"))
    train_source(SourceSettings(out=str(out / "model")), data, network, optimization, accelerator)
    entries = [FeatureStore(out / "store").entries(extractor) for extractor in extractors_for(model.config, encoder)]
    np.testing.assert_equal([len(one) for one in entries], [80] * 3)
    accelerator.end_training()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
