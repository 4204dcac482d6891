"""Hostile audio: valid files of every container that is read, damaged; and sound that no answer can be believed of."""

from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from .case import EITHER, FLAGGED, REFUSED, Case, Cases
from .damage import damaged

RATE = 16_000

_SNDFILE = (
    *(("wav", "PCM_16"), ("wav", "PCM_U8"), ("wav", "PCM_24"), ("wav", "FLOAT"), ("wav", "DOUBLE"), ("wav", "ULAW")),
    *(("wav", "IMA_ADPCM"), ("wav", "GSM610"), ("wavex", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS")),
    *(("ogg", "OPUS"), ("mp3", "MPEG_LAYER_III"), ("aiff", "PCM_16"), ("aiff", "IMA_ADPCM"), ("au", "PCM_16")),
    *(("caf", "PCM_16"), ("caf", "ALAC_16"), ("w64", "PCM_16"), ("rf64", "PCM_16"), ("voc", "PCM_16")),
    *(("nist", "PCM_16"), ("ircam", "PCM_16"), ("svx", "PCM_16"), ("paf", "PCM_16"), ("mat5", "PCM_16")),
    *(("htk", "PCM_16"), ("sds", "PCM_16"), ("avr", "PCM_16"), ("pvf", "PCM_16"), ("xi", "DPCM_16")),
)
_FFMPEG = (
    *(("m4a", "ipod", "aac"), ("mp4", "mp4", "alac"), ("mov", "mov", "pcm_s16le"), ("webm", "webm", "libopus")),
    *(("mka", "matroska", "flac"), ("aac", "adts", "aac"), ("wma", "asf", "wmav2"), ("flv", "flv", "aac")),
    *(("avi", "avi", "pcm_s16le"), ("ts", "mpegts", "aac"), ("ac3", "ac3", "ac3"), ("wv", "wv", "wavpack")),
    *(("tta", "tta", "tta"), ("caf", "caf", "aac")),
)


def voice(seconds: float = 0.4, rate: int = RATE) -> np.ndarray:
    """Return a vowel-like sound of 150 Hz.

    Args:
        seconds: its length.
        rate: samples per second.
    """
    time = np.arange(round(seconds * rate)) / rate
    harmonics = sum(np.sin(2 * np.pi * 150 * order * time) / order for order in range(1, 12))
    return (0.1 * harmonics * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time))).astype(np.float32)


class AudioCases(Cases):
    """Damaged files of every container that libsndfile and ffmpeg's libraries write here."""

    kind = "audio"

    def prepare(self) -> None:
        self.valid: dict[str, bytes] = {}
        known = soundfile.available_formats()
        for container, coding in _SNDFILE:
            if container.upper() in known and coding in soundfile.available_subtypes(container.upper()):
                path = self.folder / f"valid-{coding}.{container}"
                write_sndfile(path, container.upper(), coding)
                self.valid[f"{container} {coding}"] = path.read_bytes()
        for suffix, container, coding in _FFMPEG:
            path = self.folder / f"valid-{coding}.{suffix}"
            if write_ffmpeg(path, container, coding):
                self.valid[f"{suffix} {coding}"] = path.read_bytes()

    def make(self, number: int, random: Random) -> Case:
        if random.random() < 0.1:
            return self._sound(number, random)
        chosen, other = random.choice(list(self.valid)), random.choice(list(self.valid))
        how, content = damaged(self.valid[chosen], self.valid[other], random)
        path = self.folder / f"case{number}.{chosen.partition(' ')[0]}"
        path.write_bytes(content)
        return Case(f"{number} {how} {chosen}", path, self.kind, EITHER)

    def _sound(self, number: int, random: Random) -> Case:
        """Write a whole file of sound that is refused or flagged."""
        name, samples, expectation = random.choice(_sounds(random))
        path = self.folder / f"case{number}.wav"
        soundfile.write(path, samples, RATE, subtype="DOUBLE")
        return Case(f"{number} {name}", path, self.kind, expectation)


def _sounds(random: Random) -> list[tuple[str, np.ndarray, str]]:
    sound = voice().astype(np.float64)
    spoilt = sound.copy()
    spoilt[random.randrange(len(spoilt))] = random.choice((np.nan, np.inf, -np.inf, 1e19, -1e300))
    constant = random.choice((1.0, -0.3, 0.01))
    tiny = random.choice((1e-6, 1e-12, 1e-320))
    return [
        ("nonsense sample", spoilt, REFUSED),
        ("silence", np.zeros_like(sound), FLAGGED),
        ("constant", np.full_like(sound, constant), FLAGGED),
        ("sound below a constant", 0.05 * constant * sound + constant, FLAGGED),
        ("cancelled channels", np.stack([sound, -sound], axis=1), FLAGGED),
        ("dead channel", np.stack([sound, np.zeros_like(sound)], axis=1), FLAGGED),
        ("far too quiet", tiny * sound, FLAGGED),
        ("all but silence", np.where(np.arange(len(sound)) < len(sound) // 50, sound, 0), FLAGGED),
        ("at another scale", 32768 * sound, REFUSED),
        ("channels of a thousand", np.tile(sound[:1000, None], (1, 1000)), REFUSED),
        ("two samples", sound[:2], REFUSED),
    ]


def write_sndfile(path: Path, container: str, coding: str) -> None:
    rate = 8000 if coding == "GSM610" else RATE
    # Some containers hold one channel, some codings one rate only.
    for channels in (2, 1):
        samples = np.tile(voice(rate=rate)[:, None], (1, channels)) * np.linspace(1, 0.5, channels)
        if soundfile.check_format(container, coding):
            try:
                soundfile.write(path, samples, rate, format=container, subtype=coding)
                return
            except soundfile.SoundFileError:
                continue


def write_ffmpeg(path: Path, container: str, coding: str) -> bool:
    import av

    rate = 48_000 if coding in ("libopus", "ac3") else RATE
    try:
        with av.open(str(path), "w", format=container) as out:
            stream = out.add_stream(coding, rate=rate)
            stream.layout = "mono"
            wanted = stream.codec_context.codec.audio_formats or ()
            names = [form.name for form in wanted]
            form = next((name for name in ("fltp", "s16p", "s16", *names) if name in names), "fltp")
            resampler = av.AudioResampler(format=form, layout="mono", rate=rate, frame_size=stream.frame_size or 1024)
            frame = av.AudioFrame.from_ndarray(voice(rate=rate)[None], format="fltp", layout="mono")
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            for part in [*resampler.resample(frame), *resampler.resample(None), None]:
                out.mux(stream.encode(part))
    # A wheel may lack an encoder.
    except (av.FFmpegError, ValueError):
        return False
    return True
