"""The Accelerate loop: epochs, early stopping, best and last checkpoint, exact resume."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object, send_to_device
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm
from transformers.utils import ModelOutput

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification, HumpCatOutput
from humpcat.models.humpcat.tuning import WEIGHTS, Trainable
from humpcat.training.data.batches import Batches
from humpcat.training.data.examples import Examples
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer.ema import WeightAverage
from humpcat.training.trainer.masking import masked
from humpcat.training.trainer.schedule import adamw, cosine_with_warmup
from humpcat.training.trainer.state import Progress, save_best, save_state, tidy

EVALUATION_BATCH = 64


def fit(
    model: Trainable,
    dataset: Examples,
    plan: Callable[[np.random.Generator], Batches],
    loss: nn.Module,
    settings: OptimizationSettings,
    accelerator: Accelerator,
    folder: Path,
    *,
    score: Callable[[Trainable], float] | None = None,
    resume: bool = False,
    save_last: bool = True,
    name: str = "",
    make_optimizer: Callable[[Iterable[Tensor], OptimizationSettings], torch.optim.Optimizer] = adamw,
    schedule: Callable[[int, int], float] = cosine_with_warmup,
    bf16: bool = False,
) -> Progress:
    """Train a model by gradients, or the top of an encoder.

    At the end the model holds the best weights, or the last where nothing validates. Nothing happens to a model that
    has no weight to train. With ``settings.averaging``, what is validated and kept is the moving average of the
    weights.

    The state after each epoch lies in ``folder/last``, the best weights in ``folder/best``. A run that was
    killed and is resumed repeats the unfinished epoch and ends with the same weights as an unbroken one.

    Args:
        model: the model, changed in place.
        dataset: training clips; no other clip can be reached from here.
        plan: turns an epoch's generator into its batches of example indices.
        loss: what is minimised, a :class:`humpcat.training.trainer.losses.Loss`.
        settings: how.
        accelerator: device, precision, processes.
        folder: for checkpoints.
        score: rates the model on validation clips, higher is better; called on all processes.
        resume: whether to go on from ``folder/last`` if it is there.
        name: what the run's tags begin with in TensorBoard.
        save_last: whether to save the state after each epoch at all; short runs are sooner repeated.
        make_optimizer: makes the optimizer of the weights that want a gradient.
        schedule: factor of the learning rate after so many batches of so many.
        bf16: whether to train in bfloat16, whatever the accelerator's precision; validation is not touched by it.

    Returns:
        What happened.
    """
    progress = Progress()
    if isinstance(model, HumpCatForAudioClassification):
        # The summary is fitted apart, and no gradient would reach the encoder: the clips come with its hidden states.
        for part in (model.summary, model.encoder):
            if part is not None:
                part.requires_grad_(False)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not trained:
        return progress
    optimizer = make_optimizer(trained, settings)
    prepared, optimizer = accelerator.prepare(model, optimizer)
    average = WeightAverage(model, settings.averaging) if settings.averaging else None
    judged = average.model if average else model
    loss = loss.to(accelerator.device)
    last, best = folder / "last", folder / "best"
    tidy(last, accelerator, keep=resume)
    if (last / "progress.json").is_file():
        accelerator.load_state(str(last))
        progress = Progress(**json.loads((last / "progress.json").read_text()))
        if average:
            average.load(last)
        accelerator.print(f"resumed after epoch {progress.epoch} of {settings.epochs}.")

    total = settings.epochs * len(_mine(plan(_generator(settings.seed, 0)), accelerator))

    def factor(batches: int) -> float:
        return schedule(batches, total)

    while progress.epoch < settings.epochs and progress.epoch - progress.best_epoch < settings.patience:
        batches = _mine(plan(_generator(settings.seed, progress.epoch)), accelerator)
        mean_loss = _epoch(
            prepared, dataset, batches, loss, optimizer, factor, bf16, settings, accelerator, progress, average
        )
        progress.epoch += 1
        record = {"epoch": progress.epoch, "loss": mean_loss}
        if score is not None:
            record["score"] = score(judged)
        # Of equal scores the later one: few validation clips tie often, and the rate has come further down.
        if score is None or record["score"] >= progress.best:
            progress.best, progress.best_epoch = record.get("score", -math.inf), progress.epoch
            if score is not None:
                save_best(judged, best, accelerator)
        progress.history.append(record)
        accelerator.log({name + tag: value for tag, value in record.items() if tag != "epoch"}, step=progress.epoch)
        if save_last:
            save_state(progress, last, accelerator, average)
    if score is not None:
        # A frozen encoder is not in the file.
        model.load_state_dict(load_file(best / WEIGHTS), strict=False)
    elif average:
        model.load_state_dict(average.model.state_dict())
    accelerator.free_memory()
    return progress


def predict(model: Trainable, dataset: Examples, accelerator: Accelerator) -> dict[str, list[float]]:
    """Return class probabilities of every clip, once each, the same for any number of processes.

    Args:
        model: the model.
        dataset: the clips; their labels are not used.
        accelerator: spreads the batches over its processes.

    Returns:
        Clip id to one probability a class.
    """
    gathered = _evaluate(model, dataset, accelerator, lambda outputs: outputs.logits.double().softmax(-1))
    return {clip_id: row.tolist() for clip_id, row in sorted(gathered.items())}


def branch_logits(
    model: HumpCatForAudioClassification, dataset: Examples, accelerator: Accelerator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the logits of fusion and summary, each of shape (clips, classes), in the order of the dataset.

    Args:
        model: a model with both branches.
        dataset: the clips; their labels are not used.
        accelerator: spreads the batches over its processes.
    """
    gathered = _evaluate(
        model,
        dataset,
        accelerator,
        _both_branches,
    )
    rows = np.stack([gathered[clip_id] for clip_id in dataset.ids])
    return rows[:, 0], rows[:, 1]


