import numpy as np
import pytest
import soundfile

from humpcat.errors import AudioError, EncoderError, SettingsError
from humpcat.features.computing import heard
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.extraction import extract
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.opensmile import OpenSmile
from humpcat.features.sets import FEATURE_SETS, feature_set
from humpcat.features.store import FeatureStore
from humpcat.features.toy_encoder import make_toy_encoder

RATE = 16_000


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store")


@pytest.fixture
def paths(tmp_path, clip):
    """Clips of falling lengths, the last of which is too short for openSMILE."""
    paths = {}
    for number, samples in enumerate([RATE, RATE // 2, RATE // 4, 480]):
        paths[f"clip-{number}"] = str(tmp_path / f"{number}.wav")
        soundfile.write(paths[f"clip-{number}"], clip(samples, number), RATE, subtype="FLOAT")
    return paths


def run(paths, extractor, store, **settings):
    return extract(paths, [extractor], store, show_progress=False, **settings)


def test_the_sets_are_found_by_name():
    assert FEATURE_SETS.names() == ["is09", "is10", "is11", "is12", "is13", "compare", "egemaps", "pooled"]
    with pytest.raises(SettingsError) as caught:
        feature_set("is08")
    assert str(caught.value) == (
        "feature set 'is08' is unknown: choose one of is09, is10, is11, is12, is13, compare, egemaps, pooled. "
        "Did you mean 'is10'?"
    )


def test_rows_come_in_the_order_asked_for_and_undefined_ones_stay_undefined(paths, store, clip):
    pytest.importorskip("opensmile", reason="opensmile is not installed")
    features = feature_set("egemaps")
    stored = run(paths, features.extractor, store)
    assert stored.bad == {}
    values = features.matrix(stored, ["clip-3", "clip-2", "clip-0"])
    assert (values.shape, values.dtype) == ((3, 88), np.float32)
    assert np.isnan(values[0]).all()
    for row, number, samples in [(1, 2, RATE // 4), (2, 0, RATE)]:
        recording = heard(features.extractor, clip(samples, number))
        expected = features.extractor.extract([recording])[0]["egemaps"]
        np.testing.assert_array_equal(values[row], expected)
        assert np.isfinite(expected).all()
    assert features.matrix(stored, []).shape == (0, 88)


def test_a_killed_run_goes_on_from_what_is_stored(paths, store, monkeypatch):
    pytest.importorskip("opensmile", reason="opensmile is not installed")
    run({"clip-0": paths["clip-0"], "clip-3": paths["clip-3"]}, OpenSmile("is09"), store)
    extracted = []

    def remembering(self, waveforms):
        extracted.extend(map(len, waveforms))
        return [{"is09": np.zeros(384, dtype=np.float32)} for _ in waveforms]

    monkeypatch.setattr(OpenSmile, "extract", remembering)
    stored = run(paths, OpenSmile("is09"), store)
    # Of whole frames around the loudest sample, as no speech is found in these tones.
    assert sorted(extracted) == [RATE // 4 - 160, RATE // 2]
    assert list(stored.entries) == list(paths)


def test_a_bad_file_is_left_out_and_the_others_are_stored(paths, store, tmp_path):
    pytest.importorskip("opensmile", reason="opensmile is not installed")
    (tmp_path / "broken.wav").write_bytes(b"RIFFnonsense")
    stored = run({**paths, "broken": str(tmp_path / "broken.wav")}, OpenSmile("is09"), store, max_bad_share=0.3)
    assert list(stored.entries) == list(paths)
    assert list(stored.bad) == ["broken"]


def test_many_clips_are_spread_over_processes(store, tmp_path, clip):
    pytest.importorskip("opensmile", reason="opensmile is not installed")
    paths = {}
    for number in range(70):
        paths[f"clip-{number}"] = str(tmp_path / f"{number}.wav")
        soundfile.write(paths[f"clip-{number}"], clip(2000, number), RATE, subtype="FLOAT")
    features = feature_set("is09")
    values = features.matrix(run(paths, features.extractor, store), list(paths))
    recordings = [heard(features.extractor, clip(2000, number)) for number in range(70)]
    np.testing.assert_array_equal(values, [arrays["is09"] for arrays in features.extractor.extract(recordings)])


def test_pooled_hidden_states_of_an_encoder_that_is_named(tmp_path):
    folder = make_toy_encoder(tmp_path / "encoder")
    expected = feature_set("pooled", SpeechEncoder.from_pretrained(folder)).extractor.key()
    assert (
        feature_set("pooled", folder).extractor.key() == feature_set("pooled", str(folder)).extractor.key() == expected
    )
    with pytest.raises(EncoderError, match="there is no such folder"):
        feature_set("pooled", tmp_path / "none")


def test_pooled_hidden_states_are_those_that_the_models_store(paths, store, tiny_encoder):
    encoder = tiny_encoder("whisper")
    features = feature_set("pooled", encoder)
    extractor = HiddenStates(encoder)
    assert features.extractor.key() == extractor.key()
    stored = run(paths, extractor, store)
    values = features.matrix(stored, list(paths))
    layers, width = len(extractor.layers), encoder.width
    assert values.shape == (4, len(features.columns)) == (4, layers * width)
    assert np.isfinite(values).all()
    assert list(features.groups) == [f"layer{layer}_mean" for layer in extractor.layers]
    for place, layer in enumerate(extractor.layers):
        own = features.groups[f"layer{layer}_mean"]
        assert {features.columns[index].partition("[")[0] for index in own} == {f"layer{layer}_mean"}
        np.testing.assert_array_equal(values[1, own], stored.read("clip-1", "pooled")[place])


def test_pooled_hidden_states_need_an_encoder():
    with pytest.raises(SettingsError) as caught:
        feature_set("pooled")
    assert str(caught.value) == (
        "feature set 'pooled': no encoder was given, expected the one whose layers are pooled: name one."
    )


def test_a_row_that_is_gone_is_said(paths, store, tmp_path):
    pytest.importorskip("opensmile", reason="opensmile is not installed")
    features = feature_set("is09")
    stored = run(paths, features.extractor, store)
    store.folder(features.extractor).rename(tmp_path / "elsewhere")
    with pytest.raises(AudioError, match=r"clip-0: its features in .* are gone or damaged"):
        features.matrix(stored, ["clip-0", "clip-1"])
