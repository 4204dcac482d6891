"""Fine-tune a source model to a target corpus, step by step: draws of who adapts, each tested on the others."""

import shutil
from collections.abc import Sequence

from accelerate import Accelerator

from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.keywords import named_keywords
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import SentenceOverlap, Split, sentence_overlap
from humpcat.run_folder import remove, written
from humpcat.training.checkpoint import CHECKPOINTS, SPLIT, claim, require_same_split, save_model, save_results
from humpcat.training.drawing import in_draw
from humpcat.training.idle import TARGET_RULES
from humpcat.training.settings import AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.target_models import answers, fine_tune, started, target_only
from humpcat.training.task import DRAW, Task, files_of
from humpcat.training.task_preparation import prepare


@named_keywords
def finetune_target(
    settings: TargetSettings, data: DataSettings, optimization: AdaptationSettings, accelerator: Accelerator
) -> Summary:
    """Adapt a source model to a target in several draws and test each on the clips that did not adapt.

    Each draw's model lies in ``OUT/draw-N``; predictions, scores and the table of all draws in ``OUT``. The steps are
    those of ``recipes/finetune_target.py``.

    Returns:
        The result table: chance, zero-shot, target-only and fine-tuned.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        SettingsError: a setting was changed that the scope or the protocol does not use.
        LeakageError: test material was seen by the source model or stands in the adaptation clips too.
    """
    task = prepare(settings, data, optimization, accelerator, TARGET_RULES)
    begin(task)
    for draw in range(task.draws):
        here, split = in_draw(task, draw)
        folder = task.folder(draw)
        if finished(here, split, draw):
            continue
        model = started(here, split, folder)
        tested = [answers(here, model, split, draw, "zero-shot")]
        if settings.baseline:
            tested.append(target_only(here, split, draw, folder))
        fine_tune(here, model, split, folder)
        tested.append(answers(here, model, split, draw, "fine-tuned", model.standardizer.held()))
        save(here, model, split, draw)
        record(here, tested, split, draw)
    return gather(task)


def begin(task: Task) -> None:
    """Claim the run's folder; without ``resume`` the draws of a run before are removed.

    Raises:
        SettingsError: a resumed run was begun with other settings.
    """
    resume = task.settings.resume
    claim(task.out, task.written, task.accelerator, resume=resume, names=files_of(task.settings))
    if task.accelerator.is_main_process and not resume:
        for old in written(task.out):
            if old.startswith(DRAW):
                remove(task.out, old)
    task.accelerator.wait_for_everyone()


def finished(task: Task, split: Split, draw: int) -> bool:
    """Return whether a draw lies finished in its folder; what is to be known of one that does not is printed.

    Raises:
        SettingsError: it was made on another split.
    """
    folder = task.folder(draw)
    if (folder / PREDICTIONS).is_file():
        require_same_split(split, folder)
        return True
    task.accelerator.print(f"draw {draw + 1} of {task.draws}: {len(split.adapt)} clips adapt.")
    for note in (*split.notes, _overlap(task, split).sentence()):
        task.accelerator.print(f"note: {note}")
    return False


def save(task: Task, model: HumpCatForAudioClassification, split: Split, draw: int) -> None:
    """Write the model of a draw, the settings, and what it has seen, its source included."""
    if task.accelerator.is_main_process:
        folder, seen = task.folder(draw), task.origin.seen().merge(task.seen(split))
        save_model(model, folder, task.written, seen, split, with_encoder=task.settings.with_encoder)
        shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def record(task: Task, tested: Sequence[Predictions], split: Split, draw: int) -> None:
    """Write the predictions and results of a draw, which then is finished."""
    learnt = {draw: _learnt_classes(task, split)}
    save_results(Predictions.concat(tested), learnt, task.folder(draw), task.accelerator)


def gather(task: Task) -> Summary:
    """Write predictions and results of all draws together, and return the result table."""
    folders = [task.folder(draw) for draw in range(task.draws)]
    made = Predictions.concat([Predictions.read(folder / PREDICTIONS) for folder in folders])
    splits = [Split.load(folder / SPLIT) for folder in folders]
    learnt = {draw: _learnt_classes(task, split) for draw, split in enumerate(splits)}
    notes = [*task.notes, said_before([_overlap(task, split) for split in splits])]
    return save_results(made, learnt, task.out, task.accelerator, notes=notes)


def said_before(overlaps: Sequence[SentenceOverlap]) -> str:
    """Say for all draws how many test clips say a sentence that adaptation said."""
    shares = [overlap.share for overlap in overlaps if overlap.share is not None]
    if not shares:
        return overlaps[0].sentence()
    low, high = round(100 * min(shares)), round(100 * max(shares))
    return f"{low if low == high else f'{low} to {high}'} % of the test clips say a sentence that adaptation said too."


def _overlap(task: Task, split: Split) -> SentenceOverlap:
    return sentence_overlap(list(task.prepared.rows.values()), split)


def _learnt_classes(task: Task, split: Split) -> list[str]:
    return [task.prepared.classes[clip_id] for clip_id in (*split.adapt, *split.valid)]