def final_logits(model: Trainable, dataset: Examples, accelerator: Accelerator) -> npt.NDArray[np.float64]:
    """Return the logits that the probabilities come from, shape (clips, classes), in the order of the dataset.

    Args:
        model: the model.
        dataset: the clips; their labels are not used.
        accelerator: spreads the batches over its processes.
    """
    gathered = _evaluate(model, dataset, accelerator, lambda outputs: outputs.logits.double())
    return np.stack([gathered[clip_id] for clip_id in dataset.ids])


def _both_branches(outputs: HumpCatOutput) -> Tensor:
    assert outputs.summary_logits is not None
    return torch.stack([outputs.fusion_logits, outputs.summary_logits], dim=1).double()


def _evaluate(
    model: Trainable,
    dataset: Examples,
    accelerator: Accelerator,
    pick: Callable[[Any], Tensor],
) -> dict[str, npt.NDArray[np.float64]]:
    """Return what ``pick`` takes from the outputs of each clip, once each, on every process."""
    model.eval().to(accelerator.device)
    # One length a batch, as far as possible: sorted once, the same batches whoever computes them.
    order = sorted(range(len(dataset)), key=lambda index: (dataset.lengths[index], dataset.ids[index]))
    batches = [order[start : start + EVALUATION_BATCH] for start in range(0, len(order), EVALUATION_BATCH)]
    mine = batches[accelerator.process_index :: accelerator.num_processes]
    found: list[tuple[str, npt.NDArray[np.float64]]] = []
    with torch.no_grad(), accelerator.autocast():
        for batch in _loader(dataset, mine, 0):
            rows = pick(model(**_inputs(batch, accelerator))).cpu().numpy()
            found += [(dataset.ids[index], row) for index, row in zip(batch["index"], rows, strict=True)]
    return dict(gather_object(found))


def _epoch(
    model: torch.nn.Module,
    dataset: Examples,
    batches: Batches,
    loss: nn.Module,
    optimizer: Any,
    factor: Callable[[int], float],
    bf16: bool,
    settings: OptimizationSettings,
    accelerator: Accelerator,
    progress: Progress,
    average: WeightAverage | None,
) -> float:
    """Run one epoch and return its mean loss over processes."""
    model.train()
    losses: list[Tensor] = []
    # A run that is resumed draws the same again; each process has clips of its own.
    rng = np.random.default_rng([settings.seed, progress.epoch, accelerator.process_index])
    bar = tqdm(
        _loader(dataset, batches, settings.workers),
        desc=f"epoch {progress.epoch + 1}",
        total=len(batches),
        unit="batch",
        leave=False,
        disable=not accelerator.is_local_main_process,
    )
    for place, batch in enumerate(bar, start=1):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * factor(progress.batches)
        # The last batch always ends a step, so that no gradient is left over for the next epoch or a resumed run.
        steps = place % settings.accumulation == 0 or place == len(batches)
        with nullcontext() if steps else accelerator.no_sync(model):
            inputs = masked(batch, settings.mask, rng) if settings.mask else batch
            with torch.autocast(accelerator.device.type, torch.bfloat16) if bf16 else nullcontext():
                outputs = model(**_inputs(inputs, accelerator))
            labels = batch["labels"].to(accelerator.device)
            value = loss(_trained_logits(outputs).float(), outputs.embedding.float(), labels)
            accelerator.backward(value)
        if steps:
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            if average:
                average.update(accelerator.unwrap_model(model))
        progress.batches += 1
        losses.append(value.detach())
    return float(accelerator.reduce(torch.stack(losses).mean(), "mean"))


def _trained_logits(outputs: ModelOutput) -> Tensor:
    """Return the logits that gradients train: of a model with a branch that is fitted apart, the fusion's alone."""
    logits: Tensor = outputs.get("fusion_logits", outputs.logits)
    return logits


def _generator(seed: int, epoch: int) -> np.random.Generator:
    return np.random.default_rng([seed, epoch])


def _mine(batches: Batches, accelerator: Accelerator) -> Batches:
    """Return this process' batches; all processes get equally many, the odd ones out wait for another epoch."""
    processes = accelerator.num_processes
    whole = max(len(batches) - len(batches) % processes, processes)
    return (batches * processes)[:whole][accelerator.process_index :: processes]


def _loader(dataset: Examples, batches: Sequence[list[int]], workers: int) -> DataLoader[dict[str, Any]]:
    return DataLoader(dataset, batch_sampler=batches, collate_fn=dataset.collate, num_workers=workers)


def _inputs(batch: dict[str, Any], accelerator: Accelerator) -> dict[str, Any]:
    inputs = {name: value for name, value in batch.items() if name not in ("index", "labels")}
    return send_to_device(inputs, accelerator.device)
