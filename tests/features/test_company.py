"""What a clip's features owe to clips that are computed with it: on a processor nothing, in half precision too."""

import numpy as np
import pytest
import soundfile
import torch

from humpcat.features import hidden_states
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.extraction import extract
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.processor_copy import processor_copy
from humpcat.features.store import FeatureStore
from tests.voices import voice

from .test_encoder import KINDS, LENGTHS

SECONDS = (0.31, 0.55, 0.8, 0.8, 0.93, 1.0)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Twelve clips of speech, by id, of lengths that batches would pad, and some of one length."""
    folder, found = tmp_path_factory.mktemp("clips"), {}
    for number in range(12):
        samples = voice(number % 5)[: round(16_000 * SECONDS[number % len(SECONDS)])]
        found[f"clip-{number}"] = str(folder / f"{number}.wav")
        soundfile.write(found[f"clip-{number}"], samples, 16_000, subtype="FLOAT")
    return found


@pytest.fixture
def in_half(monkeypatch):
    monkeypatch.setattr(hidden_states, "fastest_dtype", lambda _: torch.bfloat16)


@pytest.mark.usefixtures("in_half")
@pytest.mark.parametrize("kind", KINDS)
def test_stored_features_are_the_same_alone_and_in_any_company(kind, files, tiny_encoder, tmp_path):
    extractor = HiddenStates(tiny_encoder(kind), layers=(0, 1, 2))
    assert extractor.dtype == torch.bfloat16
    companies = [dict(list(files.items())[:count]) for count in (2, 7)] + [dict(reversed(files.items()))]
    alone = {}
    for clip_id, path in files.items():
        # An encoder of its own, too: what was computed before is not to matter either.
        apart = HiddenStates(tiny_encoder(kind), layers=(0, 1, 2))
        alone[clip_id] = extract({clip_id: path}, [apart], FeatureStore(tmp_path / clip_id))[clip_id]
    for number, company in enumerate(companies):
        together = extract(company, [extractor], FeatureStore(tmp_path / f"company-{number}"))
        for clip_id in company:
            for name, array in alone[clip_id].items():
                assert np.array_equal(array, together[clip_id][name]), (clip_id, name)
    # Clips that are alike would be equal whatever company they have; two may hold the same speech.
    assert len({arrays["hidden"].tobytes() for arrays in alone.values()}) > len(files) - 3


@torch.no_grad()
@pytest.mark.parametrize("kind", KINDS)
def test_batches_in_half_precision_are_near_and_one_by_one_exact(kind, tiny_encoder, clip):
    encoder = tiny_encoder(kind)
    clips = [torch.from_numpy(clip(length, seed)) for seed, length in enumerate((*LENGTHS, *LENGTHS))]
    layers = (0, encoder.depth)
    for computing in (encoder, SpeechEncoder(processor_copy(encoder.model), normalize=encoder.normalize)):
        with torch.autocast("cpu", torch.bfloat16):
            single = [computing.encode_speech([waveform], layers)[0] for waveform in clips]
            apart = computing.encode_speech(clips, layers)
            asked = computing.encode_speech(clips, layers, alone=True)
            batched = computing.encode_speech(clips, layers, alone=False)
        assert all(torch.equal(one, other) for many in (apart, asked) for one, other in zip(many, single, strict=True))
        spread = torch.cat(single, dim=1).float().std()
        for one, other in zip(batched, single, strict=True):
            assert float((one.float() - other.float()).abs().mean() / spread) < 0.02


@torch.no_grad()
def test_batches_are_batches(tiny_encoder, clip, monkeypatch):
    encoder = tiny_encoder("hubert-layer")
    clips = [torch.from_numpy(clip(length, seed)) for seed, length in enumerate((8_000, 9_000, 9_000))]
    sizes, real = [], encoder._forward
    monkeypatch.setattr(
        encoder, "_forward", lambda segments, most: sizes.append(len(segments)) or real(segments, most)
    )
    for alone in (None, True, False):
        encoder.encode_speech(clips, (1,), alone=alone)
    assert sizes == [1, 1, 1, 1, 1, 1, 3]
