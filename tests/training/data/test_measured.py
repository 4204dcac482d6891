from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from humpcat.audio import Waveform
from humpcat.features.base import Arrays, Extractor
from humpcat.features.extraction import StoredFeatures
from humpcat.features.store import FeatureStore
from humpcat.models.humpcat.standardization import measure
from humpcat.training.data import measured
from humpcat.training.data.measured import MeasuredStatistics
from tests.stores import put

WIDTHS = {"hidden": (2, 3, 4), "pooled": (2, 4), "mfcc": (6, 40), "prosody": (6, 8), "functionals": (22,)}


class Fixed(Extractor):
    """Names the folder of the stored arrays."""

    name, version = "fixed", 1

    def settings(self) -> dict[str, object]:
        return {}

    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        pytest.fail("the arrays are stored, and nothing is to be computed")


@pytest.fixture(name="stored")
def _stored(tmp_path: Path) -> StoredFeatures:
    rng, store, entries = np.random.default_rng(0), FeatureStore(tmp_path), {}
    for clip_id in "ab":
        fingerprint = clip_id * 32
        arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in WIDTHS.items()}
        entries[clip_id] = (put(store, Fixed(), fingerprint, arrays),)
    return StoredFeatures({}, entries)


def test_every_array_is_measured_as_all_together_are(stored: StoredFeatures) -> None:
    together, lazy = measure([stored["a"], stored["b"]]), MeasuredStatistics(stored, "ab")
    assert list(lazy) == list(together)
    assert all(torch.equal(lazy[name], together[name]) for name in together)


def test_what_nobody_asks_for_is_not_read(stored: StoredFeatures, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(measured, "utterance_values", lambda read_, name: read.append(name) or np.zeros(3))
    statistics = MeasuredStatistics(stored, "ab")
    assert statistics["pooled"] is statistics["pooled"]
    assert read == ["pooled", "pooled"]
