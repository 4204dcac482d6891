"""How far the features of a clip move when it is distorted, before any model is asked."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tqdm.auto import tqdm

from humpcat import audio
from humpcat.device import default_device
from humpcat.distortions import DISTORTIONS, Distortion, generator_of
from humpcat.errors import AudioError
from humpcat.features.base import Extractor
from humpcat.features.computing import heard
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.registries import STREAMS
from humpcat.models.humpcat.standardization import as_statistics, utterance_values
from humpcat.pretrained import place_of
from humpcat.recording import SAMPLING_RATE, Waveform
from humpcat.robustness.clips import CheckedClip, ClipSettings, labelled_clips, model_space
from humpcat.robustness.pooled_values import groups_of
from humpcat.robustness.sample import balanced
from humpcat.robustness.trying import tried

USUAL = (
    *(
        "silence-0.5s-both",
        "silence-5s-both",
        "noise-5s-both",
        "hiss-5s-both",
        "gain-20dB",
        "gain+10dB",
        "offset-0.05",
    ),
    *("cut-0.3s", "twice", "telephone", "8kHz", "44.1kHz", "mp3-32k", "opus-16k", "white-noise-20dB", "room-0.4s"),
)
"""The distortions of the table by default: none of them changes what is said or how, but for the cut."""

Vectors = dict[str, npt.NDArray[np.float64]]
"""Of one clip the arrays that a summary reads of a stream."""


@dataclass(frozen=True)
class Invariance:
    """How far features have moved.

    Attributes:
        shifts: one row a corpus, stream, array, value and distortion: ``shift``, the median over clips of how far a
            value has moved, in units of its standard deviation over the clips as they are; of a group of values the
            median of theirs; ``clips``, over how many.
        cosines: one row a corpus, stream, array, distortion and clip: ``raw`` and ``standardised``, the cosine of the
            array with that of the clip as it is.
        failures: sentences of clips that have no features under a distortion.
    """

    shifts: pa.Table
    cosines: pa.Table
    failures: tuple[str, ...]


def invariance(
    corpora: Sequence[str],
    *,
    model: str | Path | None = None,
    encoder: str | None = None,
    data_dir: str | None = None,
    distortions: Iterable[str] = USUAL,
    most: int = 40,
    seed: int = 0,
) -> Invariance:
    """Measure every stream that is registered on clips of corpora.

    Args:
        corpora: registered corpora, or one's own labelled data.
        model: folder of a HuMP-CAT model, whose encoder and layers are read; the one that comes with humpcat by
            default.
        encoder: where its encoder lies, if it has moved.
        data_dir: folder that holds the corpora.
        distortions: names of :data:`humpcat.distortions.DISTORTIONS`.
        most: clips of each corpus, balanced over classes and speakers.
        seed: of the samples and of what the distortions draw at random.

    Raises:
        AudioError: a corpus has fewer than two clips that have features.
    """
    wanted = [DISTORTIONS[name] for name in dict.fromkeys(distortions)]
    loaded = HumpCatForAudioClassification.from_pretrained(place_of(model))
    config = loaded.config
    space = model_space(loaded.folder, list(config.label2id))
    samples = {}
    for name in corpora:
        settings = ClipSettings(data=name, data_dir=data_dir, label_space=space.name)
        samples[name] = balanced(labelled_clips(settings, space), most, seed)
    read = loaded.load_encoder(encoder).to(default_device())
    made = {stream.name: stream.extractor(read, config) for stream in STREAMS}
    shifts: list[dict[str, Any]] = []
    cosines: list[dict[str, Any]] = []
    failures: list[str] = []
    total = sum(map(len, samples.values())) * (1 + len(wanted))
    with tqdm(total=total, unit="clip", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        for corpus, clips in samples.items():
            bar.set_description(corpus)
            clean = _Summaries(made, clips, None, seed, bar.update)
            clean.require_two(corpus)
            failures += clean.failures
            for distortion in wanted:
                found = _Summaries(made, clips, distortion, seed, bar.update)
                failures += found.failures
                for stream in made:
                    place = {"corpus": corpus, "stream": stream, "distortion": distortion.name}
                    pair = clean.of_stream[stream], found.of_stream[stream]
                    shifts += [place | row for row in _shifts(*pair, config.encoder_layers)]
                    cosines += [place | row for row in _cosines(*pair)]
    return Invariance(pa.Table.from_pylist(shifts), pa.Table.from_pylist(cosines), tuple(failures))


def features_of(extractor: Extractor, waveform: Waveform, sampling_rate: int) -> dict[str, npt.NDArray[Any]]:
    """Return what an extractor makes of one clip, after the same preparation as in training and in use.

    Args:
        extractor: of a stream.
        waveform: shape (samples,).
        sampling_rate: its rate in Hz.
    """
    recording = audio.load({"array": waveform, "sampling_rate": sampling_rate})
    return extractor.extract([heard(extractor, recording)])[0]


def summary_of(stream: str, extractor: Extractor, waveform: Waveform, sampling_rate: int) -> Vectors:
    """Return the arrays that a summary reads of a stream.

    Args:
        stream: its name.
        extractor: its extractor.
        waveform: shape (samples,).
        sampling_rate: its rate in Hz.
    """
    arrays = features_of(extractor, waveform, sampling_rate)
    read = partial(_single, arrays)
    return {name: utterance_values(read, name).astype(np.float64) for name in STREAMS[stream].summary}


def _single(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[np.float32]:
    return arrays[name].astype(np.float32)


class _Summaries:
    """What a summary reads of every stream, of clips under one distortion."""

    def __init__(
        self,
        extractors: Mapping[str, Extractor],
        clips: Sequence[CheckedClip],
        distortion: Distortion | None,
        seed: int,
        progress: Callable[[int], Any],
    ) -> None:
        self.of_stream: dict[str, dict[str, Vectors]] = {stream: {} for stream in extractors}
        self.failures: list[str] = []
        name = "as it is" if distortion is None else distortion.name
        for clip in clips:
            sound = tried(partial(_sound, clip, distortion, seed))
            for stream, extractor in extractors.items():
                found = sound if isinstance(sound, str) else tried(partial(summary_of, stream, extractor, *sound))
                if isinstance(found, str):
                    self.failures.append(f"{clip.id}, {stream}, {name}: {found}")
                else:
                    self.of_stream[stream][clip.id] = found
            progress(1)

    def require_two(self, corpus: str) -> None:
        """Refuse clips of which nothing can be standardised."""
        for stream, found in self.of_stream.items():
            if len(found) < 2:
                said = f": {self.failures[0]}" if self.failures else ""
                raise AudioError(f"{corpus}: {len(found)} clips have {stream} features, expected two or more{said}")


def _sound(clip: CheckedClip, distortion: Distortion | None, seed: int) -> tuple[Waveform, int]:
    """Return a clip under a distortion, and its rate."""
    waveform = audio.load(clip.path)
    if distortion is None:
        return waveform, SAMPLING_RATE
    return distortion(waveform, generator_of(seed, distortion.name, clip.id)), distortion.sampling_rate


def _shifts(clean: Mapping[str, Vectors], found: Mapping[str, Vectors], layers: Sequence[int]) -> list[dict[str, Any]]:
    rows = []
    both = [clip_id for clip_id in clean if clip_id in found]
    for name, first in next(iter(clean.values())).items():
        _, spread = _standard(clean, name)
        if not both:
            continue
        moved = np.stack([np.abs(found[clip_id][name] - clean[clip_id][name]).ravel() for clip_id in both]) / spread
        of_value = np.median(moved, axis=0)
        for group, places in groups_of(name, first.shape, layers).items():
            shift = float(np.median(of_value[places]))
            rows.append({"array": name, "value": group, "shift": shift, "clips": len(both)})
    return rows


def _cosines(clean: Mapping[str, Vectors], found: Mapping[str, Vectors]) -> list[dict[str, Any]]:
    rows = []
    for name in next(iter(clean.values())):
        mean, spread = _standard(clean, name)
        for clip_id, vectors in found.items():
            if clip_id in clean:
                before, after = clean[clip_id][name].ravel(), vectors[name].ravel()
                rows.append(
                    {
                        "array": name,
                        "id": clip_id,
                        "raw": _cosine(before, after),
                        "standardised": _cosine((before - mean) / spread, (after - mean) / spread),
                    }
                )
    return rows


def _standard(clean: Mapping[str, Vectors], name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return mean and deviation over clips of the values of an array, as a model standardises by them."""
    values = np.stack([vectors[name].ravel() for vectors in clean.values()])
    mean, spread = as_statistics(values.mean(axis=0), values.var(axis=0)).double().numpy()
    return mean, spread


def _cosine(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other / lengths) if lengths else float(np.array_equal(one, other))
