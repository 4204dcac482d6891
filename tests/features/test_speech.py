from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from humpcat.audio import load
from humpcat.features import voice_activity
from humpcat.features.speech import SPEECH_LEVEL, find_speech
from humpcat.features.voice_activity import CHUNK, VoiceActivity, speech_probabilities
from tests.voices import voice

RATE = 16_000
SILENCE = np.zeros(2 * RATE, dtype=np.float32)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def noise(seconds, level=1e-3, seed=0):
    return np.random.default_rng(seed).normal(scale=level, size=round(seconds * RATE)).astype(np.float32)


def quiet_voice(number=0):
    """A voice without the noise of the toy corpora's rooms around it."""
    spoken = voice(number)
    loud = np.flatnonzero(np.abs(spoken) > 0.02)
    return spoken[loud[0] : loud[-1]]


# What is set around speech, and where the speech begins in it.
AROUND = {
    "2 s of silence before": lambda x: np.concatenate([SILENCE, x]),
    "5 s of silence after": lambda x: np.concatenate([x, SILENCE, SILENCE, SILENCE[:RATE]]),
    "20 s of silence on both sides": lambda x: np.concatenate([*[SILENCE] * 10, x, *[SILENCE] * 10]),
    "2 s of noise before": lambda x: np.concatenate([noise(2), x]),
    "5 s of noise after": lambda x: np.concatenate([x, noise(5)]),
    "20 s of noise on both sides": lambda x: np.concatenate([noise(20), x, noise(20, seed=1)]),
    "40 dB less": lambda x: 0.01 * x,
    "10 dB more": lambda x: 3.16 * x,
    "a constant": lambda x: x + 0.05,
    "a part of a sample more before": lambda x: np.concatenate([np.zeros(777, np.float32), x]),
}


@pytest.mark.parametrize("name", AROUND)
def test_the_same_speech_is_found_whatever_lies_around_it(name):
    for number in range(3):
        alone, within = find_speech(quiet_voice(number)), find_speech(AROUND[name](quiet_voice(number)))
        assert alone.found
        assert within.found
        assert abs(len(within.waveform) - len(alone.waveform)) <= 0.005 * RATE, name
        size = min(len(within.waveform), len(alone.waveform))
        likeness = max(
            np.corrcoef(within.waveform[shift : size - 80 + shift], alone.waveform[: size - 80])[0, 1]
            for shift in range(80)
        )
        assert likeness > 0.999


def test_speech_begins_and_ends_where_it_does():
    spoken = quiet_voice()
    found = find_speech(np.concatenate([SILENCE, spoken, SILENCE, SILENCE]))
    assert abs(found.start - len(SILENCE)) < 0.05 * RATE
    assert abs(found.end - len(SILENCE) - len(spoken)) < 0.05 * RATE
    assert len(found.waveform) == found.end - found.start


def said_with_a_pause(seconds):
    return np.concatenate([quiet_voice(0), np.zeros(round(seconds * RATE), np.float32), quiet_voice(1)])


def test_short_pauses_between_words_stay():
    both = find_speech(said_with_a_pause(0.3))
    assert both.left_out == ()
    assert len(both.waveform) > 0.95 * len(said_with_a_pause(0.3))


@pytest.mark.parametrize("seconds", [0.7, 1, 2, 20])
def test_of_a_long_pause_half_a_second_is_kept(seconds):
    half, longer = find_speech(said_with_a_pause(0.5)), find_speech(said_with_a_pause(seconds))
    assert half.found
    assert longer.found
    assert abs(len(longer.waveform) - len(half.waveform)) <= 320
    ((first, after),) = longer.left_out
    assert (after - first) % 320 == 0
    assert abs(longer.end - longer.start - (len(longer.waveform) + after - first)) <= 320
    # All that is left out lies within the pause, a quarter of a second from the words.
    pause = len(quiet_voice(0))
    assert pause + 0.2 * RATE < first < after < pause + (seconds - 0.2) * RATE
    beginning = len(quiet_voice(0)) - 1600
    np.testing.assert_allclose(longer.waveform[:beginning], half.waveform[:beginning], atol=1e-3)
    np.testing.assert_allclose(longer.waveform[-beginning:], half.waveform[-beginning:], atol=1e-3)


def test_each_long_pause_is_shortened():
    three = np.concatenate([quiet_voice(0), SILENCE, quiet_voice(1), SILENCE, quiet_voice(2)])
    found = find_speech(three)
    assert len(found.left_out) == 2
    assert abs(len(found.waveform) - (len(three) - 2 * 1.5 * RATE)) < 0.1 * RATE


def test_a_pause_full_of_noise_stays():
    noisy = np.concatenate([quiet_voice(0), noise(2, level=0.03), quiet_voice(1)])
    assert find_speech(noisy).left_out == ()


def test_a_time_in_the_speech_is_one_in_the_recording():
    found = find_speech(np.concatenate([SILENCE, said_with_a_pause(5)]))
    first, after = found.left_out[0]
    begins = found.start / RATE
    assert found.in_recording(0) == begins
    assert found.in_recording((first - found.start) / RATE) == pytest.approx(first / RATE)
    assert found.in_recording((first - found.start) / RATE + 0.1) == pytest.approx(after / RATE + 0.1)
    assert found.in_recording(len(found.waveform) / RATE) == pytest.approx(found.end / RATE, abs=0.02)


