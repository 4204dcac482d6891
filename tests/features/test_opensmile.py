import sys
import warnings
from collections import Counter

import numpy as np
import pytest

from humpcat.errors import SettingsError
from humpcat.features.opensmile import SETS, OpenSmile, by_descriptor, functional_names, functionals

opensmile = pytest.importorskip("opensmile", reason="opensmile is not installed")

RATE = 16_000
SIZES = {"is09": 384, "is10": 1582, "is11": 4368, "is12": 6125, "is13": 6373, "compare": 6373, "egemaps": 88}


def speech(seconds: float, seed: int = 0) -> np.ndarray:
    """Return syllables of a gliding voice with formants, pauses and breath between them."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 150 + 40 * np.sin(2 * np.pi * 0.7 * time + seed)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    voice = sum(np.sin(order * phase) / (1 + ((order * 150 - 700) / 300) ** 2) for order in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time), 0, None)
    return (0.15 * voice * syllables + 0.003 * rng.normal(size=len(time))).astype(np.float32)


@pytest.mark.parametrize("name", SETS)
def test_every_set_has_its_published_size_and_a_name_for_each_value(name):
    row = OpenSmile(name).extract([speech(1.0)])[0][name]
    assert (row.shape, row.dtype) == ((SIZES[name],), np.float32)
    assert np.isfinite(row).all()
    assert np.unique(row).size > 50
    names = functional_names(name)
    assert len(set(names)) == SIZES[name]
    assert sorted(np.concatenate(list(by_descriptor(names).values()))) == list(range(SIZES[name]))


@pytest.mark.parametrize("name", ["is10", "egemaps"])
def test_values_and_names_are_those_of_opensmile(name):
    smile = opensmile.Smile(opensmile.FeatureSet[SETS[name]], opensmile.FeatureLevel.Functionals)
    table = smile.process_signal(speech(1.3), RATE)
    np.testing.assert_array_equal(functionals(speech(1.3), name), table.to_numpy()[0])
    assert functional_names(name) == tuple(table.columns)


def test_the_descriptors_of_is10_are_those_of_the_published_table():
    # Table 1 of Tao et al., Information 2025, 16, 945.
    published = {
        "pcm_loudness": 42,
        "mfcc": 630,
        "logMelFreqBand": 336,
        "lspFreq": 336,
        "F0finEnv": 42,
        "voicingFinalUnclipped": 42,
        "F0final": 38,
        "jitterLocal": 38,
        "jitterDDP": 38,
        "shimmerLocal": 38,
        "F0final__Turn_numOnsets": 1,
        "F0final__Turn_duration": 1,
    }
    groups = by_descriptor(functional_names("is10"))
    counts: Counter[str] = Counter()
    for descriptor, places in groups.items():
        counts[descriptor.partition("[")[0]] += len(places)
    assert counts == published
    assert {name: len(groups[name]) for name in ("mfcc[0]", "mfcc[14]", "logMelFreqBand[7]", "lspFreq[7]")} == {
        "mfcc[0]": 42,
        "mfcc[14]": 42,
        "logMelFreqBand[7]": 42,
        "lspFreq[7]": 42,
    }
    assert len(groups) == 40


@pytest.mark.parametrize(("name", "descriptors"), [("is09", 16), ("is11", 59), ("is12", 64), ("is13", 65)])
def test_a_descriptor_and_its_delta_are_one_group(name, descriptors):
    names = functional_names(name)
    groups = by_descriptor(names)
    # As many as the challenge papers list, none of them a lone functional.
    assert len(groups) == descriptors
    assert min(map(len, groups.values())) > 20
    slopes = [any("_de" in names[place] for place in places) for places in groups.values()]
    assert all(slopes)


def test_egemaps_tells_voiced_from_unvoiced_and_keeps_lone_functionals_apart():
    groups = by_descriptor(functional_names("egemaps"))
    assert {name: len(groups[name]) for name in ("loudness", "mfcc1", "mfcc1V", "slopeUV0-500", "HNRdBACF")} == {
        "loudness": 10,
        "mfcc1": 2,
        "mfcc1V": 2,
        "slopeUV0-500": 1,
        "HNRdBACF": 2,
    }
    assert len(groups["equivalentSoundLevel_dBp"]) == len(groups["VoicedSegmentsPerSec"]) == 1


def test_the_loudest_sample_does_not_wrap():
    loud = np.clip(20 * speech(1.0), -1, 1)
    below = np.minimum(loud, np.float32(0.9999))
    assert (loud == 1).any()
    names = functional_names("egemaps")
    loudness = names.index("loudness_sma3_amean")
    assert functionals(loud, "egemaps")[loudness] == pytest.approx(functionals(below, "egemaps")[loudness], rel=1e-3)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("samples", [400, 480, 1600, RATE])
@pytest.mark.parametrize("loudness", [0.0, 1.0])
def test_short_and_silent_clips_have_a_defined_row_and_no_warning(name, samples, loudness):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = functionals(loudness * speech(1.0)[:samples], name)
    assert (row.shape, row.dtype) == ((SIZES[name],), np.float32)
    undefined = np.isnan(row)
    assert np.isfinite(row[~undefined]).all()
    # openSMILE looks at windows of 60 ms, and for IS09 of 25 ms: below that it says nothing.
    assert undefined.all() if samples < 1600 and name != "is09" else not undefined.any()


def test_the_store_tells_sets_apart():
    keys = {OpenSmile(name).key() for name in SETS}
    assert len(keys) == len(SETS)
    assert OpenSmile("is10").key() == OpenSmile("is10").key()


def test_an_unknown_set_is_answered_with_those_that_are_known():
    with pytest.raises(SettingsError) as caught:
        OpenSmile("is14")
    assert str(caught.value) == (
        "openSMILE feature set 'is14' is unknown: choose one of is09, is10, is11, is12, is13, compare, egemaps."
    )


def test_without_the_package_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(SettingsError) as caught:
        OpenSmile("is10")
    assert str(caught.value) == (
        "feature sets is09, is10, is11, is12, is13, compare, egemaps: needs the package opensmile, which is not "
        'installed: run pip install opensmile, or pip install ".[opensmile]" in a clone of humpcat (its licence '
        "forbids commercial use)."
    )
