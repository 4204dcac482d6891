#!/usr/bin/env python
"""Measure an epoch of source training from stored features, beside a plain PyTorch loop and beside encoding anew.

    python recipes/bench_training.py --toy
    python recipes/bench_training.py --corpus cremad --data-dir DATA --encoder WHISPER --store STORE

Ours is humpcat's Trainer, which reads every clip from the store. The plain loop has the features in memory, read
before time runs, and the same network, loss, schedule and batch size: once on the very batches that ours makes, clips
of about one length together, and once shuffled. Neither validates or saves a state. All ways stand in the same run and
take turns; the shortest time of each counts. The mean losses of the epoch are printed: on the same batches both learn
the same, but for the random numbers of dropout.

What an epoch takes that encodes the audio anew is an estimate: a sample of the training clips, spread over their
lengths, is really encoded by humpcat's own extractors on all cores into an empty store, its time is scaled to the
seconds of all training clips, and the epoch of the plain loop on the same batches is added. It is what a way without a
store would take in every epoch, and ours in the first alone. OUT/bench_training.json holds all figures.
"""

import argparse
import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from humpcat.benchmarks.timing import machine_line, save_figures, shortest, speed_table, take_turns
from humpcat.cli import reporting_errors
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.encoder_checkpoint import DEFAULT_ENCODER
from humpcat.features.extraction import extract
from humpcat.features.store import FeatureStore
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.losses import Loss, make_loss
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in
from humpcat.training.data.batches import Batches, shuffled_by_length
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.data.prepared_corpus import extractors_for
from humpcat.training.settings import DataSettings, NetworkSettings, OptimizationSettings, SourceSettings
from humpcat.training.source import build
from humpcat.training.source_run import SourceRun, checked, learnt_parts, make_split, prepare
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.schedule import cosine_with_warmup
from humpcat.training.trainer.state import Checkpoints

OURS = "humpcat's Trainer, from the store"
SAME, SHUFFLED = "plain loop in memory, the same batches", "plain loop in memory, shuffled"
ANEW = "without a store (estimated)"

Epoch = Callable[[], float]
"""Trains a copy of the model for an epoch and returns its mean loss."""


def our_epoch(
    run: SourceRun, model: HumpCatForAudioClassification, learnt: ClipDataset, loss: Loss, folder: str
) -> float:
    torch.manual_seed(run.optimization.seed)
    trainer = Trainer(run.optimization, run.accelerator, Checkpoints(Path(folder), save_last=False))
    plan = shuffled_by_length(learnt.lengths, run.optimization.batch_size)
    return trainer.fit(copy.deepcopy(model), learnt, plan, loss).history[0]["loss"]


def plain_epoch(
    settings: OptimizationSettings,
    model: HumpCatForAudioClassification,
    clips: Sequence[Mapping[str, Any]],
    loss: Loss,
    batches: Batches | None,
) -> float:
    torch.manual_seed(settings.seed)
    model = copy.deepcopy(model)
    model.freeze_fitted()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    order: dict[str, Any] = {"batch_sampler": batches} if batches else {"batch_size": settings.batch_size}
    loader = DataLoader(clips, shuffle=None if batches else True, num_workers=0, collate_fn=stacked, **order)
    scheduler = LambdaLR(optimizer, lambda done: cosine_with_warmup(done, len(loader)))
    losses = []
    model.train()
    for inputs, labels in loader:
        outputs = model(**inputs)
        value = loss(model.training_logits(outputs), outputs.embedding, labels)
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        losses.append(value.item())
    return float(np.mean(losses))


def stacked(clips: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Tensor], Tensor]:
    """Return the inputs of a batch, padded, and its labels."""
    inputs = {name: torch.stack([clip[name] for clip in clips]) for name in ("pooled", "functionals")}
    for name in ("mfcc", "prosody"):
        inputs[name] = pad_sequence([clip[name] for clip in clips], batch_first=True)
    hidden = pad_sequence([clip["hidden"].transpose(0, 1) for clip in clips], batch_first=True).transpose(1, 2)
    lengths = torch.tensor([len(clip["mfcc"]) for clip in clips]) * FRAME_SAMPLES
    inputs = {name: values.float() for name, values in (inputs | {"hidden": hidden}).items()}
    return inputs | {"lengths": lengths}, torch.tensor([clip["label"] for clip in clips])


def in_memory(learnt: ClipDataset) -> list[dict[str, Any]]:
    """Return all clips as tensors, in the precision in which they are stored."""
    clips = [learnt[place] for place in range(len(learnt))]
    return [
        {name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value for name, value in clip.items()}
        for clip in clips
    ]


