"""What a student is worth beside its teacher: a linear probe that answers for a corpus that it was not fitted to.

One clip at a time, unlabelled, of a corpus that nothing is known of: the probe and the values it is standardised by
come from the other corpora alone.
"""

import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score

from humpcat.audio import SAMPLING_RATE
from humpcat.corpora import FOUR
from humpcat.distillation.beginning import ENCODER
from humpcat.distillation.drawing import draw_comparison
from humpcat.distillation.labelled import STRENGTH, Labelled, pooled_states
from humpcat.distillation.settings import AudioSettings, DistillationSettings
from humpcat.distillation.training import COMPARISON
from humpcat.errors import SettingsError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.speech import SPEECH_LEVEL
from humpcat.files import write_json, write_text

TIMED_SECONDS, TURNS = 4, 7
"""Length of the clip whose time is taken, and how often."""

_ITERATIONS = 5000


def compare(settings: DistillationSettings, audio: AudioSettings) -> str:
    """Compare the encoder in ``settings.out`` with its teacher; table, figures and drawing are written there too.

    Args:
        settings: teacher, layers, where the student lies and which corpora are left out in turn (``compare``).
        audio: the corpora that the probe is fitted to, but for the one that is left out.

    Returns:
        Tables in Markdown: UAR in per cent, a row a corpus; parameters and processor time, a row an encoder.

    Raises:
        HumpcatError: an encoder or a corpus cannot be used.
    """
    targets = list(dict.fromkeys(settings.compare or ()))
    names = list(dict.fromkeys([*audio.corpus, *targets]))
    for target in targets:
        if not set(audio.corpus) - {target}:
            raise SettingsError(f"--compare {target}: no other corpus is in --corpus to fit a probe to: name more.")
    layers = settings.teacher_layers
    asked = {"teacher": settings.teacher, "student": str(Path(settings.out, ENCODER))}
    # Both first: what is missing is told before hours are spent on the other.
    encoders = {who: SpeechEncoder.from_pretrained(place) for who, place in asked.items()}
    recalls: dict[str, dict[str, dict[str, float]]] = {target: {who: {} for who in encoders} for target in targets}
    costs = {who: cost(encoder, layers) for who, encoder in encoders.items()}
    for who, encoder in encoders.items():
        corpora = pooled_states(encoder, layers, names, audio, settings.store)
        for target in targets:
            sources = {name: corpora[name] for name in audio.corpus if name != target}
            for label, chosen in {**{f"layer {layer}": [layer] for layer in layers}, "all": layers}.items():
                places = [layers.index(layer) for layer in chosen]
                recalls[target][who][label] = uar(
                    {name: _of_layers(one, places) for name, one in sources.items()},
                    _of_layers(corpora[target], places),
                )
    out = Path(settings.out)
    values, page, *_ = (out / name for name in COMPARISON)
    rows = {
        target: {f"{who}, {label}": recall for who, by_layer in of.items() for label, recall in by_layer.items()}
        for target, of in recalls.items()
    }
    text = _table("UAR in % on", "{:.1f}", rows) + "\n" + _table("encoder", "{:g}", costs)
    write_json(values, {"uar": rows, "cost": costs})
    write_text(page, text)
    draw_comparison(recalls, costs, 100 / len(FOUR.classes), out)
    return text


def cost(encoder: SpeechEncoder, layers: Sequence[int]) -> dict[str, float]:
    """Return what an encoder weighs and takes where features are computed.

    Args:
        encoder: the encoder, on a processor.
        layers: which hidden states are read.

    Returns:
        Its parameters in millions, and milliseconds of processor time, of all cores together, for a clip of
        ``TIMED_SECONDS``: the least of ``TURNS``.
    """
    extractor = HiddenStates(encoder, layers)
    generator = np.random.default_rng(0)
    clip = SPEECH_LEVEL * generator.standard_normal(TIMED_SECONDS * SAMPLING_RATE).astype(np.float32)
    # One more at first, in which a copy of the encoder is made.
    extractor.extract([clip])
    taken = []
    for _ in range(TURNS):
        began = time.process_time()
        extractor.extract([clip])
        taken.append(time.process_time() - began)
    parameters = sum(parameter.numel() for parameter in encoder.parameters())
    return {"million parameters": round(parameters / 1e6, 2), f"ms for {TIMED_SECONDS} s": round(1e3 * min(taken), 1)}


def uar(sources: Mapping[str, Labelled], target: Labelled) -> float:
    """Return the unweighted average recall of a probe on a corpus that it was not fitted to, in per cent.

    Corpora weigh by the square roots of their numbers of clips, classes alike within all.

    Args:
        sources: the corpora that it is fitted to.
        target: the corpus that it answers for, each clip by itself.

    Example:
        >>> clips = Labelled(np.array([[[-1.0]], [[-2.0]], [[1.0]], [[2.0]]]), np.array([0, 0, 1, 1]))
        >>> uar({"one": clips}, clips)
        100.0
    """
    values = np.concatenate([one.values.reshape(len(one.values), -1) for one in sources.values()])
    classes = np.concatenate([one.classes for one in sources.values()])
    weights = np.concatenate([np.full(len(one.classes), 1 / math.sqrt(len(one.classes))) for one in sources.values()])
    weights *= len(weights) / weights.sum()
    mean, deviation = values.mean(0), values.std(0) + 1e-9
    probe = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=_ITERATIONS)
    probe.fit((values - mean) / deviation, classes, sample_weight=weights)
    answers = probe.predict((target.values.reshape(len(target.values), -1) - mean) / deviation)
    return round(100 * float(recall_score(target.classes, answers, average="macro")), 1)


def _of_layers(clips: Labelled, places: Sequence[int]) -> Labelled:
    return Labelled(clips.values[:, list(places)], clips.classes)


def _table(what: str, form: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    columns = list(next(iter(rows.values())))
    lines = [[what, *columns], ["---"] * (len(columns) + 1)]
    lines += [[name, *(form.format(row[column]) for column in columns)] for name, row in rows.items()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
