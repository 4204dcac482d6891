"""The loop: steps, a line of the log, the state, the encoder; a run that was killed goes on with the same weights."""

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from humpcat.device import default_device
from humpcat.distillation.batches import Draws, held_out_clips
from humpcat.distillation.beginning import ENCODER, begin_with, fit_heads, heard_before, require_there
from humpcat.distillation.card import write_encoder_card
from humpcat.distillation.labelled import pooled_states
from humpcat.distillation.objective import Distance, Scale, distance
from humpcat.distillation.optimizers import Optimizers
from humpcat.distillation.probe import Probe
from humpcat.distillation.settings import AudioSettings, DistillationSettings, StudentSettings
from humpcat.distillation.sources import audio_to_learn
from humpcat.distillation.state import STATE, load_state, save_state
from humpcat.distillation.student import Student, make_student
from humpcat.distillation.teacher import Teacher
from humpcat.features.encoder import SpeechEncoder
from humpcat.files import write_json, write_text
from humpcat.run_folder import enter, remove
from humpcat.writing import writing

LOG, SETTINGS = "log.jsonl", "settings.json"

COMPARISON = ("comparison.json", "comparison.md", "comparison.svg", "comparison.png")

LOGGED = 100
"""Steps between lines of the log, after which the state may be saved too."""

SCALE_BATCHES = 32
"""Steps' worth of crops from which the teacher's scale is taken."""

HELD_OUT_SECONDS = 4.0
"""Seconds above which a clip that is measured on is cut."""

_PLACES = frozenset({"out", "data_dir", "cache", "store", "resume", "compare", "save_minutes"})
"""Settings that do not change what a run learns."""

_FREE = _PLACES | {"teacher", "steps"}
"""Settings that may change where a run goes on: a teacher is known by its weights, and a run may end sooner."""


def distill(settings: DistillationSettings, student: StudentSettings, audio: AudioSettings) -> Path:
    """Train a student, or go on with it.

    Args:
        settings: teacher, steps and rates, where to.
        student: what is built.
        audio: what is heard.

    Returns:
        The folder of the encoder, in half precision, which ``SpeechEncoder.from_pretrained`` loads.

    Raises:
        HumpcatError: a setting, the teacher, the audio or the state to go on from cannot be used.
    """
    if settings.begin_with and not (settings.resume and Path(settings.out, STATE).is_file()):
        require_there(Path(settings.begin_with))
    run = _Run(settings, student, audio)
    run.begin()
    run.go_on()
    return run.out / ENCODER