def spread(learnt: ClipDataset, clips: int) -> list[int]:
    """Return places of some clips, spread over the lengths."""
    order = sorted(range(len(learnt)), key=lambda place: (learnt.lengths[place], learnt.ids[place]))
    return [order[place] for place in np.linspace(0, len(order) - 1, min(clips, len(order)), dtype=int)]


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default="iemocap", help="the source corpus")
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--toy", action="store_true", help="use the synthetic toy corpora and a toy encoder")
    parser.add_argument("--encoder", default=DEFAULT_ENCODER, help="folder or hub name of the encoder")
    parser.add_argument("--store", help="folder of the feature store")
    parser.add_argument("--sample", type=number_in(COUNTS), default=200, help="clips that are encoded anew")
    parser.add_argument("--turns", type=number_in(COUNTS), default=3, help="how often each way is measured")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_training"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    with TemporaryDirectory() as folder:
        source = SourceSettings(corpus=[arguments.corpus], out=f"{folder}/run")
        data = DataSettings(data_dir=arguments.data_dir, toy=arguments.toy, store=arguments.store)
        network = NetworkSettings(encoder=arguments.encoder)
        optimization = OptimizationSettings(epochs=1)
        accelerator = make_accelerator(optimization, source.out)
        measure(checked(source, data, network, optimization, accelerator), arguments)
        accelerator.end_training()


def measure(run: SourceRun, arguments: argparse.Namespace) -> None:
    """Measure all ways, print what they took, and write the figures."""
    prepared = prepare(run)
    split = make_split(run, prepared)
    learnt, model = joined(learnt_parts(run, split)), build(run, split)
    loss = make_loss(run.network.loss, torch.ones(len(run.space.classes)), 0.0, run.config.scale)
    settings, clips = run.optimization, in_memory(learnt)
    batches = shuffled_by_length(learnt.lengths, settings.batch_size)(np.random.default_rng([settings.seed, 0]))
    sample = spread(learnt, arguments.sample)
    paths = {learnt.ids[place]: prepared.rows[learnt.ids[place]]["path"] for place in sample}

    losses: dict[str, float] = {}

    def keeping(name: str, epoch: Epoch) -> None:
        losses[name] = epoch()

    with TemporaryDirectory() as folder:
        epochs: dict[str, Epoch] = {
            OURS: partial(our_epoch, run, model, learnt, loss, folder),
            SAME: partial(plain_epoch, settings, model, clips, loss, batches),
            SHUFFLED: partial(plain_epoch, settings, model, clips, loss, None),
        }
        ways: dict[str, Callable[[], Any]] = {name: partial(keeping, name, epoch) for name, epoch in epochs.items()}
        stores = iter(range(10**9))
        extractors = extractors_for(run.config, run.encoder)
        ways[ANEW] = lambda: extract(paths, extractors, FeatureStore(f"{folder}/{next(stores)}"), show_progress=False)
        best = shortest(take_turns(ways, arguments.turns))

    sampled, whole = sum(learnt.lengths[place] for place in sample), sum(learnt.lengths)
    encoding = best.pop(ANEW) * whole / sampled
    best[ANEW] = encoding + best[SAME]
    threads = torch.get_num_threads()
    print(machine_line())
    print(f"{len(learnt)} training clips, {whole:.0f} s of audio, batches of {settings.batch_size}, {threads} threads")
    print("\n".join(speed_table(best, "seconds an epoch", 1, {"times as fast as the plain loop": best[SAME]})))
    print(f"overhead over the plain loop on the same batches: {100 * (best[OURS] / best[SAME] - 1):.1f} %")
    print(
        f"without a store an epoch takes {best[ANEW] / best[OURS]:.1f} times as long: {encoding:.1f} s of it to "
        f"encode the audio, estimated from {len(sample)} clips of {sampled:.0f} s"
    )
    print("; ".join(f"mean loss, {name}: {value:.4f}" for name, value in losses.items()))
    figures = {
        "training_clips": len(learnt),
        "seconds_of_audio": whole,
        "batch_size": settings.batch_size,
        "threads": threads,
        "sampled_clips": len(sample),
        "sampled_seconds_of_audio": sampled,
        "seconds": best,
        "estimated": [ANEW],
        "loss": losses,
    }
    save_figures(arguments.out, "bench_training", figures)


if __name__ == "__main__":
    main()
