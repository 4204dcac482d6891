"""A small world: two tiny corpora of synthetic vowels in their owners' layouts, an encoder, a source model."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from filelock import FileLock

from humpcat.evaluation.table import Summary
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.training.data.batches import balanced_mix
from humpcat.training.settings import (
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
    TargetSettings,
)
from humpcat.training.source import train_source
from humpcat.training.target import finetune_target
from humpcat.training.trainer.accelerator import make_accelerator

RATE = 16_000

# Formants in Hz of the vowels that a clip passes through (Peterson and Barney, 1952), their weights and half widths: a
# network that finds speech takes harmonics for speech by these.
_FORMANTS = np.array([(730, 1090, 2440), (270, 2290, 3010), (530, 1840, 2480), (300, 870, 2240), (730, 1090, 2440)])
_WEIGHTS, _WIDTHS = (1.0, 0.6, 0.3), (80.0, 100.0, 140.0)
_HIGHEST = 4000

# Pitch in Hz, loudness, fall of the harmonics, seconds.
_VOICES = {
    "anger": (230, 0.35, 0.9, 0.40),
    "happiness": (280, 0.25, 1.2, 0.45),
    "neutral": (160, 0.12, 1.6, 0.50),
    "sadness": (120, 0.05, 2.2, 0.65),
}
_IEMOCAP = {"ang": "anger", "hap": "happiness", "exc": "happiness", "neu": "neutral", "sad": "sadness"}
_EMODB = {"W": "anger", "F": "happiness", "N": "neutral", "T": "sadness"}


@dataclass(frozen=True)
class World:
    """Folders that the tests of training and inference share; nobody changes them.

    Attributes:
        data: IEMOCAP (45 clips, 5 of them of no class) and EmoDB (40 clips), of five speakers each.
        encoder: the toy encoder.
        store: the feature store.
        source: a model that ``train_source`` wrote.
        target: what ``finetune_target --draws 2`` wrote.
    """

    data: Path
    encoder: Path
    store: Path
    source: Path
    target: Path


def prepare_environment(folder: Path) -> None:
    """Keep to the CPU, to one thread and to this folder."""
    os.environ["ACCELERATE_USE_CPU"] = "true"
    os.environ["HUMPCAT_CACHE"] = str(folder / "cache")
    os.environ.pop("HUMPCAT_DATA", None)
    # A source model names the encoder beside it from its own folder; copies elsewhere find it by its hash.
    os.environ["HUMPCAT_ENCODERS"] = str(folder)
    torch.set_num_threads(1)


def make_world(factory: pytest.TempPathFactory) -> World:
    """Return the world, which the first of pytest's processes makes for all."""
    base = factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "world"
    prepare_environment(folder)
    world = World(folder / "data", folder / "encoder", folder / "store", folder / "source", folder / "target")
    with FileLock(str(folder) + ".lock"):
        if not (folder / "made").is_file():
            write_corpora(world.data)
            make_toy_encoder(world.encoder)
            train(world, world.source)
            finetune(world, world.target, draws=2)
            (folder / "made").touch()
    return world


def write_corpora(folder: Path) -> None:
    """Write both corpora."""
    for session in range(1, 6):
        dialog = f"Ses0{session}F_impro01"
        lines = []
        for number, label in enumerate(("ang", "ang", "hap", "exc", "neu", "neu", "sad", "sad", "fru")):
            name = f"{dialog}_F{number:03d}"
            clip = vowel(_IEMOCAP.get(label, "anger"), speaker=session, take=number)
            write(folder / f"IEMOCAP/Session{session}/sentences/wav/{dialog}/{name}.wav", clip)
            lines.append(f"[{number}.0000 - {number}.9000]\t{name}\t{label}\t[2.5000, 2.5000, 2.5000]\n")
        labels = folder / f"IEMOCAP/Session{session}/dialog/EmoEvaluation/{dialog}.txt"
        labels.parent.mkdir(parents=True)
        labels.write_text("\n".join(lines))
    for number, name in enumerate(("03", "08", "09", "10", "11")):
        for label, emotion in _EMODB.items():
            for take in (1, 2):
                clip = vowel(emotion, speaker=10 + number, take=take)
                write(folder / f"EmoDB/wav/{name}a0{take}{label}a.wav", clip)