def test_speech_is_brought_to_one_level_without_its_constant_part():
    for gain in (0.01, 1.0, 3.0):
        speech = find_speech(gain * voice() + 0.02).waveform
        assert abs(speech.mean()) < 1e-3
        # Pauses do not count for the level, so that all of it lies a little below.
        assert 0.5 * SPEECH_LEVEL < speech.std() <= 1.05 * SPEECH_LEVEL


@pytest.mark.parametrize(
    "recording",
    [
        SILENCE,
        np.full(RATE, 0.3, dtype=np.float32),
        noise(3, 0.1),
        0.3 * np.sin(np.arange(2 * RATE) / 20).astype(np.float32),
        np.concatenate([SILENCE, np.ones(8, np.float32), SILENCE]),
        noise(0.025),
    ],
    ids=["silence", "a constant", "noise", "a tone", "a click", "25 ms"],
)
def test_what_is_no_speech_is_not_taken_for_it(recording):
    found = find_speech(recording)
    assert not found.found
    # But for the frames that the edges lie in.
    assert 0 <= found.start < 0.03 * RATE
    assert len(recording) - 0.03 * RATE < found.end <= len(recording)
    assert np.isfinite(found.waveform).all()


def test_where_no_speech_is_found_what_is_loud_is_taken():
    tone = 0.3 * np.sin(np.arange(RATE) / 20).astype(np.float32)
    alone, within = find_speech(tone), find_speech(np.concatenate([SILENCE, 0.1 * tone, noise(1, 1e-4)]))
    assert not alone.found
    assert not within.found
    assert abs(within.start - 2 * RATE) < 0.03 * RATE
    assert abs(within.end - 3 * RATE) < 0.03 * RATE
    assert abs(len(within.waveform) - len(alone.waveform)) < 0.03 * RATE


def test_speech_is_found_whatever_precision_is_computed_in():
    expected = find_speech(voice())
    with torch.autocast("cpu", torch.bfloat16):
        found = find_speech(voice())
    np.testing.assert_array_equal(found.waveform, expected.waveform)


def test_probabilities_are_those_of_the_network_run_chunk_by_chunk():
    """As silero-vad's own description of the network has it, state by state."""
    state = load_file(voice_activity._weights())
    spoken = np.concatenate([SILENCE[: 3 * CHUNK], voice(), noise(1, 0.05)])
    padded = torch.nn.functional.pad(torch.from_numpy(spoken), (64, -len(spoken) % CHUNK))
    cell = torch.nn.LSTMCell(128, 128)
    cell.load_state_dict({name.removeprefix("lstm_cell."): w for name, w in state.items() if "lstm" in name})
    hidden, expected = None, []
    with torch.no_grad():
        for start in range(64, len(padded), CHUNK):
            chunk = torch.nn.functional.pad(padded[None, start - 64 : start + CHUNK], (0, 64), mode="reflect")[:, None]
            spectrum = torch.nn.functional.conv1d(chunk, state["stft_conv.weight"], stride=128)
            values = (spectrum[:, :129] ** 2 + spectrum[:, 129:] ** 2).sqrt()
            for layer, stride in ((1, 1), (2, 2), (3, 2), (4, 1)):
                weight, bias = state[f"conv{layer}.weight"], state[f"conv{layer}.bias"]
                values = torch.nn.functional.conv1d(values, weight, bias, stride=stride, padding=1).relu()
            hidden = cell(values.squeeze(-1), hidden)
            out = torch.nn.functional.conv1d(
                hidden[0].relu()[..., None], state["final_conv.weight"], state["final_conv.bias"]
            )
            expected.append(out.sigmoid().item())
    assert np.abs(speech_probabilities(spoken) - expected).max() < 1e-4


def test_a_long_recording_is_heard_in_parts_with_the_same_outcome(monkeypatch):
    spoken = np.concatenate([voice(0), voice(1), voice(2)])
    whole = speech_probabilities(spoken)
    monkeypatch.setattr(voice_activity, "_CHUNKS_AT_ONCE", 7)
    assert np.abs(speech_probabilities(spoken) - whole).max() < 1e-5


def test_weights_that_are_missing_are_told_with_the_mend(monkeypatch):
    monkeypatch.setattr(voice_activity, "find_spec", lambda name: None)
    with pytest.raises(voice_activity.HumpcatError, match="pip install 'silero-vad>="):
        voice_activity._weights()


def test_finding_speech_leaves_torch_its_threads():
    threads = torch.get_num_threads()
    find_speech(voice())
    assert torch.get_num_threads() == threads
    assert isinstance(voice_activity._network(), VoiceActivity)


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real corpora are not here")
def test_speech_is_found_in_real_clips_of_four_corpora():
    for pattern in ("emodb/wav/*", "mesd/*", "ravdess/*/*", "cremad/AudioWAV/*"):
        files = sorted(DATA.glob(pattern))[::97][:20]
        found = [find_speech(load(file)) for file in files]
        assert sum(bool(each.found) for each in found) >= len(files) - 1, pattern
        assert all(len(each.waveform) > 0.1 * RATE for each in found)
        assert soundfile.info(files[0]).samplerate == RATE


def test_nothing_is_drawn_of_what_a_run_draws_from():
    voice_activity._network.cache_clear()
    before = torch.get_rng_state()
    find_speech(voice())
    assert torch.equal(torch.get_rng_state(), before)
