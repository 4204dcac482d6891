#!/usr/bin/env python
"""Train a small speech encoder that predicts layers of a large one, on audio without labels; docs/mini.md says more.

    python recipes/train_mini.py --teacher WHISPER --data-dir DATA --synthetic-hours 4 --out runs/mini
    python recipes/train_mini.py --teacher WHISPER --data-dir DATA --synthetic-hours 4 --out runs/mini --resume True
    python recipes/train_mini.py --teacher WHISPER --data-dir DATA --out runs/mini --compare emodb mesd

WHISPER is a folder or hub name of whisper-base. OUT/encoder is the encoder, which any --encoder takes; OUT/log.jsonl
has a line every 100 steps. A run that was killed goes on with --resume True and ends with the same weights. The third
command writes OUT/comparison.md: student beside teacher, by a linear probe on corpora that it was not fitted to.
"""

from humpcat.arguments import parse
from humpcat.cli import reporting_errors
from humpcat.distillation.comparing import compare
from humpcat.distillation.settings import AudioSettings, DistillationSettings, StudentSettings
from humpcat.distillation.training import distill


@reporting_errors
def main() -> None:
    settings, student, audio = parse([DistillationSettings, StudentSettings, AudioSettings], __doc__)
    print(compare(settings, audio) if settings.compare else distill(settings, student, audio))


if __name__ == "__main__":
    main()