class _Run:
    """What stays the same from step to step, and how many steps were made."""

    def __init__(self, settings: DistillationSettings, student: StudentSettings, audio: AudioSettings) -> None:
        self.settings, self.audio = settings, audio
        self.out, self.device = Path(settings.out), default_device()
        encoder = make_student(student, max(settings.teacher_layers), settings.seed)
        self.teacher = Teacher(SpeechEncoder.from_pretrained(settings.teacher), settings.teacher_layers, self.device)
        corpora = audio_to_learn(audio, settings.seed)
        self.draws = Draws(
            corpora,
            seconds=settings.seconds,
            batch_seconds=settings.batch_seconds,
            copies=settings.copies,
            seed=settings.seed,
        )
        self.student = Student(encoder, settings.teacher_layers, self.teacher.width, settings.seed).to(self.device)
        # What is not used, such as HuBERT's embedding of masked frames, has no gradient and so no state.
        for name, weight in self.student.named_parameters():
            weight.requires_grad_(weight.requires_grad and not name.endswith("masked_spec_embed"))
        self.optimizers = Optimizers(self.student, settings.weight_decay)
        self.described = asdict(student) | asdict(audio) | asdict(settings)
        content = {name: value for name, value in self.described.items() if name not in _FREE}
        content |= {"teacher": self.teacher.hash, "clips": [corpus.folder.name for corpus in corpora]}
        self.id = blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()
        self.held_out = held_out_clips(corpora, HELD_OUT_SECONDS)
        self.before: tuple[str, ...] = ()
        self.done = 0

    def begin(self) -> None:
        """Enter the folder, and begin anew or go on from the state there."""
        enter(self.out, {STATE, LOG, SETTINGS, ENCODER, *COMPARISON})
        if self.settings.resume and (self.out / STATE).is_file():
            self.scale, self.done = load_state(self.out, self.student, self.optimizers, self.id)
            self.before = heard_before(self.out)
            self._cut_log()
        else:
            for name in (STATE, LOG, ENCODER, *COMPARISON):
                remove(self.out, name)
            batches = [self.draws(number, "scale") for number in range(SCALE_BATCHES)]
            self.scale = Scale.of(self.teacher(batch.teacher) for batch in batches)
            self.before = heard_before(Path(self.settings.begin_with)) if self.settings.begin_with else ()
            if self.settings.begin_with and not begin_with(Path(self.settings.begin_with), self.student):
                fit_heads(self.student, self.teacher, self.scale, batches)
        kept = {name: value for name, value in self.described.items() if name not in _PLACES}
        write_json(self.out / SETTINGS, kept)
        self.probe = self._probe()
        states, mask = self.teacher(self.held_out)
        self.target, self.target_mask = self.scale.standardise(states), mask

    def _probe(self) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None:
        """Return what says how far the student is from the teacher where emotions are told; None if nobody asked."""
        names = self.settings.probe_corpus
        if not names:
            return None
        encoder = SpeechEncoder.from_pretrained(self.settings.teacher)
        corpora = pooled_states(encoder, self.settings.teacher_layers, names, self.audio, self.settings.store)
        return Probe.of(list(corpora.values()), self.scale).distance

    def go_on(self) -> None:
        """Make the steps that are left."""
        settings, saved, began, since = self.settings, time.monotonic(), time.monotonic(), self.done
        seen: list[Distance] = []
        bar = tqdm(total=settings.steps, initial=self.done, unit="step", desc="distillation", disable=None)
        with bar:
            while self.done < settings.steps:
                seen.append(self._step())
                self.done += 1
                bar.update()
                last = self.done == settings.steps
                if self.done % LOGGED == 0 or last:
                    line = self._line(seen, (time.monotonic() - began) / (self.done - since))
                    bar.set_postfix_str(f"cosine {line['held_out']['pooled_cosine']:.3f}")
                    seen = []
                    # The line first: what a state is older than is cut off again.
                    with writing(self.out), (self.out / LOG).open("a", encoding="utf-8") as file:
                        file.write(json.dumps(line) + "\n")
                    if last or time.monotonic() - saved > 60 * settings.save_minutes:
                        self._save()
                        saved = time.monotonic()

    def _step(self) -> Distance:
        settings = self.settings
        batch = self.draws(self.done)
        states, mask = self.teacher(batch.teacher)
        target = self.scale.standardise(states).repeat(1, settings.copies, 1, 1)
        found = self._distance(batch.student, target, mask.repeat(settings.copies, 1), batch.place)
        loss = found.frames + settings.pooled_weight * found.pooled + settings.probe_weight * found.probe
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizers.step(settings.learning_rate * rate(self.done, settings.warm_up, settings.steps))
        return Distance(*(getattr(found, each.name).detach() for each in fields(Distance)))

    def _distance(
        self, clips: list[torch.Tensor], target: torch.Tensor, mask: torch.Tensor, place: float = 0.0
    ) -> Distance:
        half = self.teacher.dtype
        with torch.autocast(self.device.type, half, enabled=half != torch.float32):
            predicted, _ = self.student([clip.to(self.device) for clip in clips], place)
        return distance(predicted, target, mask, self.scale, self.probe)

    def _line(self, seen: list[Distance], seconds: float) -> dict[str, Any]:
        """Return a line of the log: means of what was seen since the last, and what is held out."""
        with torch.no_grad():
            held_out = self._distance(self.held_out, self.target, self.target_mask)
        learnt = {each.name: _mean([getattr(one, each.name) for one in seen]) for each in fields(Distance)}
        measured = {each.name: round(float(getattr(held_out, each.name)), 5) for each in fields(Distance)}
        settings = self.settings
        loss = learnt["frames"] + settings.pooled_weight * learnt["pooled"] + settings.probe_weight * learnt["probe"]
        return {
            "step": self.done,
            "loss": round(loss, 5),
            **learnt,
            "held_out": measured,
            "learning_rate": settings.learning_rate * rate(self.done - 1, settings.warm_up, settings.steps),
            "seconds_a_step": round(seconds, 3),
        }

    def _save(self) -> None:
        save_encoder(self.student.encoder, self.out / ENCODER)
        settings = self.settings
        probed = settings.probe_corpus or ()
        write_encoder_card(self.out / ENCODER, settings.teacher, self.teacher.hash, self.audio, probed, self.before)
        save_state(self.out, self.student, self.optimizers, self.scale, self.done, self.id)

    def _cut_log(self) -> None:
        """Leave out the lines of steps that are made again."""
        path = self.out / LOG
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        kept = [line for line in lines if _step_of(line) <= self.done]
        write_text(path, "".join(line + "\n" for line in kept))


def save_encoder(encoder: SpeechEncoder, folder: Path) -> None:
    """Save an encoder in half precision.

    Args:
        encoder: the encoder, which is left as it is.
        folder: where to.
    """
    # The model by itself: the encoder would keep its costly parts in single precision.
    model = copy.deepcopy(encoder.model).half().cpu()
    SpeechEncoder(model, normalize=encoder.normalize).save_pretrained(folder)


def rate(done: int, warm_up: int, steps: int) -> float:
    """Return the factor of the learning rate: a linear rise, then half a cosine down to zero.

    Args:
        done: steps that were made.
        warm_up: steps of the rise.
        steps: steps in all.

    Example:
        >>> [round(rate(done, 10, 110), 2) for done in (0, 9, 10, 60, 109)]
        [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    if done < warm_up:
        return (done + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (done - warm_up) / (steps - warm_up)))


def _mean(values: list[torch.Tensor]) -> float:
    return round(float(torch.stack(values).mean()), 5)


def _step_of(line: str) -> float:
    try:
        content: Mapping[str, Any] = json.loads(line)
        return float(content["step"])
    # A line that was cut off when the run was killed.
    except (ValueError, KeyError, TypeError):
        return math.inf
