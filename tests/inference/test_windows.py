"""Long recordings: windows, what they cost, and how they become one answer."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from humpcat.inference import windows
from humpcat.inference.sources import Clip
from humpcat.inference.windows import Window, batches, cut, joined

from ..training.making import World, vowel

RATE = 16_000
ROOT = Path(__file__).resolve().parents[2]


def scores(answer: list[dict]) -> np.ndarray:
    return np.array([row["score"] for row in sorted(answer, key=lambda row: row["label"])])


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(scale=0.1, size=round(seconds * RATE)).astype(np.float32)


def spoken(seconds: float) -> np.ndarray:
    """Return speech of about a length."""
    once = np.concatenate([vowel(emotion, speaker=1, take=1) for emotion in ("anger", "sadness")])
    return np.tile(once, -(-round(seconds * RATE) // len(once)))[: round(seconds * RATE)]


@pytest.mark.parametrize(
    "samples", [400, 16_000, 29 * RATE, 29 * RATE + 1, 29 * RATE + 320, 61 * RATE + 77, 95 * RATE]
)
def test_windows_hold_every_sample_once(samples) -> None:
    waveform = np.arange(samples, dtype=np.float32)
    found = cut(3, waveform)
    np.testing.assert_array_equal(np.concatenate([window.waveform for window in found]), waveform)
    assert [window.start for window in found] == np.cumsum([0, *(len(w.waveform) for w in found[:-1])]).tolist()
    assert all(len(window.waveform) <= 29 * RATE + 320 for window in found)
    assert all(window.start % 320 == 0 and window.clip == 3 for window in found)
    assert len(found) == max(1, -(-(samples // 320) // 1450))


def test_a_short_clip_is_one_window_of_itself() -> None:
    waveform = noise(28.999)
    (window,) = cut(0, waveform)
    assert window.waveform is waveform or np.shares_memory(window.waveform, waveform)
    assert window.seconds == (0.0, pytest.approx(28.999))


def test_batches_of_long_recordings_are_bounded() -> None:
    short = [window for place in range(10) for window in cut(place, noise(2))]
    long = cut(10, noise(300))
    found = list(batches([*long, *short], 8))
    assert sorted((w.clip, w.start) for batch in found for w in batch) == sorted(
        (w.clip, w.start) for w in [*long, *short]
    )
    assert len(found[0]) == 8
    assert all(sum(len(w.waveform) for w in batch) <= 62 * RATE for batch in found)


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut at two seconds, as half a minute of Praat takes seconds."""
    monkeypatch.setattr(windows, "WINDOW_SECONDS", 2)
    monkeypatch.setattr(windows, "BATCH_SECONDS", 4)


@pytest.mark.usefixtures("short_windows")
def test_the_answer_of_a_long_recording_is_the_mean_of_its_windows(classifier) -> None:
    long = np.concatenate([vowel(emotion, speaker=1, take=1) for emotion in ("anger", "sadness")] * 5)
    (heard,) = classifier.clips_of({"array": long, "sampling_rate": RATE})
    parts = cut(0, heard.waveform)
    assert len(parts) > 2
    each = [scores(classifier(Clip(part.waveform))) for part in parts]
    assert np.ptp(each, axis=0).max() > 1e-3
    weights = np.array([len(part.waveform) for part in parts]) / len(heard.waveform)
    expected = (np.array(each) * weights[:, None]).sum(0)
    found = classifier({"array": long, "sampling_rate": RATE})
    np.testing.assert_allclose(scores(found), expected, atol=1e-4)
    short = {"array": vowel("anger", speaker=2, take=1), "sampling_rate": RATE}
    answers = classifier([short, {"array": long, "sampling_rate": RATE}, short], batch_size=3)
    np.testing.assert_allclose(scores(answers[1]), expected, atol=1e-4)
    np.testing.assert_allclose(scores(answers[0]), scores(classifier(short)), atol=1e-4)


@pytest.mark.usefixtures("short_windows")
def test_a_listener_hears_a_long_recording_in_windows(classifier) -> None:
    listener = classifier.listener()
    long = spoken(5)
    answer = listener({"array": long, "sampling_rate": RATE})
    (heard,) = classifier.clips_of({"array": long, "sampling_rate": RATE})
    assert listener.clips == len(cut(0, heard.waveform)) == 3
    assert scores(answer).sum() == pytest.approx(1, abs=1e-5)


def test_joining_keeps_one_window_as_it_is_and_knows_no_order() -> None:
    window = Window(0, 0, np.zeros(640, dtype=np.float32))
    logits = torch.tensor([1.0, -2.0])
    assert joined([(window, logits)], 2) is logits
    later = Window(0, 640, np.zeros(320, dtype=np.float32))
    both = [(window, logits), (later, torch.tensor([0.0, 500.0]))]
    assert torch.equal(joined(both, 2), joined(both[::-1], 2))
    expected = (2 * logits.softmax(0) + torch.tensor([0.0, 1.0])) / 3
    torch.testing.assert_close(joined(both, 2).softmax(0), expected)
    assert not joined([(window, logits), (later, torch.tensor([float("nan"), 0.0]))], 2).isfinite().all()
    assert joined([], 3).softmax(0).tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.usefixtures("short_windows")
def test_the_model_never_hears_more_than_a_window_at_once(classifier, monkeypatch) -> None:
    heard: list[tuple[int, ...]] = []
    encode = classifier.model.encoder.forward
    monkeypatch.setattr(
        classifier.model.encoder, "forward", lambda *args: heard.append(args[0].shape) or encode(*args)
    )
    long = {"array": spoken(8), "sampling_rate": RATE}
    (clip,) = classifier.clips_of(long)
    classifier(long)
    assert all(samples <= 2 * RATE and clips * samples <= 4.1 * RATE for clips, samples in heard)
    # Windows of one batch may differ by a few frames, up to which the shorter are padded.
    assert sum(clips * samples for clips, samples in heard) == pytest.approx(len(clip.waveform), abs=4 * 320)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_square_of_the_length(world: World) -> None:
    """Four minutes cost little more than one: measured in a process of its own."""
    code = f"""
import resource, numpy as np
from humpcat.inference.pipeline import pipeline
classify = pipeline({str(world.target / "draw-0")!r}, device="cpu")
from tests.training.making import vowel
speech = np.resize(vowel("sadness", speaker=1, take=1), 240 * 16_000)
for seconds in (60, 240):
    classify({{"array": speech[: seconds * 16_000], "sampling_rate": 16_000}})
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    short, long = map(float, done.stdout.split())
    # With attention over all of it, four minutes took 2 GB more than one.
    assert long - short < 300, done.stdout


def test_the_longest_window_and_the_silence_around_it_are_what_an_encoder_takes() -> None:
    from humpcat.features.windows import WINDOW_FRAMES

    assert (windows.WINDOW_SECONDS + 2 * 0.5) * 50 == WINDOW_FRAMES
