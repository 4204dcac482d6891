"""torchaudio's and librosa's cepstra are the same, and without torchaudio nothing else is lost."""

import sys
from pathlib import Path

import numpy as np
import pytest

from humpcat import audio
from humpcat.features.cepstra import choose_cepstra, librosa_cepstra
from humpcat.features.mfcc import Mfcc

DATA = Path(__file__).parents[3] / "shared" / "data"
CORPORA = ("emodb/wav/*", "mesd/*", "ravdess/Actor_*/*", "cremad/AudioWAV/*")


def torchaudio_or_skip():
    try:
        from humpcat.features.cepstra import torchaudio_cepstra

        return torchaudio_cepstra()
    except Exception as error:
        pytest.skip(f"torchaudio cannot be loaded here: {error}")


@pytest.mark.parametrize("samples", [640, 641, 960, 16_320, 50_001])
@pytest.mark.parametrize("gain", [1.0, 1e-3, 0.0])
def test_both_libraries_give_the_same(clip, samples, gain):
    signal = (gain * clip(samples)).astype(np.float64)
    np.testing.assert_allclose(librosa_cepstra(signal), torchaudio_or_skip()(signal), rtol=0, atol=5e-5)


@pytest.mark.real_data
@pytest.mark.parametrize("pattern", CORPORA)
def test_both_libraries_give_the_same_on_real_speech(pattern):
    files = sorted(DATA.glob(pattern))
    if not files:
        pytest.skip(f"{DATA} is not here: real speech cannot be compared")
    by_torchaudio = torchaudio_or_skip()
    for file in files[:: max(1, len(files) // 25)]:
        signal = audio.load(file).astype(np.float64)
        np.testing.assert_allclose(librosa_cepstra(signal), by_torchaudio(signal), rtol=0, atol=1e-4)


@pytest.fixture
def unloaded(monkeypatch, tmp_path):
    """Return a function that makes torchaudio a module of the given source, as yet unimported."""

    def replace(source):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            monkeypatch.delitem(sys.modules, name)
        (tmp_path / "torchaudio.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        choose_cepstra.cache_clear()

    yield replace
    choose_cepstra.cache_clear()


@pytest.mark.parametrize(
    "source",
    [
        "raise OSError('libc10_cuda.so: cannot open shared object file: No such file or directory')",
        "raise RuntimeError('undefined symbol: torch_exception_get_what_without_backtrace')",
        "raise ImportError('no torchaudio')",
        "",
    ],
    ids=["other library", "other torch", "not there", "other interface"],
)
def test_without_torchaudio_librosa_computes_after_one_warning(unloaded, caplog, clip, source):
    waveform, key = clip(8_000), Mfcc().key()
    before = Mfcc().extract([waveform])[0]["mfcc"]
    caplog.clear()
    unloaded(source)
    found = [arrays["mfcc"] for _ in range(2) for arrays in Mfcc().extract([waveform])]
    np.testing.assert_allclose(found, [before, before], rtol=0, atol=1e-4)
    assert choose_cepstra() is librosa_cepstra
    assert Mfcc().key() == key
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "so librosa computes the MFCC, with the same values: run pip install" in caplog.text