def vowel(emotion: str, *, speaker: int, take: int, rate: int = RATE) -> np.ndarray:
    """Return vowels said in an emotion, which are found to be speech; the same for the same arguments."""
    pitch, loudness, fall, seconds = _VOICES[emotion]
    rng = np.random.default_rng([speaker, take, len(emotion)])
    pitch *= (0.8 + 0.1 * (speaker % 5)) * rng.uniform(0.95, 1.05)
    time = np.arange(int(rate * seconds * rng.uniform(0.8, 1.3))) / rate
    phase = 2 * np.pi * pitch * (time + 0.02 * np.sin(5 * time))
    places = np.linspace(0, time[-1], len(_FORMANTS))
    formants = [np.interp(time, places, course) for course in _FORMANTS.T]
    voice = np.zeros_like(time)
    for k in range(1, int(_HIGHEST / pitch)):
        peaks = zip(formants, _WEIGHTS, _WIDTHS, strict=True)
        passed = sum(weight / (1 + ((k * pitch - formant) / width) ** 2) for formant, weight, width in peaks)
        voice += np.sin(k * phase) * (passed + 0.01) / k ** (fall / 2)
    envelope = np.minimum(1, 20 * np.minimum(time, time[::-1]))
    return (loudness * envelope * voice / np.abs(voice).max() + 0.001 * rng.normal(size=len(time))).astype(np.float32)


def write(path: Path, clip: np.ndarray, rate: int = RATE) -> Path:
    """Write a wav file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, clip, rate, subtype="FLOAT" if not np.isfinite(clip).all() else None)
    return path


def data_settings(world: World, **changes: Any) -> DataSettings:
    """Return settings that point to the world."""
    return DataSettings(**({"data_dir": str(world.data), "store": str(world.store)} | changes))


def train(
    world: World,
    out: Path,
    *,
    data: DataSettings | None = None,
    network: dict[str, Any] | None = None,
    source: dict[str, Any] | None = None,
    **optimization: Any,
) -> Summary:
    """Train a source model in a second or two."""
    settings = OptimizationSettings(**({"epochs": 2, "batch_size": 8} | optimization))
    return train_source(
        SourceSettings(out=str(out), **(source or {})),
        data or data_settings(world),
        NetworkSettings(encoder=str(world.encoder), **(network or {})),
        settings,
        make_accelerator(settings, str(out)),
    )


def finetune(
    world: World,
    out: Path,
    *,
    data: DataSettings | None = None,
    optimization: dict[str, Any] | None = None,
    **target: Any,
) -> Summary:
    """Fine-tune in a second or two."""
    changed = optimization or {}
    hears = target.get("normalization", "corpus") != "source" and target.get("self_training", True)
    scope = changed.get("scope", "distilled" if hears else "summary")
    by_gradients = scope not in ("summary", "distilled") or "align" in changed
    stepping = scope != "summary" or by_gradients
    settings = AdaptationSettings(**(({"epochs": 1, "batch_size": 8} if stepping else {}) | changed))
    drawn = {} if "splits" in target else {"share": 0.4, "draws": 1}
    plain = {"lang": "de", "source": str(world.source), **drawn}
    steps = ({"steps_per_epoch": 2} if stepping else {}) | ({"source_per_batch": 4} if by_gradients else {})
    with nullcontext() if stepping else few_steps():
        return finetune_target(
            TargetSettings(out=str(out), **(plain | steps | target)),
            data or data_settings(world),
            settings,
            make_accelerator(settings, str(out)),
        )


@contextmanager
def few_steps() -> Iterator[None]:
    """Let target-only and distillation take one step an epoch, whatever the settings say."""

    def short(*arguments: Any, **settings: Any) -> Any:
        return balanced_mix(*arguments, **(settings | {"batches": 1}))

    with pytest.MonkeyPatch.context() as patch:
        for place in ("target_models", "fusion_student"):
            patch.setattr(f"humpcat.training.{place}.balanced_mix", short)
        yield


def copied(folder: Path, to: Path, change: Callable[[Path], None] = lambda _: None) -> Path:
    """Return a changed copy of a folder."""
    shutil.copytree(folder, to)
    change(to)
    return to
