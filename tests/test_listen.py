"""`humpcat listen`: standard input and a microphone, here a fake one, by the model that comes with humpcat."""

import json
import os
import signal
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from humpcat.cli import app
from humpcat.inference import incoming
from humpcat.inference.pipeline import pipeline

from .voices import voice

RUNNER = CliRunner()
RATE = 16_000


def raw(rate: int = RATE) -> bytes:
    """Return a second of silence and two of speech."""
    samples = np.concatenate([np.zeros(RATE, np.float32), voice(0), voice(1)])[: 3 * RATE]
    return np.round(32767 * samples[:: RATE // rate]).astype("<i2").tobytes()


def listen(*arguments: str, given: bytes = b"") -> Result:
    return RUNNER.invoke(app, ["listen", *arguments], input=given)


def test_raw_samples_are_answered_as_the_pipeline_does() -> None:
    done = listen("-", "--json", given=raw())
    assert (done.exit_code, done.stderr) == (0, "")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["start"], each["end"]) for each in answers] == [(0, 1), (0, 2), (0, 3)]
    assert answers[0]["label"] is None
    window = np.frombuffer(raw(), dtype=np.int16)
    expected = pipeline(device="cpu")({"array": window, "sampling_rate": RATE})
    assert answers[-1]["label"] == expected[0]["label"]
    assert answers[-1]["probabilities"] == pytest.approx({row["label"]: row["score"] for row in expected}, abs=1e-4)


def test_lines_and_another_rate() -> None:
    done = listen("-", "--rate", "8000", "--every", "2", "--window", "2.5", given=raw(8_000))
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [["0.00", "2.00"], ["0.50", "3.00"]]
    assert sum(float(cell.split()[1]) for cell in lines[1][2:6]) == pytest.approx(1, abs=0.003)
    silent = listen("-", given=bytes(2 * RATE)).stdout
    assert silent.startswith("0.00\t1.00\t! silent: holds no sound")
    assert "! no speech:" in silent


@pytest.mark.parametrize(
    ("arguments", "given", "sentence"),
    [
        (["-"], b"", "standard input: holds no samples, expected raw 16-bit little-endian mono samples"),
        (["-"], b"RIFF" + bytes(40), "standard input: begins as a file of audio (first bytes b'RIFF'), expected raw"),
        (["-"], bytes(2_001), "standard input: ends within a sample, expected raw"),
        (["-", "--device", "1"], b"", "--device: does nothing with standard input: leave it out."),
        (["--rate", "8000"], b"", "--rate: does nothing with a microphone: leave it out."),
        (["clip.wav"], b"", "clip.wav: expected - or nothing: humpcat predict --segments takes files."),
        (["-", "--every", "9"], bytes(8), "every 9.0: is longer than the window of 3.0 s"),
        (["-", "--window", "99"], bytes(8), "window 99.0: expected a number from 0.5 to 30."),
        (["-", "--rate", "7"], bytes(8), "stream: sampling rate 7 found, expected a whole number of Hz"),
    ],
)
def test_what_is_refused(arguments: list[str], given: bytes, sentence: str) -> None:
    done = listen(*arguments, given=given)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {sentence}")


@pytest.fixture(name="heeded")
def _heeded() -> Iterator[None]:
    """Let processes heed Ctrl+C: a shell that runs the tests in the background has them, and theirs, ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be sent Ctrl+C there without ending this one")
@pytest.mark.usefixtures("heeded")
def test_it_answers_while_audio_comes_in_and_ends_by_ctrl_c() -> None:
    command = [sys.executable, "-m", "humpcat", "listen", "-", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(raw()[: 2 * RATE])
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["end"] == 1.0
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


class FakeError(Exception):
    """What sounddevice raises."""


@pytest.fixture(name="fake")
def _fake(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A sounddevice whose only input, at 48 kHz, gives three seconds and is then stopped by Ctrl+C."""
    module = types.ModuleType("sounddevice")
    module.asked, module.closed, module.ends, module.overflow = {}, 0, KeyboardInterrupt, False

    class InputStream:
        def __init__(self, **asked: object) -> None:
            module.asked = asked

        def start(self) -> None:
            count, status = module.asked["blocksize"], types.SimpleNamespace(input_overflow=module.overflow)
            samples = np.repeat(np.frombuffer(raw(), dtype=np.int16) / np.float32(32768), 3)[:, None]
            for start in range(0, len(samples), count):
                module.asked["callback"](samples[start : start + count], count, None, status)

        @property
        def active(self) -> bool:
            if module.ends is not None:
                raise module.ends
            return False

        def close(self) -> None:
            module.closed += 1

    def query_devices(device: object, kind: str) -> dict[str, float]:
        if device not in (None, 3, "USB"):
            raise FakeError(f"Error querying device {device}")
        return {"default_samplerate": 48_000.0}

    module.PortAudioError, module.InputStream, module.query_devices = FakeError, InputStream, query_devices
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


@pytest.mark.parametrize(("arguments", "device"), [([], None), (["--device", "3"], 3), (["--device", "USB"], "USB")])
def test_a_microphone_is_heard_until_ctrl_c(fake: types.ModuleType, arguments: list[str], device: object) -> None:
    done = listen("--json", *arguments)
    assert (done.exit_code, done.stderr) == (0, "listening; Ctrl+C ends it.\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["end"] for each in answers] == [1, 2, 3]
    assert [each["label"] is None for each in answers] == [True, False, False]
    assert (fake.asked["samplerate"], fake.asked["device"], fake.asked["channels"], fake.closed) == (
        48_000,
        device,
        1,
        1,
    )


def test_a_microphone_that_is_not_there(fake: types.ModuleType) -> None:
    assert listen("--device", "9").stderr == (
        "error: microphone '9': cannot be opened (Error querying device 9): python -m sounddevice lists what there "
        "is; name one of them.\n"
    )


def test_a_microphone_that_stops_or_loses_samples(fake: types.ModuleType) -> None:
    fake.ends, fake.overflow = None, True
    with pytest.warns(UserWarning, match="microphone: the system lost samples"):
        done = listen()
    assert len(done.stdout.splitlines()) == 3
    assert (done.exit_code, fake.closed) == (1, 1)
    assert "microphone: has stopped: connect it again, or name another one." in done.stderr


def test_answers_that_come_too_late_end_it(fake: types.ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "MOST_SECONDS", 2)
    done = listen()
    assert done.exit_code == 1
    assert "error: microphone: answers are 2 s late" in done.stderr


def test_sounddevice_that_is_missing_or_lacks_portaudio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    done = listen()
    assert done.exit_code == 1
    assert done.stderr == (
        "error: a microphone: needs the package sounddevice, which is not installed: run pip install sounddevice, or "
        'pip install ".[microphone]" in a clone of humpcat (on Linux it needs the system\'s libportaudio2 too).\n'
    )
    monkeypatch.delitem(sys.modules, "sounddevice")
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    done = listen()
    assert done.exit_code == 1
    assert done.stderr == (
        "error: a microphone: sounddevice cannot load PortAudio (PortAudio library not found): install that library "
        "of the system, such as libportaudio2 of Debian and Ubuntu.\n"
    )
