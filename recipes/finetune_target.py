#!/usr/bin/env python
"""Fine-tune a source model to a target corpus with a small part of it, and test on the rest.

    python recipes/finetune_target.py --lang de --data-dir DATA --source runs/source
    python recipes/finetune_target.py --corpus ravdess --data-dir DATA --source runs/source --draws 10
    python recipes/finetune_target.py --corpus my_clips --lang pl --source runs/source
    accelerate launch recipes/finetune_target.py --lang es ...

By default 20 % of the speakers adapt and the others test, in five draws. What adapts is the linear branch; the fusion
stays as it is unless --scope says otherwise. Each draw's model lies in OUT/draw-N.
The last lines printed are the result table; results.json in OUT holds the same figures.
"""

from humpcat.arguments import parse
from humpcat.cli import reporting_errors
from humpcat.training.data.corpus import target_of
from humpcat.training.drawing import in_draw
from humpcat.training.idle import TARGET_RULES
from humpcat.training.settings import AdaptationSettings, TargetDataSettings, TargetSettings
from humpcat.training.target import begin, finished, gather, record, save
from humpcat.training.target_models import answers, fine_tune, started, target_only
from humpcat.training.task_preparation import prepare
from humpcat.training.trainer.accelerator import make_accelerator


@reporting_errors
def main() -> None:
    target, data, optimization = parse([TargetSettings, TargetDataSettings, AdaptationSettings], __doc__)
    target.out = target.out or f"runs/{target_of(target, data).name}"
    accelerator = make_accelerator(optimization, target.out)

    # Data: all that can be known before work begins is checked; then the target's features are computed and stored,
    # and those of the source's clips where they are used.
    task = prepare(target, data, optimization, accelerator, TARGET_RULES)
    begin(task)

    for draw in range(task.draws):
        # Split: who adapts, validates and tests; nobody who tests was seen before, by the source model neither.
        # By --situation not all of the target's clips come, or not as they are: here are those that do.
        here, split = in_draw(task, draw)
        folder = task.folder(draw)
        if finished(here, split, draw):
            continue

        # Model: the source's, which may train itself on the target's clips without labels. So far it is zero-shot.
        model = started(here, split, folder)
        tested = [answers(here, model, split, draw, "zero-shot")]
        if target.baseline:
            tested.append(target_only(here, split, draw, folder))

        # Fit: the linear branch in closed form, from what is remembered of the source; by --scope the fusion too.
        fine_tune(here, model, split, folder)
        save(here, model, split, draw)

        # Test: probabilities of the clips that did not adapt.
        tested.append(answers(here, model, split, draw, "fine-tuned", model.standardizer.held()))
        record(here, tested, split, draw)

    # All draws together: predictions, and the table of what they are worth.
    summary = gather(task)
    accelerator.print(summary.markdown())
    accelerator.end_training()


if __name__ == "__main__":
    main()
