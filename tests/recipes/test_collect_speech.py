"""The recipe that collects free speech reads each kind of package; apt-get and dpkg-deb are scripts of this test."""

import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

RECIPES = Path(__file__).parents[2] / "recipes"

RECIPE = RECIPES / "collect_speech.py"
RATE = 11_025


def tone(seconds: float, rate: int) -> np.ndarray:
    return 0.5 * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 200 / rate)


@pytest.fixture(autouse=True)
def _packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what packages hold, and commands that seem to fetch them, which are found before those of the system."""
    content = tmp_path / "packages"
    sounds = content / "klettres-data/usr/share/klettres/de/alpha"
    stamps = content / "tuxpaint-stamps-default/usr/share/tuxpaint"
    lines = content / "drascula/usr/share/scummvm/drascula/en"
    game = content / "flight-of-the-amazon-queen/usr/share"
    for folder in (sounds, stamps, lines, game):
        folder.mkdir(parents=True)
    soundfile.write(sounds / "a.ogg", tone(0.5, 16_000), 16_000)
    (sounds / "broken.ogg").write_bytes(b"OggS, but no more")
    soundfile.write(stamps / "cat_desc_fr.ogg", tone(0.5, 16_000), 16_000)
    soundfile.write(stamps / "cat.wav", tone(0.5, 16_000), 16_000)
    (lines / "1.ALS").write_bytes((128 + 100 * tone(0.5, RATE)).astype(np.uint8).tobytes())
    (lines / "2.ALS").symlink_to("/no/such/file")
    soundfile.write(tmp_path / "line.mp3", tone(0.5, RATE), RATE)
    said = (tmp_path / "line.mp3").read_bytes()
    begin = 15 + 2 * 21
    table = struct.pack(">12sBII", b"020001P2.SB", 1, begin, len(said)) + struct.pack(">12sBII", b"X.PCX", 1, begin, 1)
    (game / "queen.1c").write_bytes(b"QTBLCEM10\0\0\0\1" + struct.pack(">H", 2) + table + said)
    commands = tmp_path / "bin"
    commands.mkdir()
    scripts = {
        "apt-get": f'if [ -d "{content}/$2" ]; then touch "$2.deb"; else\n'
        'echo "E: Unable to locate package $2" >&2\nexit 100; fi',
        "dpkg-deb": f'cp -r "{content}/$(basename "$2" .deb)" "$3"',
    }
    for name, script in scripts.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")


@pytest.mark.skipif(sys.platform == "win32", reason="runs scripts of a shell")
def test_the_speech_of_each_kind_of_package_is_written_as_flac(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("klettres-data", "tuxpaint-stamps-default", "drascula", "flight-of-the-amazon-queen")
    assert run(RECIPE, "--out", tmp_path / "speech", "--packages", *names) == 0
    done = capsys.readouterr()
    written = {path.relative_to(tmp_path / "speech").as_posix() for path in (tmp_path / "speech").rglob("*.flac")}
    assert written == {
        "klettres-data/de-alpha-a.flac",
        "tuxpaint-stamps-default/share-tuxpaint-cat_desc_fr.flac",
        "drascula/en-1.flac",
        "flight-of-the-amazon-queen/020001P2.flac",
    }
    for name in written:
        samples, rate = soundfile.read(tmp_path / "speech" / name)
        assert rate == 16_000
        assert len(samples) == pytest.approx(8_000, rel=0.15)
        assert np.abs(samples).max() > 0.2
    assert "left out" in done.out + done.err
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "speech").rglob("*"))
    assert run(RECIPE, "--out", tmp_path / "speech", "--packages", *names) == 0
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "speech").rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="runs scripts of a shell")
def test_what_cannot_be_fetched_is_one_sentence(
    run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(RECIPE, "--out", tmp_path / "speech", "--packages", "drascula-italian") == 1
    said = capsys.readouterr().err
    assert "drascula-italian: E: Unable to locate package drascula-italian: run apt-get update" in said
    assert run(RECIPE, "--out", tmp_path / "speech", "--packages", "no-such") != 0
    assert "--packages no-such: is unknown: choose among asterisk" in capsys.readouterr().err
