"""Check how far a model's answers hold when a recording is not as the clips are that it was trained on."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from humpcat import audio
from humpcat.arguments import chosen
from humpcat.device import default_device
from humpcat.distortions import DISTORTIONS, Distortion
from humpcat.errors import AudioError, SettingsError
from humpcat.inference.pipeline import HumpCatPipeline, pipeline
from humpcat.keywords import named_further
from humpcat.models.card import CARD, LEDGER
from humpcat.models.robustness_section import renew_section
from humpcat.protocols import Guarantee, Ledger, check_unseen, heard_before
from humpcat.robustness.answer_table import answer_table
from humpcat.robustness.answering import CLEAN, Heard, heard
from humpcat.robustness.clips import (
    CheckedClip,
    ClipSettings,
    audio_in,
    audio_named,
    labelled_clips,
    model_space,
)
from humpcat.robustness.figures import figures_of
from humpcat.robustness.result import FILES, RobustnessReport
from humpcat.robustness.row import Row
from humpcat.robustness.sample import balanced
from humpcat.run_folder import enter, refuse_foreign
from humpcat.training.idle import OWN_RULES, Idle, require_effect

CLIPS = 60
"""Clips of a check by default: some minutes on two cores."""

UNKNOWN_GUARANTEE = "what the model was trained on is not known"

_HOW_READ = tuple(field.name for field in fields(ClipSettings) if field.name not in ("data", "unlabelled"))

_RULES = (
    Idle(_HOW_READ, "with --unlabelled, which reads any audio below a folder", lambda settings: settings.unlabelled),
    *OWN_RULES,
)


@named_further(lambda: [field.name for field in fields(ClipSettings)])
def check_model(
    model: str | Path,
    clips: str | Path | Sequence[str | Path],
    *,
    distortions: Iterable[str] | None = None,
    most: int = CLIPS,
    seed: int = 0,
    out: str | Path | None = None,
    encoder: str | Path | None = None,
    device: str | torch.device | None = None,
    **further: Any,
) -> RobustnessReport:
    """Answer clips as they are and under every distortion, and say what has changed.

    Works for every model that :func:`humpcat.pipeline` answers for. A clip that fails under a distortion is counted.

    Args:
        model: folder or hub name of a model, or the name of one that comes with humpcat, "mini" or
            "cremad-whisper-base".
        clips: a registered corpus by its name, or a folder, table or data set of your own labelled clips; with
            ``unlabelled=True`` a folder of audio; or a list of audio files, which have no labels.
        distortions: names of :data:`humpcat.distortions.DISTORTIONS`; all of them by default.
        most: clips of the sample, which is balanced over classes and speakers.
        seed: of the sample and of what the distortions draw at random.
        out: folder for robustness.json, .md, .svg, .png and .parquet, from which every figure can be computed again;
            nothing is written by default. Where it is the model's own folder, its card is renewed, too.
        encoder: where the model's encoder lies, if it has moved.
        device: where to compute; a GPU if there is one.
        **further: how clips are read, fields of :class:`humpcat.robustness.clips.ClipSettings`, such as
            ``data_dir="corpora"`` or ``labels=["froh=happiness"]``.

    Raises:
        CheckpointError: the model is missing or damaged.
        EncoderError: its encoder is missing or another one.
        CorpusError: the clips are not there, or none has a class of the model's.
        AudioError: more than half of the clips cannot be answered as they are.
        SettingsError: a setting or a distortion is unknown or out of range, or ``out`` cannot be written to.

    Example:
        >>> check_model("mini", "emodb", distortions=["telefone"])
        Traceback (most recent call last):
        humpcat.errors.SettingsError: distortion 'telefone' is unknown: choose one of ... Did you mean 'telephone'?
    """
    wanted = _wanted(distortions)
    _require_numbers(most, seed)
    if out is not None:
        refuse_foreign(out, FILES)
    named = isinstance(clips, str | Path)
    given = {**further, "data": str(clips)} if named else {**further, "data": "", "unlabelled": True}
    (settings,) = chosen([ClipSettings], given, "check_model")
    require_effect(_RULES, settings)
    # Before the model, which takes longer to load.
    found = _unlabelled(clips) if settings.unlabelled else None
    classifier = pipeline(model, encoder=encoder, device=_usable_device(device))
    classes = list(classifier.model.config.label2id)
    if found is None:
        space = model_space(classifier.model.folder, classes)
        settings.label_space = space.name
        found = labelled_clips(settings, space)
    if out is not None:
        enter(out, FILES)
    sample = balanced(found, most, seed)
    data = str(clips) if named else f"{len(found)} files"
    report = _report(classifier, str(model), data, sample, wanted, seed, classes)
    if out is not None:
        report.save(out)
        folder = classifier.model.folder
        if folder is not None and folder.resolve() == Path(out).resolve():
            renew_section(folder, CARD)
    return report


def _report(
    classifier: HumpCatPipeline,
    model: str,
    data: str,
    sample: Sequence[CheckedClip],
    distortions: Sequence[Distortion],
    seed: int,
    classes: Sequence[str],
) -> RobustnessReport:
    total = len(sample) * (1 + len(distortions))
    with tqdm(total=total, desc="answering", unit="clip", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        answers = list(heard(classifier, sample, distortions, seed, bar.update))
    lost = [one for one in answers if one.system == CLEAN and one.failure is not None]
    if 2 * len(lost) > len(sample):
        raise AudioError(
            f"{len(lost)} of {len(sample)} clips cannot be answered as they are, at most half may be: mend them or "
            f"name others; the first: {_sentence(lost[0])}"
        )
    usable = [one.clip for one in answers if one.system == CLEAN and one.failure is None]
    fingerprints = {clip.id: audio.fingerprint(clip.path) for clip in usable}
    hashed, guarantee = classifier.model.weights_hash(), _guarantee(classifier.model.folder, usable, fingerprints)
    table = answer_table(
        answers, classes, seed=seed, model_hash=hashed, guarantee=guarantee, fingerprints=fingerprints
    )
    by_name = {distortion.name: distortion for distortion in distortions}
    failures: dict[str, list[str]] = {name: [] for name in (CLEAN, *by_name)}
    for one in answers:
        if one.failure is not None and one.system != CLEAN:
            failures[one.system].append(_sentence(one))
    rows = tuple(
        Row.of(figures, by_name.get(figures.name), failures[figures.name])
        for figures in figures_of(table, list(failures))
    )
    return RobustnessReport(model, hashed, data, guarantee, seed, rows, tuple(map(_sentence, lost)), table)


def _guarantee(folder: Path | None, clips: Sequence[CheckedClip], fingerprints: dict[str, str]) -> str:
    """Return what holds between the clips and what the model has heard; a leak is stamped, not refused."""
    if any(clip.gold is None for clip in clips):
        return "the clips have no labels"
    if folder is None or not (folder / LEDGER).is_file():
        return UNKNOWN_GUARANTEE
    ledger = Ledger.load(folder / LEDGER)
    rows, ids = [clip.row() for clip in clips], [clip.id for clip in clips]
    stamp = check_unseen(ledger, rows, ids, fingerprints, allow_leakage=True)
    known = any(clip.corpus in ledger.corpora for clip in clips)
    disjoint = "speaker-disjoint test" if known else "cross-corpus: no clip of the target is learnt from"
    return str(Guarantee.parse(stamp or disjoint).adding(*heard_before(ledger, rows, ids, fingerprints)))


def _sentence(one: Heard) -> str:
    failure = one.failure or ""
    return failure if one.clip.path in failure else f"{one.clip.id}: {failure}"


def _unlabelled(clips: str | Path | Sequence[str | Path]) -> list[CheckedClip]:
    return audio_in(clips) if isinstance(clips, str | Path) else audio_named(clips)


def _wanted(names: Iterable[str] | None) -> list[Distortion]:
    if names is None:
        return list(DISTORTIONS)
    wanted = [DISTORTIONS[name] for name in dict.fromkeys(names)]
    if not wanted:
        raise SettingsError(f"distortions: none named, expected at least one of {', '.join(DISTORTIONS.names())}.")
    return wanted


def _require_numbers(most: int, seed: int) -> None:
    for name, value, least in (("clips", most, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise SettingsError(f"{name} {value!r}: expected a whole number from {least}.")


def _usable_device(device: str | torch.device | None) -> torch.device:
    if device is None:
        return default_device()
    try:
        return torch.empty(1, device=device).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        said = str(error).split("\n")[0].rstrip(".")
        raise SettingsError(f"device {device!s}: cannot be used here ({said}): choose another, such as cpu.") from None
