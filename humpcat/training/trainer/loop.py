"""The Accelerate loop: epochs, early stopping, best and last checkpoint, exact resume; and predictions."""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object, send_to_device
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from humpcat.models.humpcat.cropping import cropped
from humpcat.models.humpcat.masking import masked
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification, HumpCatOutput
from humpcat.models.humpcat.tuning import Trainable
from humpcat.models.losses import Loss
from humpcat.training.data.batches import Batches
from humpcat.training.data.examples import Examples
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer.schedule import cosine_with_warmup
from humpcat.training.trainer.sealed import run_id
from humpcat.training.trainer.state import Checkpoints, Progress, registered
from humpcat.training.trainer.weights import WeightAverage

EVALUATION_BATCH = 64


@dataclass
class _Prepared:
    """What the accelerator made ready for the epochs of one run."""

    model: torch.nn.Module
    optimizer: Any
    scheduler: Any
    average: WeightAverage | None
    dataset: Examples
    loss: Loss


@dataclass(frozen=True)
class Trainer:
    """Trains a model by gradients, or the top of an encoder.

    Attributes:
        settings: how.
        accelerator: device, precision, processes.
        checkpoints: where states are saved, and whether to go on from them.
        name: what the run's tags begin with in TensorBoard.
        optimizer: class of the optimizer, such as AdamW, whose weight decay is decoupled, or Adam, whose decay is a
            penalty on the squares of the weights.
        schedule: factor of the learning rate after so many steps of so many.
        bf16: whether to train in bfloat16, whatever the accelerator's precision; validation is not touched by it.
        crop: most steps of a clip that a batch holds, for models that read streams; None for whole clips.
    """

    settings: OptimizationSettings
    accelerator: Accelerator
    checkpoints: Checkpoints
    name: str = ""
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW
    schedule: Callable[[int, int], float] = cosine_with_warmup
    bf16: bool = False
    crop: int | None = None

    def fit(
        self,
        model: Trainable,
        dataset: Examples,
        plan: Callable[[np.random.Generator], Batches],
        loss: Loss,
        score: Callable[[Trainable], float] | None = None,
    ) -> Progress:
        """Train a model in place.

        At the end it holds the best weights, or the last where nothing validates. Nothing happens to a model that
        has no weight to train. With ``settings.averaging``, what is validated and kept is the moving average of the
        weights. A run that was killed and is resumed repeats the unfinished epoch and ends with the same weights as
        an unbroken one.

        Args:
            model: the model, changed in place.
            dataset: training clips; no other clip can be reached from here.
            plan: turns an epoch's generator into its batches of example indices.
            loss: what is minimised.
            score: rates the model on validation clips, higher is better; called on all processes.

        Returns:
            What happened.

        Raises:
            CheckpointError: the state to go on from is damaged, not whole, or of another run.
        """
        settings, accelerator, progress = self.settings, self.accelerator, Progress()
        model.freeze_fitted()
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if not trained:
            return progress
        steps = math.ceil(len(self._batches(plan, 0)) / settings.accumulation)
        # The accelerator steps a schedule once for every process.
        total = settings.epochs * steps * accelerator.num_processes
        optimizer = self.optimizer(trained, lr=settings.learning_rate, weight_decay=settings.weight_decay)
        scheduler = LambdaLR(optimizer, partial(_factor, self.schedule, total))
        prepared, optimizer, scheduler = accelerator.prepare(model, optimizer, scheduler)
        average = WeightAverage(model, settings.averaging) if settings.averaging else None
        judged = average.model if average else model
        parts = _Prepared(prepared, optimizer, scheduler, average, dataset, loss.to(accelerator.device))
        checkpoints = replace(self.checkpoints, run=self._run(model, dataset))
        with registered(progress, average, accelerator):
            if checkpoints.load_state(accelerator):
                if score is not None and progress.best_epoch:
                    checkpoints.require_best()
                accelerator.print(f"resumed after epoch {progress.epoch} of {settings.epochs}.")
            while progress.epoch < settings.epochs and progress.epoch - progress.best_epoch < settings.patience:
                record = {"loss": self._epoch(parts, self._batches(plan, progress.epoch), progress.epoch)}
                progress.epoch += 1
                if score is not None:
                    record["score"] = score(judged)
                # Of equal scores the later one: few validation clips tie often, and the rate has come further down.
                if score is None or record["score"] >= progress.best:
                    progress.best, progress.best_epoch = record.get("score", -math.inf), progress.epoch
                    if score is not None:
                        checkpoints.save_best(judged, accelerator)
                progress.history.append({"epoch": progress.epoch} | record)
                accelerator.log({self.name + tag: value for tag, value in record.items()}, step=progress.epoch)
                if checkpoints.save_last:
                    checkpoints.save_state(accelerator)
        if score is not None:
            checkpoints.load_best(model)
        elif average:
            model.load_state_dict(average.model.state_dict())
        accelerator.free_memory()
        return progress

    def _run(self, model: Trainable, dataset: Examples) -> str:
        """Return what tells this run from another whose states might lie in its place."""
        weights = {name: list(value.shape) for name, value in model.own_weights(model.state_dict()).items()}
        clips = {"ids": list(dataset.ids), "labels": [int(label) for label in dataset.labels]}
        return run_id({"seed": self.settings.seed, "weights": weights} | clips)

    def _epoch(self, parts: _Prepared, batches: Batches, epoch: int) -> float:
        """Run one epoch and return its mean loss over processes."""
        settings, accelerator, model = self.settings, self.accelerator, parts.model
        bare = accelerator.unwrap_model(model)
        model.train()
        losses: list[Tensor] = []
        # A run that is resumed draws the same again; each process has clips of its own.
        rng = np.random.default_rng([settings.seed, epoch, accelerator.process_index])
        bar = tqdm(
            _loader(parts.dataset, batches, settings.workers),
            desc=f"epoch {epoch + 1}",
            total=len(batches),
            unit="batch",
            leave=False,
            disable=not accelerator.is_local_main_process,
        )
        for place, (batch, weight) in enumerate(zip(bar, self._weights(parts, batches), strict=True), start=1):
            # The last batch always ends a step, so that no gradient is left over for the next epoch or a resumed run.
            steps = place % settings.accumulation == 0 or place == len(batches)
            with nullcontext() if steps else accelerator.no_sync(model):
                inputs = cropped(batch, self.crop, rng) if self.crop else batch
                inputs = masked(inputs, settings.mask, rng) if settings.mask else inputs
                with torch.autocast(accelerator.device.type, torch.bfloat16) if self.bf16 else nullcontext():
                    outputs = model(**_inputs(inputs, accelerator))
                labels = batch["labels"].to(accelerator.device)
                value = parts.loss(bare.training_logits(outputs).float(), outputs.embedding.float(), labels)
                accelerator.backward(weight * value)
            if steps:
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
                parts.optimizer.step()
                parts.scheduler.step()
                parts.optimizer.zero_grad()
                if parts.average:
                    parts.average.update(bare)
            losses.append(value.detach())
        return float(accelerator.reduce(torch.stack(losses).mean(), "mean"))

    def _weights(self, parts: _Prepared, batches: Batches) -> list[float]:
        """Return what to multiply each batch's loss by, so that a step is that of one large batch of the same clips.

        A batch counts by its share of what all that are accumulated for the same step weigh, of which the last group
        of an epoch may have fewer. Accelerate's ``accumulate`` would divide by the number of batches instead.
        """
        if self.settings.accumulation == 1:
            return [1.0] * len(batches)
        labels = torch.tensor(parts.dataset.labels, device=self.accelerator.device)
        weights = torch.stack([parts.loss.batch_weight(labels[batch]).double() for batch in batches])
        return [each for group in weights.split(self.settings.accumulation) for each in (group / group.sum()).tolist()]

    def _batches(self, plan: Callable[[np.random.Generator], Batches], epoch: int) -> Batches:
        """Return this process' batches of an epoch; all get equally many, the odd ones out wait for another epoch."""
        batches = plan(np.random.default_rng([self.settings.seed, epoch]))
        processes = self.accelerator.num_processes
        whole = max(len(batches) - len(batches) % processes, processes)
        return (batches * processes)[:whole][self.accelerator.process_index :: processes]


