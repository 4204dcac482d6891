"""The table of features: what cannot move does not, what must move does, and a stream of somebody else is in it."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from humpcat.errors import SettingsError
from humpcat.features.base import Extractor
from humpcat.features.prosody import FUNCTIONALS
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.registries import STREAMS
from humpcat.models.humpcat.standardization import statistics_shapes
from humpcat.robustness.invariance import Invariance, invariance
from humpcat.robustness.invariance_page import FILES, page, save
from humpcat.robustness.pooled_values import groups_of

from ..training.making import World

RECIPES = Path(__file__).resolve().parents[2] / "recipes"


class Loudness(Extractor):
    """The mean square of a whole recording, which gain and silence move and nothing else here does."""

    name = "loudness"
    version = 1
    hears_speech = False

    def settings(self):
        return {}

    def extract(self, waveforms):
        return [{"loudness": np.square(waveform).mean(keepdims=True)} for waveform in waveforms]


class LoudnessStream:
    """A stream of somebody else's."""

    name = "loud"
    summary = ("loudness",)

    def extractor(self, encoder=None, config=None):
        return Loudness()


@pytest.fixture(name="found")
def _found(world: World, monkeypatch: pytest.MonkeyPatch) -> Invariance:
    monkeypatch.setitem(STREAMS.__dict__, "_by_name", {**{s.name: s for s in STREAMS}, "loud": LoudnessStream()})
    return invariance(
        ["emodb"],
        model=world.target / "draw-0",
        data_dir=str(world.data),
        distortions=["twice", "gain-20dB", "silence-0.5s-both"],
        most=4,
    )


def shift(found: Invariance, stream: str, value: str, distortion: str) -> float:
    (row,) = [
        row
        for row in found.shifts.to_pylist()
        if (row["stream"], row["value"], row["distortion"]) == (stream, value, distortion)
    ]
    return float(row["shift"])


def test_every_stream_is_in_the_table(found: Invariance, tmp_path: Path) -> None:
    rows = found.shifts.to_pylist()
    assert {row["stream"] for row in rows} >= {"hidden", "mfcc", "prosody", "loud"}
    assert {row["value"] for row in rows if row["array"] == "functionals"} == set(FUNCTIONALS)
    assert {row["clips"] for row in rows} == {4}
    assert found.failures == ()

    assert shift(found, "prosody", "log_duration", "twice") > 0.5
    assert shift(found, "loud", "loudness", "twice") == pytest.approx(0, abs=1e-6)
    assert shift(found, "loud", "loudness", "gain-20dB") > 0.1
    # Speech is brought to one level, and what lies around it is left out.
    for distortion in ("gain-20dB", "silence-0.5s-both"):
        assert shift(found, "mfcc", "energy, mean", distortion) < 0.01
        assert shift(found, "prosody", "log_duration", distortion) < 0.01

    cosines = found.cosines.to_pylist()
    alike = [row["raw"] for row in cosines if (row["array"], row["distortion"]) == ("loudness", "twice")]
    assert alike == pytest.approx([1.0] * 4)
    assert all(-1.001 < row[kind] < 1.001 for row in cosines for kind in ("raw", "standardised"))

    files = save(found, tmp_path / "out")
    assert [path.name for path in files] == list(FILES)
    assert pq.read_table(files[1]).equals(found.shifts)
    text = files[0].read_text()
    assert text == page(found)
    assert f"| prosody: log_duration | {shift(found, 'prosody', 'log_duration', 'twice'):.2f} | 0.00 |" in text
    assert "| hidden: pooled, twice |" in text


@pytest.mark.parametrize("name", ["pooled", "mfcc_pooled", "functionals", "prosody_pooled"])
def test_groups_part_all_values_of_an_array(name: str) -> None:
    config = HumpCatConfig(summary_streams=["hidden", "mfcc", "prosody"])
    shape = statistics_shapes(config)[name][1:]
    places = np.concatenate(list(groups_of(name, shape, config.encoder_layers).values()), axis=None)
    assert sorted(places.tolist()) == list(range(int(np.prod(shape))))


def test_a_misspelt_distortion_is_told_before_the_work() -> None:
    with pytest.raises(SettingsError, match="Did you mean 'telephone'"):
        invariance(["emodb"], model="no/such/model", distortions=["telefone"])


def test_the_example_of_the_docs_is_a_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from humpcat.distortions import DISTORTIONS, generator_of

    text = (RECIPES.parent / "docs" / "robustness.md").read_text()
    code = text.partition("<!-- example distortion -->\n```python\n")[2].partition("```")[0]
    (tmp_path / "clipped.py").write_text(code)
    made = DISTORTIONS.including(tmp_path)["clipped-12dB"]
    assert np.abs(made(np.linspace(-1, 1, 100, dtype=np.float32), generator_of(0))).max() == 0.25
    shutil.rmtree(tmp_path)


def test_the_page_of_the_docs_names_every_distortion() -> None:
    from humpcat.distortions import DISTORTIONS

    text = (RECIPES.parent / "docs" / "robustness.md").read_text()
    told = [name for name in DISTORTIONS.names() if not name.startswith(("silence", "noise-"))]
    assert [name for name in told if f"`{name}`" not in text] == []
