#!/usr/bin/env python
"""Collect free speech in some thirty languages from packages of Debian, as audio without labels to distil from.

    python recipes/collect_speech.py --out runs/speech
    python recipes/train_mini.py --folders runs/speech --data-dir DATA --teacher WHISPER --out runs/mini

Voice prompts, letters and words of learning games, and lines that actors speak in adventure games: thousands of real
utterances, of which `docs/mini.md` names the owners and licences. It needs ``apt-get`` and ``dpkg-deb``, which Debian
and Ubuntu have, no rights of an administrator, and 3 GB of disk. OUT/PACKAGE holds the clips of a package as FLAC.
"""

import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
import soxr
from tqdm.auto import tqdm

from humpcat import audio
from humpcat.arguments import parse
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.cli import reporting_errors
from humpcat.errors import AudioError, HumpcatError, SettingsError
from humpcat.settings import Settings, setting

GAME_RATE = 11025
"""Samples a second of the adventure games' speech."""


def sound_files(root: Path, pattern: str = "*") -> Iterator[tuple[str, Waveform]]:
    """Yield the name and the waveform of each sound file that can be read."""
    for path in sorted(root.rglob(pattern)):
        if path.is_file() and path.suffix in {".wav", ".ogg", ".opus"}:
            try:
                yield "-".join(path.relative_to(root).with_suffix("").parts[-3:]), audio.load(path)
            except AudioError as error:
                tqdm.write(f"left out: {error}")


def spoken_stamps(root: Path) -> Iterator[tuple[str, Waveform]]:
    """Yield the descriptions of Tux Paint's stamps; its other sounds are no speech."""
    return sound_files(root, "*_desc*")


def drascula(root: Path) -> Iterator[tuple[str, Waveform]]:
    """Yield the lines of Drascula: 8 bit samples without a header."""
    # Lines that are not translated are links to another package's.
    for path in sorted(path for path in root.rglob("*.ALS") if path.is_file()):
        samples = (np.frombuffer(path.read_bytes(), np.uint8).astype(np.float32) - 128) / 128
        yield f"{path.parent.name}-{path.stem}", soxr.resample(samples, GAME_RATE, SAMPLING_RATE)


def amazon_queen(root: Path) -> Iterator[tuple[str, Waveform]]:
    """Yield the lines of Flight of the Amazon Queen: MP3 streams behind a table of names, places and sizes."""
    content = next(root.rglob("queen.1c")).read_bytes()
    (entries,) = struct.unpack_from(">H", content, 13)
    for name, _, start, size in struct.iter_unpack(">12sBII", content[15 : 15 + 21 * entries]):
        line = name.rstrip(b"\0").decode("ascii")
        if line.endswith(".SB"):
            try:
                yield line.removesuffix(".SB"), audio.load(content[start : start + size])
            except AudioError as error:
                tqdm.write(f"left out: {line}: {error}")


READERS: dict[str, Callable[[Path], Iterator[tuple[str, Waveform]]]] = {
    **{f"asterisk-core-sounds-{language}-wav": sound_files for language in ("en", "es", "fr", "it", "ru")},
    "klettres-data": sound_files,
    "ktuberling-data": sound_files,
    "tuxpaint-stamps-default": spoken_stamps,
    "drascula": drascula,
    "drascula-spanish": drascula,
    "drascula-italian": drascula,
    "flight-of-the-amazon-queen": amazon_queen,
}
"""How the speech in each package is read."""


@dataclass
class CollectingSettings(Settings):
    """Which packages, and where their speech goes."""

    out: str = setting("runs/speech", "Folder for the clips, one folder a package.")
    packages: list[str] = setting(list(READERS), "Packages of Debian to take speech from.")

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name in self.packages if name not in READERS]
        if unknown:
            raise SettingsError(f"--packages {unknown[0]}: is unknown: choose among {', '.join(READERS)}.")


def collect(package: str, folder: Path) -> None:
    """Write the speech of a package as FLAC files, all of it or none."""
    with TemporaryDirectory() as made:
        place = Path(made)
        subprocess.run(["apt-get", "download", package], cwd=place, check=True, capture_output=True)
        subprocess.run(
            ["dpkg-deb", "-x", str(next(place.glob("*.deb"))), "content"], cwd=place, check=True, capture_output=True
        )
        draft = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name, waveform in tqdm(READERS[package](place / "content"), desc=package, unit="clip", disable=None):
            soundfile.write(draft / f"{name}.flac", waveform, SAMPLING_RATE)
        draft.rename(folder)


@reporting_errors
def main() -> None:
    settings = parse([CollectingSettings], __doc__)[0]
    for command in ("apt-get", "dpkg-deb"):
        if shutil.which(command) is None:
            raise HumpcatError(f"{command}: is not installed: run this on Debian or Ubuntu.")
    for package in settings.packages:
        folder = Path(settings.out, package)
        if not folder.exists():
            try:
                collect(package, folder)
            except subprocess.CalledProcessError as error:
                told = (error.stderr or b"").decode(errors="replace").strip()
                raise HumpcatError(f"{package}: {told}: run apt-get update, or leave it out of --packages.") from None
    print(settings.out)


if __name__ == "__main__":
    main()