def _factor(schedule: Callable[[int, int], float], total: int, done: int) -> float:
    return schedule(done, total)


def predict(model: Trainable, dataset: Examples, accelerator: Accelerator) -> dict[str, list[float]]:
    """Return class probabilities of every clip, once each, the same for any number of processes.

    Returns:
        Clip id to one probability a class.
    """
    gathered = _evaluate(model, dataset, accelerator, lambda outputs: outputs.logits.double().softmax(-1))
    return {clip_id: row.tolist() for clip_id, row in sorted(gathered.items())}


def branch_logits(
    model: HumpCatForAudioClassification, dataset: Examples, accelerator: Accelerator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the logits of fusion and summary, each of shape (clips, classes), in the order of the dataset."""
    gathered = _evaluate(model, dataset, accelerator, _both_branches)
    rows = np.stack([gathered[clip_id] for clip_id in dataset.ids])
    return rows[:, 0], rows[:, 1]


def final_logits(model: Trainable, dataset: Examples, accelerator: Accelerator) -> npt.NDArray[np.float64]:
    """Return the logits that the probabilities come from, shape (clips, classes), in the order of the dataset."""
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
    # Not gather_for_metrics: it wants as many batches of every process, and joins by position and not by id.
    return dict(gather_object(found))


def _loader(dataset: Examples, batches: Sequence[list[int]], workers: int) -> DataLoader[dict[str, Any]]:
    return DataLoader(dataset, batch_sampler=batches, collate_fn=dataset.collate, num_workers=workers)


def _inputs(batch: dict[str, Any], accelerator: Accelerator) -> dict[str, Any]:
    inputs = {name: value for name, value in batch.items() if name not in ("index", "labels")}
    return send_to_device(inputs, accelerator.device)
