"""Synthetic speech of dozens of languages, as espeak-ng says it: languages and sounds that the corpora lack.

espeak-ng is a program (Debian's package of that name, GPL 3), which is run and not linked. Clip by clip the language,
the voice, its pitch and how much that moves, its rate and what is said are drawn from a seed.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from humpcat import audio
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.distillation.clips import Clips, kept
from humpcat.distillation.invented_words import VOICES, sentence
from humpcat.distortions import generator_of
from humpcat.errors import AudioError, SettingsError

PROGRAM = "espeak-ng"

NAME = "synthetic"

VARIANTS = (*(f"m{number}" for number in range(1, 9)), *(f"f{number}" for number in range(1, 6)), "croak", "whisper")
"""Voices of the program that change the throat and not the language."""

PITCH, RATE = (5, 95), (100, 280)
"""Ranges of a voice's pitch (0 to 99) and of its words a minute."""

MOVEMENT, HASTE, LOUDNESS = (10, 250), (75, 130), (50, 150)
"""Ranges of how far the pitch of a sentence moves, of its rate and of its loudness, in per cent of the voice's own."""

SENTENCES = 3
"""Sentences of a clip: starting the program takes as long as one."""

LONGEST = 20.0
"""Seconds above which a clip is cut."""

_TIMEOUT = 60


def synthetic_speech(hours: float, seed: int, cache: Path) -> Clips:
    """Return synthetic speech from the cache, where it is put first if need be.

    Args:
        hours: how much is said, pauses included.
        seed: of what is drawn.
        cache: folder of decoded audio.

    Raises:
        SettingsError: espeak-ng is not installed.
        AudioError: it says nothing.
        WritingError: the cache cannot be written.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise SettingsError(
            f"--synthetic-hours {hours:g}: the program {PROGRAM} was not found: install it (Debian: apt-get install "
            f"{PROGRAM}), or leave the setting out."
        )
    release = _run([program, "--version"]).decode("utf-8", "replace").partition("Data at")[0].strip()
    identity = {"hours": hours, "seed": seed, "program": release, "voices": VOICES, "variants": VARIANTS}
    return kept(NAME, identity, _clips(program, hours, seed), cache)


def _clips(program: str, hours: float, seed: int) -> Iterator[tuple[str, Waveform]]:
    wanted, said, number = round(hours * 3600 * SAMPLING_RATE), 0, 0
    with tqdm(total=round(hours * 3600), desc="synthetic speech", unit="s", disable=None) as progress:
        while said < wanted:
            waveform = say(program, generator_of(seed, NAME, str(number)))
            # Some voices have no words for what was invented.
            if len(waveform):
                yield f"{NAME}/{number:06d}", waveform
            elif number > 100 and not said:
                raise AudioError(f"{program}: said nothing in {number} tries: check that it works.")
            said, number = said + len(waveform), number + 1
            progress.update(len(waveform) / SAMPLING_RATE)


def say(program: str, generator: np.random.Generator) -> Waveform:
    """Return what the program says of something drawn at random.

    Args:
        program: espeak-ng.
        generator: draws language, voice, pitch, rate and words.

    Returns:
        Shape (samples,), float32 at 16 kHz; empty where it says nothing.

    Raises:
        AudioError: the program fails.
    """
    voice, variant = str(generator.choice(VOICES)), str(generator.choice(VARIANTS))
    pitch, rate = (int(generator.integers(low, high + 1)) for low, high in (PITCH, RATE))
    said = "".join(_spoken(voice, generator) for _ in range(SENTENCES))
    asked = [program, "-v", f"{voice}+{variant}", "-p", str(pitch), "-s", str(rate), "-m", "--stdout"]
    content = _run([*asked, f"<speak>{said}</speak>"])
    try:
        waveform = audio.load(content)
    except AudioError:
        return np.zeros(0, dtype=np.float32)
    return waveform[: round(LONGEST * SAMPLING_RATE)]


def _spoken(voice: str, generator: np.random.Generator) -> str:
    """Return a sentence in a manner of its own, as one voice is now calm and now not."""
    movement, rate, loudness = (int(generator.integers(low, high + 1)) for low, high in (MOVEMENT, HASTE, LOUDNESS))
    manner = f'range="{movement}%" rate="{rate}%" volume="{loudness}%"'
    return f"<prosody {manner}>{sentence(voice, generator)}</prosody> "


def _run(command: list[str]) -> bytes:
    try:
        return subprocess.run(command, capture_output=True, check=True, timeout=_TIMEOUT).stdout
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise AudioError(f"{' '.join(command[:3])}: failed ({lines[0] if lines else error.returncode}).") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AudioError(f"{command[0]}: could not be run ({error}).") from None
