"""Speak one toy corpus: Praat's synthesiser says the text, Praat's manipulation expresses the emotion.

Run in a process of its own (``python -m humpcat.corpora.toy.voices <corpus> <folder> <seed>``), because eSpeak,
which Praat synthesises with, carries state from one utterance to the next and Praat's random numbers are global:
only a fresh process that speaks in a fixed order gives the same bytes every time.

What the emotions do follows Banse and Scherer (1996), Acoustic Profiles in Vocal Emotion Expression: anger loud,
fast and high with a wide range; happiness higher and wider still but less loud; sadness slow, low, flat and quiet.
"""

import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import parselmouth
import soundfile
from parselmouth.praat import call, run

from humpcat.audio import SAMPLING_RATE
from humpcat.corpora.toy.layouts import LAYOUTS, Layout, ToyClip

_LEVEL = -26.0
"""Level of neutral speech in dBFS."""

_ANALYSED = (60.0, 500.0)
"""Lowest and highest F0 looked for, in Hz."""


@dataclass(frozen=True)
class Expression:
    """What an emotion does to a voice, against neutral speech.

    Attributes:
        pitch: logarithm (base 2, octaves) of the ratio of median F0.
        spread: logarithm (base 2) of the ratio of the range of F0.
        duration: logarithm (base 2) of the ratio of durations.
        level: dB.
        brightness: share of the first difference mixed in; negative for a duller voice.
    """

    pitch: float = 0.0
    spread: float = 0.0
    duration: float = 0.0
    level: float = 0.0
    brightness: float = 0.0


_EXPRESSIONS = {
    "anger": Expression(pitch=0.30, spread=0.7, duration=-0.30, level=8.0, brightness=0.6),
    "happiness": Expression(pitch=0.50, spread=1.1, duration=-0.12, level=3.0, brightness=0.25),
    "excitement": Expression(pitch=0.58, spread=1.2, duration=-0.18, level=4.5, brightness=0.3),
    "neutral": Expression(),
    "sadness": Expression(pitch=-0.22, spread=-1.0, duration=0.35, level=-6.0, brightness=-0.4),
}

# How much each utterance strays from its emotion: enough for neighbouring classes to overlap.
_STRAY = Expression(pitch=0.10, spread=0.30, duration=0.10, level=2.0, brightness=0.12)

# Ranges of median F0 in Hz and of the ratio by which the synthesiser's formants are moved.
_KINDS = {
    "female": ("Female", 5, (170.0, 230.0), (0.95, 1.08)),
    "male": ("Male", 7, (95.0, 140.0), (0.92, 1.05)),
    "child": ("Female", 5, (260.0, 300.0), (1.18, 1.25)),
}


@dataclass(frozen=True)
class Voice:
    """What stays the same in everything a speaker says.

    Attributes:
        variant: voice of Praat's synthesiser.
        pitch: median F0 of neutral speech in Hz.
        formants: ratio by which the formants are moved.
        duration: ratio to the synthesiser's durations; below 1, to keep the corpora small.
        level: dB.
    """

    variant: str
    pitch: float
    formants: float
    duration: float
    level: float


def draw_voice(kind: str, generator: np.random.Generator) -> Voice:
    """Draw a speaker.

    Args:
        kind: "female", "male" or "child".
        generator: source of the speaker's traits.
    """
    variant, variants, pitch, formants = _KINDS[kind]
    return Voice(
        variant=f"{variant}{generator.integers(1, variants + 1)}",
        pitch=generator.uniform(*pitch),
        formants=generator.uniform(*formants),
        duration=generator.uniform(0.68, 0.85),
        level=generator.normal(0.0, 1.0),
    )


def speak(clip: ToyClip, layout: Layout, voice: Voice, generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """Synthesise one utterance.

    Args:
        clip: what to say and how.
        layout: corpus it belongs to.
        voice: who says it.
        generator: source of what differs from one utterance to the next.

    Returns:
        Waveform of shape (samples,) at 16 kHz.
    """
    # A weakly expressed emotion is what a classifier takes for neutral, in life as here.
    strength = layout.acting * generator.uniform(0.55, 1.15)
    mean = _EXPRESSIONS[clip.emotion]

    def strayed(trait: str) -> float:
        return strength * getattr(mean, trait) + generator.normal(0.0, getattr(_STRAY, trait))

    run(f"random_initializeWithSeedUnsafelyButPredictably ({generator.integers(1, 2**31)})")
    synthesiser = call("Create SpeechSynthesizer", layout.language, voice.variant)
    plain = call(synthesiser, "To Sound", clip.text, "no")[0]
    # Played at another rate the formants move, and with them pitch and duration, which are set next anyway.
    moved = parselmouth.Sound(plain.values, plain.sampling_frequency * voice.formants).resample(SAMPLING_RATE)
    sound = _resynthesised(
        moved,
        pitch=voice.pitch * 2.0 ** strayed("pitch"),
        spread=2.0 ** strayed("spread"),
        duration=voice.formants * voice.duration * 2.0 ** strayed("duration"),
    )
    samples = sound.values[0]
    samples = samples + strayed("brightness") * np.diff(samples, prepend=0.0)
    level = _LEVEL + layout.gain + voice.level + strayed("level")
    samples *= 10 ** (level / 20) / np.sqrt(np.mean(samples**2))
    before, after = (int(generator.uniform(0.05, 0.2) * SAMPLING_RATE) for _ in range(2))
    samples = np.pad(samples, (before, after))
    samples += generator.normal(0.0, 10 ** (layout.noise / 20), samples.shape)
    return np.clip(samples, -1.0, 1.0)


def _resynthesised(sound: parselmouth.Sound, *, pitch: float, spread: float, duration: float) -> parselmouth.Sound:
    """Set the median F0 in Hz, and scale the logarithmic range of F0 and the duration."""
    manipulation = call(sound, "To Manipulation", 0.01, *_ANALYSED)
    contour = call(manipulation, "Extract pitch tier")
    found = sound.to_pitch(0.01, *_ANALYSED).selected_array["frequency"]
    median = np.median(found[found > 0])
    # Held within what a voice can do: the tracker's octave errors are stretched with everything else.
    call(contour, "Formula", f"min(max({pitch} * (self / {median}) ^ {spread}, 55), 550)")
    call([contour, manipulation], "Replace pitch tier")
    durations = call("Create DurationTier", "toy", 0, sound.duration)
    call(durations, "Add point", 0, duration)
    call([durations, manipulation], "Replace duration tier")
    return call(manipulation, "Get resynthesis (overlap-add)")


def speak_corpus(layout: Layout, folder: Path, seed: int) -> None:
    """Write every clip of a corpus as 16-bit wav, and the owner's label files.

    Args:
        layout: the corpus.
        folder: where its files go.
        seed: one seed, the same bytes; clips do not depend on one another's random numbers.
    """

    def generator_of(name: str) -> np.random.Generator:
        return np.random.default_rng([seed, zlib.crc32(f"{layout.name}/{name}".encode())])

    voices = {speaker: draw_voice(kind, generator_of(speaker)) for speaker, kind in layout.speakers.items()}
    for clip in layout.clips(layout):
        samples = speak(clip, layout, voices[clip.speaker], generator_of(clip.path))
        path = folder / clip.path
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, SAMPLING_RATE, subtype="PCM_16")
    if layout.write_labels is not None:
        layout.write_labels(layout, folder)


if __name__ == "__main__":
    corpus, target, number = sys.argv[1:]
    speak_corpus(LAYOUTS[corpus], Path(target), int(number))
